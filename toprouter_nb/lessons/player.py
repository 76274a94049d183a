"""In the place of a transport: answers requests out of a lesson, block by block at the recorded times.

Knows nothing of files and opens no connection; needs no key.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping

from .. import errors
from ..errors import ConnectFailedError, TransportError
from ..secret import Secret
from ..stage import AsyncReceived, Received
from ..wire.request import RequestBody
from .asked import asked_of
from .lesson import Lesson
from .take import Break, Take


class PlayingSender:
    """Answers requests out of a lesson.

    Parameters
    ----------
    lesson
        The takes.
    speed
        How many recorded seconds pass in one; `math.inf` plays at once.
    """

    def __init__(self, lesson: Lesson, speed: float) -> None:
        self._lesson = lesson
        self._speed = speed

    @contextlib.contextmanager
    def post(self, path: str, body: RequestBody, key: Secret, *, stream: bool) -> Iterator[Received]:  # noqa: ARG002  # a lesson is of one path, and answers in the form it was recorded in
        """Find the take for a request, and give its answer when its head came."""
        answer = _PlayedAnswer(_take_for(self._lesson, body, key), self._speed)
        answer.wait_for_head()
        yield answer


class AsyncPlayingSender:
    """Does what `PlayingSender` does, inside event loops."""

    def __init__(self, lesson: Lesson, speed: float) -> None:
        self._lesson = lesson
        self._speed = speed

    @contextlib.asynccontextmanager
    async def post(self, path: str, body: RequestBody, key: Secret, *, stream: bool) -> AsyncIterator[AsyncReceived]:  # noqa: ARG002  # as above
        """Find the take for a request, and give its answer when its head came."""
        answer = _AsyncPlayedAnswer(_take_for(self._lesson, body, key), self._speed)
        await answer.wait_for_head()
        yield answer


class _Played:
    """What both ways share: the take, and how long to wait for a moment of it."""

    def __init__(self, take: Take, speed: float) -> None:
        self._take = take
        self._speed = speed
        self._started = time.monotonic()
        self.status = take.status or 0
        self.headers: Mapping[str, str] = {}  # none is recorded; the body says by itself what it is

    def _seconds_until(self, recorded_seconds: float) -> float:
        return max(self._started + recorded_seconds / self._speed - time.monotonic(), 0)


class _PlayedAnswer(_Played):
    def __init__(self, take: Take, speed: float) -> None:
        super().__init__(take, speed)
        self._closed = threading.Event()

    def wait_for_head(self) -> None:
        broken = self._take.broken
        if self._take.status is None and broken is not None:
            self._wait(broken.seconds)
            raise _fault(broken)
        self._wait(self._take.head_seconds)

    def blocks(self) -> Iterator[bytes]:
        for seconds, block in self._take.blocks:
            self._wait(seconds)
            yield block
        if self._take.broken is not None:
            self._wait(self._take.broken.seconds)
            raise _fault(self._take.broken)

    def close(self) -> None:
        self._closed.set()

    def _wait(self, recorded_seconds: float) -> None:
        # `close` comes from another thread, and ends a wait of minutes at once.
        if self._closed.wait(self._seconds_until(recorded_seconds)):
            message = "The answer was closed while it was played."
            raise ConnectFailedError(message)


class _AsyncPlayedAnswer(_Played):
    async def wait_for_head(self) -> None:
        broken = self._take.broken
        if self._take.status is None and broken is not None:
            await asyncio.sleep(self._seconds_until(broken.seconds))
            raise _fault(broken)
        await asyncio.sleep(self._seconds_until(self._take.head_seconds))

    async def blocks(self) -> AsyncIterator[bytes]:
        for seconds, block in self._take.blocks:
            await asyncio.sleep(self._seconds_until(seconds))
            yield block
        if self._take.broken is not None:
            await asyncio.sleep(self._seconds_until(self._take.broken.seconds))
            raise _fault(self._take.broken)


def _take_for(lesson: Lesson, body: RequestBody, key: Secret) -> Take:
    return lesson.next_take(asked_of(json.loads(b"".join(body)), key.mask))


def _fault(broken: Break) -> TransportError:
    """Make the recorded error anew; which classes a lesson may name is checked where it is read."""
    fault: TransportError = getattr(errors, broken.error)(
        broken.message, kind=broken.kind, is_transient=broken.is_transient
    )
    return fault
