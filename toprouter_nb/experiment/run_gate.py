"""Whether the next call may be made: the rate of its model, the model's circuit, and the cap on money.

Knows nothing of how a call is made; it is told how each one ended.
"""

import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from ..errors import ParameterError, RateLimitError, ToprouterError
from ..plain import render_plain, shorten
from ..retry import RetryBudget
from .rates import Rate
from .run_cap import Cap
from .run_circuit import Circuit

Limits = Mapping[str, float] | float | None


class Gate:
    """What lets calls through.

    Life: `wait` and `afford` before each call; then `succeed`, `refuse` or `fail`, and `settle`.

    Parameters
    ----------
    models
        Who is asked.
    cap
        The cap on money.
    lanes
        How many calls may be under way; the first rate is made to suit.
    requests_per_minute, tokens_per_minute
        Known limits: one number for each model, or a dict by model; None = not known.
    note_risk
        Called with what the calls under way may cost together before that is more than ever; None = nobody asks.

    Attributes
    ----------
    cap, retries
        The cap; and what bounds repeated attempts of all calls together.
    counts_tokens
        Whether a limit on tokens is known, so that calls must say how many they may use.
    refused
        Calls refused with 429.
    """

    def __init__(
        self,
        models: Iterable[str],
        cap: Cap,
        *,
        lanes: int = 1,
        requests_per_minute: Limits = None,
        tokens_per_minute: Limits = None,
        note_risk: Callable[[int], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cap = cap
        self.retries = RetryBudget()
        self._clock = clock
        self._note_risk = note_risk
        self._noted = 0
        now = clock()
        self._rates = {
            model: Rate(
                now,
                # So that all lanes are filled within half a second where nothing is refused.
                first_per_second=max(50.0, 2.0 * lanes),
                requests_per_minute=_limit(requests_per_minute, model),
                tokens_per_minute=_limit(tokens_per_minute, model),
            )
            for model in models
        }
        self.counts_tokens = tokens_per_minute is not None
        self._circuits = {model: Circuit() for model in self._rates}

    @property
    def refused(self) -> int:
        """How many calls were refused with 429."""
        return sum(rate.refused for rate in self._rates.values())

    def wait(self, model: str, tokens: int = 0) -> float:
        """Return the seconds until the model may be asked; 0.0 = now, and the call counts as sent."""
        return self._rates[model].wait(self._clock(), tokens)

    def is_dead(self, model: str) -> bool:
        """Say whether the model is not to be asked any more."""
        return bool(self._circuits[model].reason)

    def dead(self) -> dict[str, str]:
        """Return why each dead model is dead."""
        return {model: circuit.reason for model, circuit in self._circuits.items() if circuit.reason}

    async def afford(self, worst_nano_usd: int) -> bool:
        """Set money aside for a call; False where the cap does not allow it."""
        if not await self.cap.reserve(worst_nano_usd):
            return False
        if self._note_risk is not None and self.cap.reserved > self._noted:
            # A quarter more than now, so that the note, which is a commit, is seldom written; it only has to be enough.
            self._noted = self.cap.reserved * 5 // 4
            await self._note_risk(self._noted)
        return True

    def succeed(self, model: str, *, first_try: bool) -> None:
        """Note an answer."""
        self._rates[model].succeed(self._clock(), first_try=first_try)
        self._circuits[model].succeed()

    def refuse(self, model: str, error: RateLimitError, *, sent_at: float) -> None:
        """Note a 429."""
        self._rates[model].refuse(sent_at=sent_at, now=self._clock(), retry_after=error.retry_after_seconds)

    def falter(self, model: str) -> None:
        """Note an attempt that failed and is repeated."""
        self._rates[model].fail()

    def fail(self, model: str, error: ToprouterError) -> None:
        """Note a call that failed for good."""
        self._rates[model].fail()
        self._circuits[model].fail(error)

    def correct(self, model: str, planned_tokens: int, used_tokens: int) -> None:
        """Note how many tokens a call used."""
        self._rates[model].correct(planned_tokens, used_tokens)


def check_limits(name: str, limits: object, models: Sequence[str]) -> Limits:
    """Check known limits.

    Raises
    ------
    ParameterError
        A limit is no number above 0, or one is given for a model that is not asked.
    """
    if limits is None:
        return None
    by_model: Mapping[Any, Any] = limits if isinstance(limits, Mapping) else dict.fromkeys(models, limits)
    for model, limit in by_model.items():
        if model not in models:
            shown = shorten(render_plain(repr(model)), 80)
            message = f"{name} has a limit for {shown}, which the grid does not ask. Its models: {', '.join(models)}."
            raise ParameterError(message)
        if not isinstance(limit, int | float) or isinstance(limit, bool) or not 0 < limit < math.inf:
            shown = shorten(render_plain(repr(limit)), 60)
            message = f"{name} is a number above 0, or a dict of such by model, not {shown}. None = not known."
            raise ParameterError(message)
    return by_model


def _limit(limits: Limits, model: str) -> float | None:
    return limits.get(model) if isinstance(limits, Mapping) else limits
