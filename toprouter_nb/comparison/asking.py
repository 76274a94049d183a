"""Asks many questions at once, each in a thread, until all have answered or somebody stops them.

Knows nothing of how it is watched; whoever watches is told. An error ends one answer, never the others.
"""

import contextlib
import contextvars
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from ..errors import ToprouterError
from .answers import Answer

if TYPE_CHECKING:
    from ..asking import Listener
    from ..call import Call
    from ..reply import Reply
    from ..wire.answer import Delta

# Not everywhere does an interrupt end a wait for a queue.
_LOOK_SECONDS = 0.2


class Asker:
    """The calls under way.

    Life: `ask` some answers, which waits for them; from another thread `stop` one of them, or all and what follows.

    Parameters
    ----------
    concurrency
        How many are asked at once.

    Attributes
    ----------
    is_stopped
        True once all were stopped: nothing more is asked.
    """

    def __init__(self, concurrency: int) -> None:
        self.is_stopped = False
        self._concurrency = concurrency
        self._calls: dict[int, Call] = {}
        self._stopped: set[int] = set()
        self._lock = threading.Lock()

    def ask(
        self,
        answers: Sequence[Answer],
        listeners: Sequence["Listener"],
        ended: Callable[[Answer], None] = lambda _answer: None,
    ) -> None:
        """Ask, and fill in the answers.

        Parameters
        ----------
        answers
            What to ask; `status`, `reply` and `error` are filled in.
        listeners
            Who is told of each, in its thread.
        ended
            Called with each answer that ended, in this thread.

        Raises
        ------
        KeyboardInterrupt
            An interrupt came; every answer that had begun holds what had arrived.
        """
        done: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        with ThreadPoolExecutor(self._concurrency, "toprouter_nb-compare") as pool:
            try:
                futures = [
                    # Whoever tracks the calls of this block of code tracks those of its threads.
                    pool.submit(contextvars.copy_context().run, self._ask_one, answer, listener, done)
                    for answer, listener in zip(answers, listeners, strict=True)
                ]
                for _ in answers:
                    ended(_next(done))
            except KeyboardInterrupt:
                self.stop()
                raise
        _raise_bugs(futures)

    def stop(self, answer: Answer | None = None) -> None:
        """End one call, or let it not begin; or all of them, and ask no more."""
        with self._lock:
            if answer is None:
                self.is_stopped = True
                calls = list(self._calls.values())
            else:
                self._stopped.add(id(answer))
                calls = [self._calls[id(answer)]] if id(answer) in self._calls else []
        for call in calls:
            call.stop()

    def _is_over(self, answer: Answer) -> bool:
        return self.is_stopped or id(answer) in self._stopped

    def _ask_one(self, answer: Answer, listener: "Listener", done: "queue.SimpleQueue[Answer]") -> None:
        try:
            if self._is_over(answer):
                # As a call tells it that is stopped before it was sent.
                listener.fail(KeyboardInterrupt(), None)
            else:
                self._fill(answer, listener)
        finally:
            with self._lock:
                self._calls.pop(id(answer), None)
            done.put(answer)

    def _fill(self, answer: Answer, listener: "Listener") -> None:
        try:
            with answer.conversation.told(_Told(self, answer, listener)) as chat:
                answer.reply = chat.ask(*answer.prompt.parts)
            answer.status = "ok"
        except ToprouterError as error:
            answer.status, answer.error, answer.reply = "error", error, error.partial
            if id(answer) not in self._calls:  # nobody was told of a call that never was
                listener.fail(error, None)
        except KeyboardInterrupt as error:  # this is how a stopped call ends
            answer.status, answer.reply = "stopped", getattr(error, "partial", None)

    def note(self, answer: Answer, call: "Call") -> None:
        """Keep the call of an answer, to stop it; one that is stopped already ends at once."""
        with self._lock:
            self._calls[id(answer)] = call
        if self._is_over(answer):
            call.stop()


class _Told:
    """Passes on what a call tells, and keeps hold of the call."""

    def __init__(self, asker: Asker, answer: Answer, listener: "Listener") -> None:
        self._asker = asker
        self._answer = answer
        self._listener = listener
        self.receive = listener.receive
        self.finish = listener.finish
        self.fail = listener.fail

    def start(self, model: str, call: "Call") -> None:
        self._asker.note(self._answer, call)
        self._listener.start(model, call)


class Silent:
    """A listener for those whom nobody watches."""

    def start(self, model: str, call: "Call") -> None:
        """Begin."""

    def receive(self, delta: "Delta") -> None:
        """Take a delta."""

    def finish(self, reply: "Reply") -> None:
        """End."""

    def fail(self, error: BaseException, partial: "Reply | None") -> None:
        """End badly."""


def _next(done: "queue.SimpleQueue[Answer]") -> Answer:
    """Wait for the next answer that ended."""
    while True:
        with contextlib.suppress(queue.Empty):
            return done.get(timeout=_LOOK_SECONDS)


def _raise_bugs(futures: "Sequence[Future[None]]") -> None:
    """Raise what no answer can hold: an error that is not one of ours."""
    for future in futures:
        if not future.cancelled():
            future.result()
