"""What came of a run, while it goes on and ever after: tables, totals, errors, and the switch to stop it.

Knows nothing of how calls are made; everything is read from the run's file.
"""

import dataclasses
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from ..errors import ParameterError
from ..settings import Settings, configure
from .judge import Judge, check_judge
from .manifest import describe_place
from .progress import Progress, State
from .progress_follow import follow
from .progress_view import render_state, tell_failure
from .results_pairs import Pairs, verdicts_frame
from .results_tables import RunTables
from .run_engine import Engine
from .run_judging import JudgingPlan
from .run_keys import Keys
from .run_models import GivenPrices, look_up
from .run_scoring import Scoring
from .run_spec import RunSpec, check_budget, check_lanes
from .scorers.function import read_scorers
from .store_folder import ROWS, RunFolder, check_folder
from .verdicts import plan_pairs


class Results(RunTables):
    """The results of one run.

    Made by `Experiment.run` and `open_run`. Every table is read from the run's file when it is asked for, so that it
    is true at any time, from any kernel.

    Parameters
    ----------
    path
        The run's folder.
    engine
        What runs it in this process; None where nothing does.
    settings, prices
        Of the experiment, for calls of a judge; None takes the configured settings, at the run's address.

    Raises
    ------
    StorageError
        There is no run in the folder, or it cannot be read.
    """

    def __init__(
        self,
        path: Path,
        *,
        engine: Engine | None = None,
        settings: Settings | None = None,
        prices: GivenPrices | None = None,
    ) -> None:
        super().__init__(path)
        self._engine = engine
        self._settings = settings
        self._prices = prices
        self._progress = Progress(self._store, engine)

    @property
    def state(self) -> State:
        """How far the run is."""
        with self._lock:
            return self._progress.look(is_last=True)

    @property
    def is_running(self) -> bool:
        """Say whether some process is driving the run now."""
        return self._engine.is_running if self._engine is not None else RunFolder(self.path).is_driven

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False where it did not come within `seconds`. Raises what ended the run badly."""
        if self._engine is None:
            return not self.is_running
        return self._engine.wait(seconds)

    def pause(self) -> None:
        """Begin no call until `resume`; calls under way go on."""
        self._driven().pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self._driven().resume()

    def stop(self, *, now: bool = False) -> None:
        """End the run; running the experiment again goes on from here.

        Parameters
        ----------
        now
            True also breaks off the calls under way, whose answers may have been paid.
        """
        engine = self._driven()
        # And waited for, so that whoever starts again right after finds the folder free.
        engine.stop(is_now=now)
        engine.wait()

    def follow(self, *, wait: bool, display: bool) -> Self:
        """Show the progress, and wait for the end where that is wanted; an interrupt stops the run."""
        assert self._engine is not None
        follow(self._engine, self._progress, self.path.name, wait=wait, display=display)
        return self

    def rescore(self, scorers: Sequence[Any]) -> Self:
        """Score the answers that are there with other scorers, or newer versions; makes no call.

        Parameters
        ----------
        scorers
            Scorers; a row that has a score of the same name and version keeps it.
        """
        Scoring(self.path / ROWS, read_scorers(scorers)).run()
        return self

    def judge(
        self,
        judge: Judge,
        *,
        budget_usd: Decimal | float | None = None,
        concurrency: int = 32,
        models: Sequence[str] | None = None,
        display: bool = True,
    ) -> Pairs:
        """Let a model compare the answers two by two; what it said before is not asked again.

        Parameters
        ----------
        judge
            Who is asked, and what.
        budget_usd
            The most that judging may cost in US dollars, all its starts together; None = no limit.
        concurrency
            How many calls may be under way.
        models
            Whose answers; None takes all.
        display
            False shows no progress.

        Raises
        ------
        ParameterError
            `judge` is no `Judge`, there is no such model, or they are fewer than two.
        BudgetError, StorageError, SettingsError, UnknownModelError
            As `Experiment.run`.
        """
        check_judge(judge)
        rows = self.df()
        pairs = plan_pairs(rows, swap=judge.swap, models=models)
        settings = self._judging_settings()
        questions = dict(zip(rows["prompt_id"], rows["prompt"], strict=True))
        answers, keys = rows["answer"].fillna("").tolist(), Keys(settings.base_url, str(judge.version))
        plan = JudgingPlan(judge, pairs, answers=answers, questions=questions, keys=keys)
        known = look_up(plan.models, settings, self._prices)
        engine = Engine(
            RunSpec(
                plan=plan,
                settings=settings,
                folder=RunFolder(self.path),
                prices=known.prices,
                budget_nano_usd=check_budget(budget_usd),
                lanes=check_lanes(concurrency),
                unseeded=known.unseeded,
                version=str(judge.version),
                facts={"judge": judge.model, "rubric": judge.rubric, "version": judge.version, **describe_place()},
            )
        )
        engine.start()
        follow(engine, Progress(self._store, engine, kind="judge"), f"{self.path.name}: {judge.model}", display=display)
        with self._lock:
            return Pairs(verdicts_frame(self._store, pairs, plan.row_keys, judge))

    def _judging_settings(self) -> Settings:
        settings = self._settings or configure()
        # Where the answers came from, so that the judge of an `open_run` is asked there, too.
        address = self.manifest()["starts"][0].get("base_url", settings.base_url)
        return settings if settings.base_url == address else dataclasses.replace(settings, base_url=address)

    def __len__(self) -> int:
        """Return how many cells have a row."""
        return int(next(self._store.select("SELECT count(*) FROM rows WHERE place IS NOT NULL"))[0])

    def __repr__(self) -> str:
        """Show how far it is, and why where every call failed."""
        state = self.state
        shown = f"Results({str(self.path)!r}, {state.done:,} of {state.planned:,} done, {state.errors:,} errors)"
        return f"{shown}\n{tell_failure(state)}" if state.failure else shown

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": render_state(self.path.name, self.state)}

    def _driven(self) -> Engine:
        if self._engine is None:
            message = (
                "This run is not driven from here. Stop it in the kernel that runs it, or run the Experiment here."
            )
            raise ParameterError(message)
        return self._engine


def open_run(path: str | os.PathLike[str]) -> Results:
    """Open the run in a folder, from any kernel, also while another one drives it; nothing is asked or changed.

    Parameters
    ----------
    path
        The run's folder, `dir/name` of its experiment.

    Raises
    ------
    ParameterError
        `path` is no path.
    StorageError
        There is no run, or it cannot be read.

    Examples
    --------
    >>> open_run("runs/no-such-run")
    Traceback (most recent call last):
    toprouter_nb.errors.StorageError: There is no run in 'runs/no-such-run'. open_run() takes the folder that an ...
    """
    return Results(check_folder("open_run()'s path", path))
