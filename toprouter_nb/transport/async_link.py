"""One connection to a server inside an event loop; the twin of `link`.

Knows nothing of what the bytes mean, nor of other connections; `async_lanes` keeps them.
"""

import asyncio
import functools
from collections.abc import Iterator
from typing import Any, cast

from .head import Head, HeadReader, encode_head
from .library import httpx
from .link import BLOCK_BYTES, SILENCE, pieces, reason
from .request import Request
from .route import Route, tls_context

# Reading pauses above this, so that a slow reader bounds the memory.
_BUFFER_BYTES = 1024 * 1024
# RFC 8305, section 5: 250 ms is the delay it recommends before the next address of a host is tried beside the first.
_NEXT_ADDRESS_SECONDS = 0.25


class AsyncLink(asyncio.BufferedProtocol):
    """A TCP or TLS connection that carries one exchange at a time, as `Link`.

    What came before a fault is always read before the fault is raised.
    """

    def __init__(self) -> None:
        self.is_spent = False
        self.has_heard = False
        self._loop = asyncio.get_running_loop()
        self._buffer = _buffer_of(id(self._loop))
        self._transport: asyncio.Transport | None = None
        self._blocks: list[bytes] = []
        self._size = 0
        self._is_paused = False
        self._is_lost = False
        self._fault: Exception | None = None
        self._waiter: asyncio.Future[bool] | None = None
        self._is_congested = False
        # One timer for a connection, set again when it rings too early: cheaper than one for each read.
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._idle_seconds = 0.0

    async def exchange(self, request: Request) -> Head:
        """Send a request and read the head of its answer; see `Link.exchange`."""
        self.has_heard = False
        reader, seconds = HeadReader(), request.limits
        self._idle_seconds = seconds["write"]
        if not await self._send(encode_head(request), pieces(request.blocks())):
            raise httpx.WriteTimeout(SILENCE)
        self._idle_seconds = 0.0
        self._deadline = self._loop.time() + seconds["first_byte"]
        head = None
        while head is None:
            head = reader.feed(await self.receive())
        self.limit(seconds["read"])
        return head

    def limit(self, seconds: float) -> None:
        """Set the longest silence between two blocks from now on."""
        self._idle_seconds = seconds

    async def receive(self) -> bytes:
        """Return what has come of the answer, or comes next; b"" at the end of the connection; see `Link.receive`."""
        while not self._blocks:
            if self._fault is not None:
                raise httpx.ReadError(reason(self._fault))
            if self._is_lost:
                return b""
            if not await self._next_event():
                raise httpx.ReadTimeout(SILENCE)
        block = self._blocks[0] if len(self._blocks) == 1 else b"".join(self._blocks)
        self._blocks.clear()
        self._size = 0
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        self.has_heard = True
        return block

    def is_usable(self) -> bool:
        """Say whether the kept connection is still open and silent."""
        return not (self._is_lost or self._blocks)

    def close(self) -> None:
        """Close the connection; the server sees it at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None and not self._loop.is_closed():
            # Not `close()`, which would first send what is still to be sent, to a server nobody listens to any more.
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the open connection; called by the loop, like all that follow."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # the name is asyncio's
        """Say where to put what is read next."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Keep a block for the reader."""
        block = self._buffer[:nbytes]
        self._blocks.append(bytes(block))
        block[:] = bytes(nbytes)  # what is here outlives the answer, which may repeat the key
        self._size += nbytes
        if self._size > _BUFFER_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Let the connection close when the server ends its side."""
        # Returning nothing lets asyncio close the transport; an answer that came before stays in `_blocks`.
        self._is_lost = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end of the connection, and its fault if it has one."""
        self._is_lost = True
        self._fault = exc
        self._wake()

    def pause_writing(self) -> None:
        """Note that the server takes the request more slowly than it is written."""
        self._is_congested = True

    def resume_writing(self) -> None:
        """Go on writing."""
        self._is_congested = False
        self._wake()

    async def _send(self, head: memoryview, blocks: Iterator[bytes | memoryview]) -> bool:
        """Send head and body; False where the server stops taking them and has not answered."""
        assert self._transport is not None
        self.is_spent = True
        self._transport.write(memoryview(b"".join((head, next(blocks, b"")))))
        for block in blocks:
            while self._is_congested and not (self._blocks or self._is_lost):
                if not await self._next_event():
                    return False
            if self._blocks or self._transport.is_closing():
                return True
            self._transport.write(block)
        self.is_spent = False
        return True

    def _next_event(self) -> asyncio.Future[bool]:
        """Return a future for the next thing to happen; its result is False when the time is over instead."""
        if self._idle_seconds:
            self._deadline = self._loop.time() + self._idle_seconds
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()
        self._waiter = self._loop.create_future()
        return self._waiter

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            self._wake(is_moving=False)

    def _wake(self, *, is_moving: bool = True) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(is_moving)


async def connect_async(route: Route, seconds: float) -> AsyncLink:
    """Make a connection within `seconds`, name lookup and TLS included; see `link.connect`."""
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"ssl": tls_context()} if route.is_encrypted else {}
    if route.is_encrypted and isinstance(loop, asyncio.BaseEventLoop):
        # Other loops do not know the option.
        options["happy_eyeballs_delay"] = _NEXT_ADDRESS_SECONDS
    try:
        async with asyncio.timeout(seconds):
            _, link = await loop.create_connection(AsyncLink, route.host, route.port, **options)
    except TimeoutError as error:
        raise httpx.ConnectTimeout(SILENCE) from error
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(reason(error)) from error
    return link


@functools.lru_cache(maxsize=8)
def _buffer_of(_loop_id: int) -> memoryview:
    """Return where a loop puts what it reads: one place for all its connections, for each empties it at once.

    The loop's own way takes 256 KiB of new memory for every read, which may cost ten times as much as the read.
    A connection holds its loop, so no other loop has the same id while it lives.
    """
    return memoryview(bytearray(BLOCK_BYTES))
