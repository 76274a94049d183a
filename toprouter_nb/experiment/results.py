"""What came of a run, while it goes on and ever after: tables, totals, errors, and the switch to stop it.

Knows nothing of how calls are made; everything is read from the run's file.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from ..errors import ParameterError
from ..settings import Settings
from .progress import Progress, State
from .progress_view import DRAW_SECONDS, render_state, view_for
from .results_tables import RunTables
from .run_engine import Engine
from .run_scoring import Scoring
from .scorers.function import read_scorers
from .store_folder import ROWS, RunFolder

_GRACE_SECONDS = 10.0


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
    scorers, settings
        Of the experiment.

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
        scorers: Sequence[Any] = (),
        settings: Settings | None = None,
    ) -> None:
        super().__init__(path)
        self._engine = engine
        self._scorers = list(scorers)
        self._settings = settings
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
        engine.stop(is_now=now)
        engine.wait()

    def follow(self, *, wait: bool, display: bool) -> Self:
        """Show the progress, and wait for the end where that is wanted; an interrupt stops the run."""
        assert self._engine is not None
        view = view_for(self.path.name) if display else None
        if not wait:
            if view is not None:
                threading.Thread(target=self._draw, args=(view,), name="toprouter_nb-progress", daemon=True).start()
            return self
        try:
            self._draw(view)
        except KeyboardInterrupt:
            self._end_gently()
            if view is not None:
                view.finish(self.state)
            raise
        self._engine.wait()
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

    def __len__(self) -> int:
        """Return how many cells have a row."""
        return int(next(self._store.select("SELECT count(*) FROM rows WHERE place IS NOT NULL"))[0])

    def __repr__(self) -> str:
        """Show how far it is."""
        state = self.state
        return f"Results({str(self.path)!r}, {state.done:,} of {state.planned:,} done, {state.errors:,} errors)"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": render_state(self.path.name, self.state)}

    def _driven(self) -> Engine:
        if self._engine is None:
            message = (
                "This run is not driven from here. Stop it in the kernel that runs it, or run the Experiment here."
            )
            raise ParameterError(message)
        return self._engine

    def _draw(self, view: Any) -> None:
        engine = self._driven()
        seconds = DRAW_SECONDS if view is not None else None
        while not engine.wait_quietly(seconds):
            with self._lock:
                state = self._progress.look()
            view.draw(state)
        if view is not None:
            view.finish(self.state)

    def _end_gently(self) -> None:
        """Let the calls under way end, for they are paid; a second interrupt breaks them off."""
        engine = self._driven()
        engine.stop("interrupted")
        try:
            if not engine.wait_quietly(_GRACE_SECONDS):
                engine.stop("interrupted", is_now=True)
                engine.wait_quietly(_GRACE_SECONDS)
        except KeyboardInterrupt:
            engine.stop("interrupted", is_now=True)
            engine.wait_quietly(_GRACE_SECONDS)


def open_run(path: str | os.PathLike[str]) -> Results:
    """Open the run in a folder, from any kernel, also while another one drives it; nothing is asked or changed.

    Parameters
    ----------
    path
        The run's folder, `dir/name` of its experiment.

    Raises
    ------
    StorageError
        There is no run, or it cannot be read.

    Examples
    --------
    >>> open_run("runs/no-such-run")
    Traceback (most recent call last):
    toprouter_nb.errors.StorageError: There is no run in 'runs/no-such-run'. open_run() takes the folder that an ...
    """
    return Results(Path(path).expanduser())
