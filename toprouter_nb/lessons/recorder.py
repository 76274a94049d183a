"""Around a transport: what is asked and what comes back, with the times, as takes.

Knows nothing of files; whoever takes a take is handed in. Headers are not looked at.
"""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from ..errors import ToprouterError, TransportError
from ..secret import Secret
from ..stage import AsyncReceived, AsyncSender, Received, Sender
from ..wire.request import RequestBody
from .asked import asked_of
from .take import Break, Take

Keep = Callable[[Take, Secret], None]


class Tape:
    """One exchange while it runs.

    Life: `head`; `add` for each block; perhaps `break_off`; then `take`.

    Attributes
    ----------
    has_head
        True once the answer's head is there.
    is_left
        True once whoever asked has closed the answer.

    Parameters
    ----------
    body, key
        Of the request; the key is hidden in what was asked.
    """

    def __init__(self, body: RequestBody, key: Secret) -> None:
        self.has_head = False
        self.is_left = False
        self._key = key
        self._body = body
        self._started = time.monotonic()
        self._status: int | None = None
        self._head_seconds = 0.0
        self._blocks: list[tuple[float, bytes]] = []
        self._broken: Break | None = None

    def head(self, status: int) -> None:
        """Take the head of the answer."""
        self.has_head = True
        self._status, self._head_seconds = status, self._now()

    def add(self, block: bytes) -> bytes:
        """Take a block, and return it."""
        self._blocks.append((self._now(), block))
        return block

    def break_off(self, error: ToprouterError) -> None:
        """Take the end of an exchange that broke; other errors come out of the blocks again."""
        if isinstance(error, TransportError):
            message = self._key.mask(str(error.args[0]))
            self._broken = Break(self._now(), type(error).__name__, error.kind, message, error.is_transient)

    def take(self) -> Take:
        """Return what was recorded."""
        asked = asked_of(json.loads(b"".join(self._body)), self._key.mask)
        return Take(asked, self._status, self._head_seconds, tuple(self._blocks), self._broken)

    def _now(self) -> float:
        return time.monotonic() - self._started


class RecordingSender:
    """Sends through another sender, and keeps what was sent and what came.

    An answer that whoever asked left halfway is not kept: nobody could say how it goes on.

    Parameters
    ----------
    sender
        What really sends.
    keep
        Told of each take, with the key that must not be in it.
    """

    def __init__(self, sender: Sender, keep: Keep) -> None:
        self._sender = sender
        self._keep = keep

    @contextlib.contextmanager
    def post(self, path: str, body: RequestBody, key: Secret, *, stream: bool) -> Iterator[Received]:
        """Send a body, and keep the exchange at its end."""
        tape = Tape(body, key)
        with _kept(tape, key, self._keep), self._sender.post(path, body, key, stream=stream) as answer:
            tape.head(answer.status)
            yield _TapedAnswer(answer, tape)


class AsyncRecordingSender:
    """Does what `RecordingSender` does, inside event loops."""

    def __init__(self, sender: AsyncSender, keep: Keep) -> None:
        self._sender = sender
        self._keep = keep

    @contextlib.asynccontextmanager
    async def post(self, path: str, body: RequestBody, key: Secret, *, stream: bool) -> AsyncIterator[AsyncReceived]:
        """Send a body, and keep the exchange at its end."""
        tape = Tape(body, key)
        with _kept(tape, key, self._keep):
            async with self._sender.post(path, body, key, stream=stream) as answer:
                tape.head(answer.status)
                yield _AsyncTapedAnswer(answer, tape)


@contextlib.contextmanager
def _kept(tape: Tape, key: Secret, keep: Keep) -> Iterator[None]:
    """Keep the take when the block ends, well or with an error of ours."""
    try:
        yield
    except ToprouterError as error:
        # Later breaks came out of the blocks and were noted there; this one came instead of them.
        if not tape.has_head:
            tape.break_off(error)
        if not tape.is_left:
            keep(tape.take(), key)
        raise
    else:
        keep(tape.take(), key)


class _TapedAnswer:
    def __init__(self, answer: Received, tape: Tape) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self._answer = answer
        self._tape = tape

    def blocks(self) -> Iterator[bytes]:
        try:
            for block in self._answer.blocks():
                yield self._tape.add(block)
        except ToprouterError as error:
            self._tape.break_off(error)
            raise

    def close(self) -> None:
        self._tape.is_left = True
        self._answer.close()


class _AsyncTapedAnswer:
    def __init__(self, answer: AsyncReceived, tape: Tape) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self._answer = answer
        self._tape = tape

    async def blocks(self) -> AsyncIterator[bytes]:
        try:
            async for block in self._answer.blocks():
                yield self._tape.add(block)
        except ToprouterError as error:
            self._tape.break_off(error)
            raise
