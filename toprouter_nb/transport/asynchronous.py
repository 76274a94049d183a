"""Sends one request and hands out its answer inside an event loop; the twin of `sync`.

Knows nothing of retries, of JSON or of what an error status means.
"""

import contextlib
import functools
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from ..errors import TransportError
from ..secret import Secret
from .encoding import Decoder, decoder_for
from .faults import fault_in_body, fault_in_head, foreign_errors, open_way
from .sync import SETTLE_SECONDS, is_success

if TYPE_CHECKING:
    from ..settings import Settings
    from ..wire.request import RequestBody
    from .async_lanes import AsyncBodyStream, AsyncLanes
    from .proxied import AsyncProxiedBody, AsyncProxiedLanes
    from .request import Requests
    from .route import Route


class AsyncAnswer:
    """The answer to one request, as `Answer`; it is its own iterator of blocks."""

    def __init__(
        self,
        came: "tuple[int, Mapping[str, str], AsyncBodyStream | AsyncProxiedBody]",
        route: "Route",
        settings: "Settings",
        key: Secret,
        *,
        is_streamed: bool,
    ) -> None:
        self.status, self.headers, self._body = came
        self._route = route
        self._settings = settings
        self._key = key
        self._is_streamed = is_streamed
        self._deadline = time.monotonic() + settings.first_byte_seconds
        self._is_error = not is_success(self.status)
        self._decoder: Decoder | None = None
        self._is_plain = False  # True once it is known that blocks pass as they are
        self._pieces: Iterator[bytes] = iter(())

    def blocks(self) -> "AsyncAnswer":
        """Return the iterator of the body's blocks; see `Answer.blocks`."""
        return self

    def __aiter__(self) -> "AsyncAnswer":
        """Return itself: the body comes once."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next block, its content encoding undone."""
        fault: TransportError
        try:
            if self._is_plain:
                return await self._body.__anext__()
            return await self._next_piece()
        except StopAsyncIteration:  # the usual end, before the question which errors there are
            raise
        except foreign_errors() as error:
            fault = fault_in_body(error, self._route, self._settings, self._key)
        except TransportError as error:
            fault = error
        if self._is_error:
            raise StopAsyncIteration
        raise fault

    async def settle(self) -> None:
        """Wait a moment for the end of a body that was read to the end of what matters."""
        await self._body.settle(SETTLE_SECONDS)

    async def close(self) -> None:
        """Give the connection back where the body was read to its end, else close it."""
        await self._body.aclose()

    async def _next_piece(self) -> bytes:
        """Return what the decoder makes of the next block; one piece at a time, so that they need not all be kept."""
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = decoder_for(self.headers, is_streamed=self._is_streamed)
            self._is_plain = decoder.is_idle and not self._is_error
        while True:
            for piece in self._pieces:
                return piece
            is_late = self._is_error and time.monotonic() > self._deadline
            block = None if is_late else await anext(self._body, None)
            if block is None:
                decoder.end()
                raise StopAsyncIteration
            self._pieces = iter(decoder.feed(block))


class _Asking(contextlib.AbstractAsyncContextManager[AsyncAnswer]):
    """One request: sent when it is entered, its answer closed when it is left.

    A class and no generator: a loop keeps a book of its async generators, and a call has enough of them.
    """

    def __init__(self, send: Callable[[], Awaitable[AsyncAnswer]]) -> None:
        self._send = send

    async def __aenter__(self) -> AsyncAnswer:
        self._answer = await self._send()
        return self._answer

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        try:
            if kind is None:
                await self._answer.settle()
        finally:
            await self._answer.close()


class AsyncTransport:
    """Sends requests to one server from any number of event loops, as `Transport`.

    Connections close with their loop; `close` gives back those of the running one before.

    Parameters
    ----------
    settings
        The address, and the time limits.
    """

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings

    def post(
        self, path: str, body: "RequestBody", key: Secret, *, stream: bool
    ) -> contextlib.AbstractAsyncContextManager[AsyncAnswer]:
        """Send a body and give its answer; see `Transport.post`."""
        return _Asking(functools.partial(self._send, path, key, body, is_streamed=stream))

    def get(self, path: str, key: Secret) -> contextlib.AbstractAsyncContextManager[AsyncAnswer]:
        """Fetch a path, as `post` sends to one."""
        return _Asking(functools.partial(self._send, path, key, None, is_streamed=False))

    async def close(self) -> None:
        """Close the connections of the running loop that are not in use; the next request makes new ones."""
        # It stays, unlike in `Transport`: other loops may still use its connections.
        opened = self.__dict__.get("_opened")
        if opened is not None:
            await opened[2].aclose()

    async def _send(self, path: str, key: Secret, body: "RequestBody | None", *, is_streamed: bool) -> AsyncAnswer:
        route, requests, transport = self._opened
        try:
            came = await transport.handle(requests.make(path, key, body, is_streamed=is_streamed))
        except foreign_errors() as error:
            fault = fault_in_head(error, route, self._settings, key)
        else:
            return AsyncAnswer(came, route, self._settings, key, is_streamed=is_streamed)
        # Raised here, so that the foreign error, whose frames may hold what was sent, is not its context.
        raise fault

    @functools.cached_property
    def _opened(self) -> "tuple[Route, Requests, AsyncLanes | AsyncProxiedLanes]":
        # Imported here: httpx costs 40 ms and is not needed before the first request.
        from .async_lanes import open_async_transport
        from .request import Requests
        from .route import route_to

        route = route_to(self._settings.base_url)
        requests = Requests(self._settings, is_proxied=bool(route.proxy))
        return route, requests, open_way(route, open_async_transport)
