"""One call from the question to its end: attempts, times, and the reply, whole or partial.

Knows nothing of sockets; `client` carries the bytes. Both the blocking and the async client drive this same machine.
"""

import random
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from .booking import Booking, Outcome
from .call_log import Status
from .errors import ToprouterError
from .exchange import Exchange
from .reply import Arrival, Reply, assistant_turn, speed
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
    `reply`; `finish` once however it ended, which leaving a `with` block does.

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
    booking
        What it is booked as, reserved already: told of the first attempt and of the end.
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
        booking: Booking,
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
        self._booking = booking
        self._budget = budget or RetryBudget()
        self._budget.earn()
        self._clock = clock
        self._chance = chance
        self._started = clock()
        self._first: float | None = None
        self._ended: float | None = None
        self._is_stopped = False
        self._close: Callable[[], None] | None = None
        self._arrivals: list[Arrival] | None = None
        self._exchange = Exchange(settings, key, body, clock)

    @property
    def has_delivered(self) -> bool:
        """Say whether any text, reasoning or tool call was handed out."""
        return self._exchange.answer.has_delivered

    @property
    def heard_seconds_ago(self) -> float | None:
        """Seconds since anything came from the server in this attempt, be it a keep-alive; None before."""
        heard = self._exchange.heard_at
        return None if heard is None else self._clock() - heard

    def stop(self) -> None:
        """End the call from another thread, in which no interrupt can be raised: its connection is closed."""
        self._is_stopped, close = True, self._close
        if close is not None:
            close()

    def opened(self, close: Callable[[], None]) -> None:
        """Take what closes the connection of this attempt."""
        self._close = close
        if self._is_stopped:
            close()

    def begin(self, *, is_async: bool = False) -> Exchange:
        """Start another attempt; inside an event loop wait for `written` then, before anything is sent.

        Raises
        ------
        KeyboardInterrupt
            The call was stopped.
        """
        if self._is_stopped:
            raise KeyboardInterrupt
        self._booking.start(is_async=is_async)
        if self.attempts:
            self._exchange = Exchange(self.settings, self.key, self.body, self._clock)
        self.attempts += 1
        return self._exchange

    def written(self) -> Awaitable[None]:
        """Return what waits until the ledger has the start, or the end, of the call."""
        return self._booking.written()

    def trace(self) -> None:
        """Keep the arrival of each delta from now on."""
        self._arrivals = []

    def note(self, delta: Delta) -> None:
        """Remember when the first text or reasoning came."""
        if self._arrivals is not None:
            seconds = self._clock() - self._started
            self._arrivals.append(Arrival(seconds, len(delta.text) + len(delta.reasoning)))
        if self._first is None and (delta.text or delta.reasoning):
            self._first = self._clock()

    def pause_after(self, error: ToprouterError) -> float:
        """Return the seconds to wait before the next attempt.

        Raises
        ------
        ToprouterError
            The given error, with the attempts and the partial reply on it, when there shall be no other attempt.
        KeyboardInterrupt
            The call was stopped.
        """
        if self._is_stopped:
            raise KeyboardInterrupt from None
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

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Book how the call ended."""
        self.finish(error)

    def finish(self, error: BaseException | None = None) -> None:
        """Book how the call ended, with the error if it ended badly; a second time does nothing."""
        if self._booking.is_finished:
            return
        answer, usage = self._exchange.answer, self._exchange.answer.usage or Usage()
        seconds, first = self._seconds(), self._first_token_seconds()
        self._booking.finish(
            Outcome(
                status=self._status(error),
                usage=usage,
                attempts=self.attempts,
                seconds=seconds,
                served_model=answer.served_model,
                provider=answer.provider,
                first_token_seconds=first,
                tokens_per_second=speed(usage.completion_tokens, first, seconds),
                finish_reason=answer.finish_reason,
                error_kind=None if error is None else getattr(error, "kind", "cancelled"),
                request_id=self._exchange.request_id,
            )
        )

    def forget(self) -> None:
        """Let go of what the server sent, and of its connection, after the end; the reply can still be had."""
        self._close = None  # it holds the answer
        self._exchange.forget()

    def partial(self) -> Reply | None:
        """Return what has arrived as a partial reply; None when nothing has."""
        self._exchange.drain()
        return self.reply(is_partial=True) if self._exchange.answer.has_begun else None

    def reply(self, *, is_partial: bool = False) -> Reply:
        """Return the reply as it stands."""
        answer = self._exchange.answer
        usage, text = answer.usage or Usage(), answer.text
        cost_usd, cost_source = self._booking.cost(usage, answer.served_model)
        return Reply(
            text=text,
            turn=assistant_turn(text, is_partial=is_partial),
            usage=usage,
            cost_usd=cost_usd,
            cost_source=cost_source,
            finish_reason=answer.finish_reason,
            requested_model=self._model,
            served_model=answer.served_model,
            id=answer.id,
            seconds=self._seconds(),
            first_token_seconds=self._first_token_seconds(),
            is_partial=is_partial,
            attempts=self.attempts,
            reasoning=answer.reasoning,
            raw=self._exchange.raw(),
            arrivals=tuple(self._arrivals or ()),
        )

    def _seconds(self) -> float:
        """Return the seconds to the end; the first time they are asked for is the end."""
        if self._ended is None:
            self._ended = self._clock()
        return self._ended - self._started

    def _first_token_seconds(self) -> float | None:
        return self._first - self._started if self._first and self.is_streamed else None

    def _status(self, error: BaseException | None) -> Status:
        if error is None:
            return "ok"
        if isinstance(error, ToprouterError):
            return "error"
        # A cancelled task is known by its name: asyncio is loaded where there are tasks only.
        has_left = self._is_stopped or isinstance(error, GeneratorExit) or type(error).__name__ == "CancelledError"
        return "cancelled" if has_left else "interrupted"
