"""What a start of a run needs to know: what to ask, where, how fast, and for how much money.

Knows nothing of how it is done.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..amounts import EXACT
from ..errors import ParameterError
from ..limits import check_usd
from ..params import is_local_id
from ..plain import shorten
from ..settings import FIRST_BYTE_SECONDS, Settings, require_key
from ..stage import STAGE
from ..whole import check_whole
from .row import NANO
from .run_gate import Limits
from .run_judging import JudgingPlan
from .run_keys import FIRST_VERSION, Keys
from .run_plan import Plan
from .run_prices import Prices
from .store_folder import RunFolder

# A whole answer comes in one piece, after all of it was made: the limit for a first byte would be too short.
_WHOLE_ANSWER_SECONDS = 300.0
# Each lane may hold a connection, and many systems allow a process 1,024 files.
_MOST_LANES = 1_000
_DAY_SECONDS = 86_400


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSpec:
    """What a start of a run needs to know; of it only plan, address and version can change an answer."""

    plan: Plan | JudgingPlan
    settings: Settings
    folder: RunFolder
    prices: Prices
    scorers: Sequence[Any] = ()
    budget_nano_usd: int | None = None
    lanes: int = 32
    is_streamed: bool = False
    unseeded: frozenset[str] = frozenset()
    requests_per_minute: Limits = None
    tokens_per_minute: Limits = None
    scorer_seconds: float = 30.0
    is_power_safe: bool = False
    version: str = FIRST_VERSION
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def keys(self) -> Keys:
        """The keys of cells at this address."""
        return Keys(self.settings.base_url, self.version)

    def asking_settings(self) -> Settings:
        """Return the settings for single attempts: with the key, no repetition, and time for whole answers."""
        has_remote = not STAGE.is_offline and any(not is_local_id(model) for model in self.plan.models)
        settings = require_key(self.settings) if has_remote else self.settings
        first = settings.first_byte_seconds
        if first == FIRST_BYTE_SECONDS and not self.is_streamed:
            first = _WHOLE_ANSWER_SECONDS
        return dataclasses.replace(settings, max_retries=0, first_byte_seconds=first, ledger_path=False)


def check_lanes(concurrency: object) -> int:
    """Check how many calls may be under way.

    Raises
    ------
    ParameterError
        It is no whole number from 1 to 1,000.
    """
    return check_whole("concurrency", concurrency, 1, _MOST_LANES)


def check_scorer_seconds(seconds: object) -> float:
    """Check after how long a scorer is taken to hang.

    Raises
    ------
    ParameterError
        It is no number above 0, or more than a day.
    """
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= _DAY_SECONDS:
        return float(seconds)
    message = f"scorer_seconds is above 0 and at most {_DAY_SECONDS:,}, not {shorten(repr(seconds), 40)}."
    raise ParameterError(message)


def check_budget(budget_usd: object) -> int | None:
    """Check an amount of US dollars and return it in 10**-9; None stays None."""
    budget = check_usd("budget_usd", budget_usd)
    return None if budget is None else int(EXACT.multiply(budget, Decimal(NANO)))
