"""The waiting line before a model: who is answered now, who waits, who is told to come back later.

Knows nothing of HTTP but the refusal it raises, and nothing of what is done at the place.
"""

import contextlib
import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from .refusal import Refusal

# How soon a caller that left gives up its place in the line.
LOOK_SECONDS = 0.25


class Gone(Exception):  # noqa: N818 - the caller left; nothing went wrong
    """The client has closed its connection: nobody wants the answer any more."""


class Line:
    """Places that are taken in order of arrival.

    Parameters
    ----------
    places
        Requests answered at the same time.
    waiting
        Requests that may wait for a place.
    wait_seconds
        How long one may wait before it is told to come back.

    Examples
    --------
    >>> with Line(1, 0).place(lambda: True):
    ...     "answered"
    'answered'
    """

    def __init__(self, places: int, waiting: int, wait_seconds: float = 20.0) -> None:
        self._free = places
        self._waiting = waiting
        self._wait_seconds = wait_seconds
        self._queue: deque[Callable[[], bool]] = deque()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def place(self, is_wanted: Callable[[], bool]) -> Iterator[None]:
        """Hold a place for the length of the block.

        Parameters
        ----------
        is_wanted
            Asked while waiting: False once the client has left.

        Raises
        ------
        Refusal
            429 when the line is full, or the wait was too long.
        Gone
            The client left while it waited.
        """
        with self._changed:
            self._wait(is_wanted)
            self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _wait(self, is_wanted: Callable[[], bool]) -> None:
        if not self._queue and self._free:
            return
        # Those that left while they waited find out by themselves in a moment; they do not count any more.
        waiting = sum(is_still_wanted() for is_still_wanted in self._queue)
        if waiting >= self._waiting:
            message = f"{waiting} requests are already waiting for this model."
            raise _come_back(message)
        # An object of its own, for two callers may hand in the same function and must not take each other's turn.
        ticket = functools.partial(is_wanted)
        self._queue.append(ticket)
        until = time.monotonic() + self._wait_seconds
        try:
            while self._queue[0] is not ticket or not self._free:
                self._changed.wait(LOOK_SECONDS)
                if not is_wanted():
                    raise Gone
                if time.monotonic() > until:
                    message = f"No place became free within {self._wait_seconds:.0f} s."
                    raise _come_back(message)
        finally:
            self._queue.remove(ticket)
            self._changed.notify_all()


def _come_back(reason: str) -> Refusal:
    message = f"{reason} This machine answers few requests at a time; send it again later."
    return Refusal(429, message, code="rate_limit_exceeded", headers=(("Retry-After", "3"),))
