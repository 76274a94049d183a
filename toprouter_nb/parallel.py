"""Many questions at once, each as if it were the next of a conversation, which itself stays as it is.

Knows nothing of tables or of what the answers are for. An error ends one question, never the others; one that would
end all of them is told once.
"""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import (
    AuthenticationError,
    BudgetError,
    InsufficientCreditsError,
    LocalModelError,
    NotFoundError,
    SettingsError,
    ToprouterError,
    UnknownModelError,
)
from .whole import check_whole

if TYPE_CHECKING:
    from .conversation import Conversation
    from .reply import Reply

# Each lane is a fork with a connection; more gain little against any gateway's own limits.
MOST_AT_ONCE = 64
# Not everywhere does an interrupt end a wait for a queue.
_LOOK_SECONDS = 0.2
# After one of these every other question would fail in the same way.
_HOPELESS = (
    AuthenticationError,
    BudgetError,
    InsufficientCreditsError,
    LocalModelError,
    NotFoundError,
    SettingsError,
    UnknownModelError,
)


class Errand(NamedTuple):
    """One question: its parts, and its own options."""

    parts: tuple[object, ...]
    params: Mapping[str, Any]


class Outcome(NamedTuple):
    """What came of an errand.

    Attributes
    ----------
    place
        Which errand, from 0.
    reply
        The reply, or the part of one that came; None where nothing came.
    error
        Why it is not whole; None where it is.
    """

    place: int
    reply: "Reply | None"
    error: ToprouterError | None


def ask_many(
    chat: "Conversation", errands: Sequence[Errand], *, concurrency: int, ended: Callable[[Outcome], None]
) -> None:
    """Ask them all, `concurrency` at a time, each in a fork of the conversation, and wait for the end.

    Parameters
    ----------
    chat
        Stays as it is.
    errands
        In the order they are begun.
    concurrency
        1 to 64.
    ended
        Called in this thread with each outcome, in the order they end.

    Raises
    ------
    ParameterError
        `concurrency` is no whole number from 1 to 64.
    KeyboardInterrupt
        An interrupt came: what is under way is cancelled, and `ended` knows all that came.
    """
    lanes = check_whole("concurrency", concurrency, 1, MOST_AT_ONCE)
    flight = _Flight(chat, errands, min(lanes, len(errands)))
    try:
        for outcome in flight.outcomes():
            ended(outcome)
    except BaseException:
        flight.cancel()
        for outcome in flight.outcomes():
            ended(outcome)
        raise
    flight.raise_fault()


class _Flight:
    """The questions under way: an event loop of their own, in a thread of its own, for a notebook's runs already."""

    def __init__(self, chat: "Conversation", errands: Sequence[Errand], lanes: int) -> None:
        self._forks = [_quiet_fork(chat) for _ in range(lanes)]
        self._waiting = iter(list(enumerate(errands)))
        self._ended: queue.SimpleQueue[Outcome | None] = queue.SimpleQueue()
        self._hopeless: ToprouterError | None = None
        self._fault: BaseException | None = None
        self._is_over = False
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._run())
        # Whoever tracks the calls of this block of code tracks those of its threads.
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._fly,), name="toprouter_nb-parallel", daemon=True).start()

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what ends, until all have."""
        while not self._is_over:
            try:
                outcome = self._ended.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            self._is_over = outcome is None
            if outcome is not None:
                yield outcome

    def cancel(self) -> None:
        """End what is under way; nothing more is begun."""
        if not self._is_over:
            self._loop.call_soon_threadsafe(self._task.cancel)

    def raise_fault(self) -> None:
        """Raise what nobody expected, where there was such a thing."""
        if self._fault is not None:
            raise self._fault

    def _fly(self) -> None:
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass  # the interrupt that asked for it is raised in the thread of the caller
        except BaseException as error:  # noqa: BLE001 - raised in the thread of the caller
            self._fault = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._ended.put(None)

    async def _run(self) -> None:
        await asyncio.gather(*map(self._lane, self._forks))

    async def _lane(self, fork: "Conversation") -> None:
        """Ask one after the other in a fork, which goes back after each."""
        length = len(fork.turns)
        for place, errand in self._waiting:
            self._ended.put(await self._ask(fork, place, errand))
            # As often as it takes: with `repair` an errand may add a second question.
            while len(fork.turns) > length:
                fork.undo()

    async def _ask(self, fork: "Conversation", place: int, errand: Errand) -> Outcome:
        if self._hopeless is not None:
            return Outcome(place, None, self._hopeless)
        try:
            return Outcome(place, await fork.ask_async(*errand.parts, **errand.params), None)
        except ToprouterError as error:
            if isinstance(error, _HOPELESS):
                self._hopeless = error
            return Outcome(place, error.partial, error)


def _quiet_fork(chat: "Conversation") -> "Conversation":
    fork = chat.fork()
    fork.display = False
    return fork
