"""An experiment: a grid, how answers are scored, and the folder in which its run lives.

Knows nothing of how a run goes on (`run_engine`) or of what its tables say (`results`).
"""

import dataclasses
import datetime as dt
import os
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Self

from ..errors import ParameterError
from ..keys import check_key, hide_key
from ..limits import check_base_url
from ..plain import render_plain, shorten
from ..settings import Settings, configure
from .estimate import Estimate, estimate_run
from .grid import Grid
from .manifest import describe_grid, describe_place, describe_scorers
from .results import Results
from .row import NANO
from .run_engine import Engine
from .run_gate import Limits, check_limits
from .run_keys import Keys
from .run_models import GivenPrices, KnownModels, check_prices, look_up
from .run_plan import Plan
from .run_spec import RunSpec, check_budget, check_lanes, check_scorer_seconds
from .scorers.function import read_scorers
from .store_folder import RunFolder, check_folder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Experiment:
    """Every cell of a grid asked once, each answer kept, scored and counted.

    The run lives in `dir/name`. Running it again goes on where it stopped: a finished cell is never asked twice,
    whatever ended the run.

    Parameters
    ----------
    name
        Of the run's folder: letters, digits, ".", "_" and "-".
    grid
        What shall be asked.
    scorers
        Functions of a row; see `scorer` and `scorers`.
    dir
        Where run folders live; made when it is missing. Not on a network drive.
    settings, base_url, api_key
        Where to ask, and within which limits; None takes the configured ones.
    stream
        True asks for streams, which tells when the first text came and costs more of this machine's time.
    prices
        US dollars per million tokens by model, (prompt, completion), for models the catalogue has no price of.
    scorer_seconds
        A scorer that takes longer for one row is taken to hang.
    durability
        "process": a finished row survives the death of the process. "power": of the machine, too; slower.

    Raises
    ------
    ParameterError
        A value is of the wrong type or out of its range, or two scorers have one name.
    SettingsError
        `base_url` or `api_key` cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from toprouter_nb import Experiment, Grid, testing
    >>> with testing.ScriptedGateway(lambda request: "4") as gateway, tempfile.TemporaryDirectory() as folder:
    ...     grid = Grid(["What is 2 + 2?"], models=["scripted/text", "scripted/vision"], repeats=3)
    ...     study = Experiment("sums", grid, dir=folder, base_url=gateway.base_url, api_key="test")
    ...     run = study.run()
    ...     run.df()["answer"].tolist(), run.state.done
    (['4', '4', '4', '4', '4', '4'], 6)
    """

    def __init__(
        self,
        name: str,
        grid: Grid,
        *,
        scorers: Sequence[Any] = (),
        dir: str | os.PathLike[str] = "runs",
        settings: Settings | None = None,
        base_url: str | None = None,
        api_key: Any = None,
        stream: bool = False,
        prices: GivenPrices | None = None,
        scorer_seconds: float = 30.0,
        durability: str = "process",
    ) -> None:
        key, api_key = hide_key(api_key), None  # first: from here on no frame of ours holds the text
        self.name = _check_name(name)
        self.grid = _check_grid(grid)
        self.scorers = read_scorers(scorers)
        self.path = check_folder("dir", dir) / self.name
        if base_url is not None:
            check_base_url(base_url)
        check_key(key)
        self._given = {"base_url": base_url, "api_key": key or None}
        self._base = _check_settings(settings)
        self._is_streamed = bool(stream)
        self._prices_given = check_prices(prices or {})
        self._scorer_seconds = check_scorer_seconds(scorer_seconds)
        if durability not in ("process", "power"):
            message = f"durability is 'process' or 'power', not {shorten(repr(durability), 40)}."
            raise ParameterError(message)
        self._is_power_safe = durability == "power"

    def __repr__(self) -> str:
        """Show the name, the grid and the folder."""
        return f"Experiment({self.name!r}, {self.grid!r}, dir={str(self.path.parent)!r})"

    def estimate(self) -> Estimate:
        """Say what a run would take before any call is made: calls, tokens, US dollars, time.

        Finished cells of an earlier start do not count. The gateway's list of models may be fetched, which is free.
        """
        settings = self._settings()
        return estimate_run(self.grid, self._known(settings).prices, self.path, settings.base_url)

    def run(
        self,
        *,
        budget_usd: Decimal | float | None = None,
        concurrency: int = 32,
        wait: bool = True,
        on: Any = None,
        requests_per_minute: Limits = None,
        tokens_per_minute: Limits = None,
        display: bool = True,
    ) -> Results:
        """Ask every cell that is missing, and return the results, which grow while it runs.

        Parameters
        ----------
        budget_usd
            The most this run may cost in US dollars, all its starts together; None = no limit. Kept by setting the
            worst case of every call aside before it, exactly so where the options hold `max_tokens`.
        concurrency
            How many calls may be under way, 1 to 1,000. How fast they are made is found out, model by model.
        wait
            False returns at once, and the run goes on in the background: see `Results.wait`, `pause` and `stop`.
        on
            A `DaskRunner`, to run on a cluster; None runs here.
        requests_per_minute, tokens_per_minute
            Limits you know of, for each model: a number, or a dict by model; None = not known.
        display
            False shows no progress.

        Raises
        ------
        ParameterError, SettingsError, UnknownModelError
            It cannot begin; nothing was asked.
        BudgetError
            There is a budget and a model has no known price, or the budget is spent.
        StorageError
            The folder cannot be used, is being driven by another process, or the disk is full.
        """
        make_engine = _check_runner(on)
        spec = self._spec(check_budget(budget_usd), check_lanes(concurrency), requests_per_minute, tokens_per_minute)
        engine = make_engine(spec)
        engine.start()
        results = Results(self.path, engine=engine, settings=spec.settings, prices=self._prices_given)
        return results.follow(wait=wait, display=display)

    def with_models(self, *models: str) -> Self:
        """Return the same experiment with more models; running it asks only for theirs."""
        # Not through the constructor: the key is hidden already, and what was checked need not be again.
        other = type(self).__new__(type(self))
        vars(other).update(vars(self), grid=self.grid.with_models(*models))
        return other

    def _spec(self, budget: int | None, lanes: int, requests: Limits, tokens: Limits) -> RunSpec:
        models = self.grid.models
        requests = check_limits("requests_per_minute", requests, models)
        tokens = check_limits("tokens_per_minute", tokens, models)
        settings = self._settings()
        # Looked up now and not when made: prices and models may have changed since.
        known = self._known(settings)
        facts = {
            "concurrency": lanes,
            "budget_usd": None if budget is None else budget / NANO,
            "base_url": settings.base_url,
            "stream": self._is_streamed,
            "prices_usd_per_million": known.prices.table(),
            "prices_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            **describe_grid(self.grid),
            **describe_scorers(self.scorers),
            **describe_place(),
        }
        return RunSpec(
            plan=Plan(self.grid, Keys(settings.base_url), settings.base_url),
            settings=settings,
            folder=RunFolder(self.path),
            prices=known.prices,
            scorers=self.scorers,
            budget_nano_usd=budget,
            lanes=lanes,
            is_streamed=self._is_streamed,
            unseeded=known.unseeded,
            requests_per_minute=requests,
            tokens_per_minute=tokens,
            scorer_seconds=self._scorer_seconds,
            is_power_safe=self._is_power_safe,
            facts=facts,
        )

    def _known(self, settings: Settings) -> KnownModels:
        return look_up(self.grid.models, settings, self._prices_given)

    def _settings(self) -> Settings:
        settings = self._base or configure()
        given: dict[str, Any] = {name: value for name, value in self._given.items() if value is not None}
        return dataclasses.replace(settings, **given) if given else settings


def _check_name(name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    shown = shorten(render_plain(repr(name)), 80)
    message = f"An experiment's name is its folder's: letters, digits, '.', '_' and '-', at most 100, not {shown}."
    raise ParameterError(message)


def _check_settings(settings: object) -> Settings | None:
    if settings is None or isinstance(settings, Settings):
        return settings
    message = f"settings is a tr.Settings(...), not {type(settings).__name__}. None takes the configured ones."
    raise ParameterError(message)


def _check_runner(on: object) -> Callable[[RunSpec], Engine]:
    """Return what makes an engine: this process, or a runner's."""
    make: Callable[[RunSpec], Engine] | None = Engine if on is None else getattr(on, "engine", None)
    if callable(make) and not isinstance(on, type):
        return make
    message = f"on is a tr.DaskRunner(client), or None to run here, not {shorten(render_plain(repr(on)), 60)}."
    raise ParameterError(message)


def _check_grid(grid: object) -> Grid:
    if isinstance(grid, Grid):
        return grid
    message = f"grid is a tr.Grid(prompts=..., models=...), not {type(grid).__name__}."
    raise ParameterError(message)
