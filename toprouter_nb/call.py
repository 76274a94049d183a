"""One call from the question to its end: attempts, times, and the reply, whole or partial.

Knows nothing of sockets; `client` carries the bytes. Both the blocking and the async client drive this same machine.
"""

import random
import time
from collections.abc import Callable
from decimal import Decimal

from .errors import ToprouterError
from .exchange import Exchange
from .reply import Reply, assistant_turn
from .retry import RetryBudget, pause_seconds
from .secret import Secret
from .settings import Settings
from .usage import Usage
from .wire.answer import Delta
from .wire.request import RequestBody


class Call:
    """One call.

    Life: for each attempt `begin`, which gives the `Exchange` that reads the answer; `note` for each delta handed
    out; `pause_after` when an attempt failed, which says how long to wait or raises, or `end_well`; at any moment
    `reply`.

    Parameters
    ----------
    body
        The encoded request.
    model
        The model asked for.
    settings, key
        Where to ask, within which limits, and with which key.
    is_streamed
        Whether the answer was asked for as a stream.
    is_free
        True for a model of this machine: its cost is exactly 0.
    budget
        Bounds the repeated attempts of all calls that share it; None = only the settings bound them.
    clock, chance
        Seconds that only grow, and random numbers in [0, 1); replaced in tests.
    """

    def __init__(
        self,
        body: RequestBody,
        *,
        model: str,
        settings: Settings,
        key: Secret,
        is_streamed: bool,
        is_free: bool = False,
        budget: RetryBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.body = body
        self.settings = settings
        self.key = key
        self.is_streamed = is_streamed
        self.attempts = 0
        self._model = model
        self._is_free = is_free
        self._budget = budget or RetryBudget()
        self._budget.earn()
        self._clock = clock
        self._chance = chance
        self._started = clock()
        self._first: float | None = None
        self._ended: float | None = None
        self._exchange = Exchange(settings, key, body, clock)

    @property
    def has_delivered(self) -> bool:
        """Say whether any text, reasoning or tool call was handed out."""
        return self._exchange.answer.has_delivered

    def begin(self) -> Exchange:
        """Start another attempt."""
        if self.attempts:
            self._exchange = Exchange(self.settings, self.key, self.body, self._clock)
        self.attempts += 1
        return self._exchange

    def note(self, delta: Delta) -> None:
        """Remember when the first text or reasoning came."""
        if self._first is None and (delta.text or delta.reasoning):
            self._first = self._clock()

    def pause_after(self, error: ToprouterError) -> float:
        """Return the seconds to wait before the next attempt.

        Raises
        ------
        ToprouterError
            The given error, with the attempts and the partial reply on it, when there shall be no other attempt.
        """
        pause = None
        if not self.has_delivered:
            pause = pause_seconds(
                error, attempts=self.attempts, max_retries=self.settings.max_retries, random=self._chance
            )
        if pause is not None and self._budget.spend():
            return pause
        error.attempts = self.attempts
        error.partial = self.partial()
        error.request_id = error.request_id or self._exchange.request_id
        # The frames and errors below hold what the server sent, which may repeat the key; a caller needs none of it.
        error.__cause__ = error.__context__ = None
        raise error.with_traceback(None)

    def end_well(self) -> None:
        """Take the end of the last attempt, which needs no other."""
        self._budget.give_back(self.attempts - 1)

    def forget(self) -> None:
        """Let go of what the server sent, after the end; the reply can still be had."""
        self._exchange.forget()

    def partial(self) -> Reply | None:
        """Return what has arrived as a partial reply; None when nothing has."""
        self._exchange.drain()
        return self.reply(is_partial=True) if self._exchange.answer.has_begun else None

    def reply(self, *, is_partial: bool = False) -> Reply:
        """Return the reply as it stands."""
        answer = self._exchange.answer
        if self._ended is None:
            self._ended = self._clock()
        usage, text = answer.usage or Usage(), answer.text
        return Reply(
            text=text,
            turn=assistant_turn(text, is_partial=is_partial),
            usage=usage,
            cost_usd=Decimal(0) if self._is_free else usage.cost_usd,
            finish_reason=answer.finish_reason,
            requested_model=self._model,
            served_model=answer.served_model,
            id=answer.id,
            seconds=self._ended - self._started,
            first_token_seconds=self._first - self._started if self._first and self.is_streamed else None,
            is_partial=is_partial,
            attempts=self.attempts,
            reasoning=answer.reasoning,
            raw=self._exchange.raw(),
        )
