"""The connections to one server inside event loops, the twin of `lanes`.

Knows nothing of keys, retries or what is sent. Connections belong to the loop they were made in, and close with it.
"""

import asyncio
import time
from collections.abc import Callable

from .async_link import AsyncLink, connect_async
from .head import Head
from .lanes import KEEP_SECONDS, STALE
from .library import httpx
from .loops import PerLoop
from .proxied import AsyncProxiedLanes
from .request import Request
from .route import Route


class AsyncBodyStream:
    """The body of one answer as it arrives, as `BodyStream`.

    An iterator of its own and no async generator: one that is left early needs another turn of the loop to end.
    """

    def __init__(self, link: AsyncLink, head: Head, keep: Callable[[AsyncLink], None]) -> None:
        self._link = link
        self._body = head.body  # and not the head, which holds what came with it for as long as the stream lasts
        self._is_persistent = head.is_persistent
        self._keep = keep
        self._block: bytes | None = head.rest
        self._is_closed = False

    def __aiter__(self) -> "AsyncBodyStream":
        """Return itself: the body comes once."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes of the body, whatever their content encoding."""
        body = self._body
        while not body.is_complete:
            if body.fault:
                raise httpx.RemoteProtocolError(body.fault)
            block, self._block = self._block, None
            if block is None:
                block = await self._link.receive()
                if not block:
                    break
            piece = body.feed(block)
            if piece:
                return piece
        missing = body.end()
        if missing:
            raise httpx.RemoteProtocolError(missing)
        raise StopAsyncIteration

    async def settle(self, seconds: float) -> None:
        """Wait a moment for the end of a body that is all but over, so that its connection can be kept."""
        if not (self._is_closed or self._body.is_complete):
            self._link.limit(seconds)
            try:
                await anext(self)
            except (httpx.TransportError, StopAsyncIteration):
                return

    async def aclose(self) -> None:
        """Give the connection back, or close it."""
        if self._is_closed:
            return
        self._is_closed = True
        body = self._body
        if body.is_complete and self._is_persistent and not (body.surplus or self._link.is_spent):
            self._keep(self._link)
        else:
            self._link.close()


class Pool:
    """The kept connections of one loop."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, AsyncLink]] = []  # no deque: one is 0.7 KB even when it is empty

    def take(self) -> AsyncLink | None:
        """Return the kept connection that was used last; close those that are not usable any more."""
        while self._kept:
            since, link = self._kept.pop()
            if time.monotonic() - since < KEEP_SECONDS and link.is_usable():
                return link
            link.close()
        return None

    def give_back(self, link: AsyncLink) -> None:
        """Keep a connection for the next request."""
        now = time.monotonic()
        self._kept.append((now, link))
        while now - self._kept[0][0] > KEEP_SECONDS:
            self._kept.pop(0)[1].close()

    def drop(self) -> None:
        """Close the kept connections."""
        while self._kept:
            self._kept.pop()[1].close()

    async def aclose(self) -> None:
        """Close the kept connections and let the loop make the turn in which their sockets close."""
        self.drop()
        await asyncio.sleep(0)


class AsyncLanes:
    """Makes, lends and keeps the connections to one server, for any number of loops, one after another or at once."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._pools = PerLoop(Pool)

    async def handle(self, request: Request) -> tuple[int, dict[str, str], AsyncBodyStream]:
        """Send a request and return its answer with the body unread, as `Lanes.handle`."""
        pool = await self._pools.get()
        link = pool.take()
        if link is not None:
            try:
                return await self._ask(link, request, pool)
            except STALE:
                if link.has_heard:
                    raise
            # The others are of the same server and as old: a server that closed one has closed them all, or restarted.
            pool.drop()
        return await self._ask(await connect_async(self._route, request.limits["connect"]), request, pool)

    async def aclose(self) -> None:
        """Close the kept connections of the running loop; those of other loops close with their loop."""
        await self._pools.close()

    async def _ask(self, link: AsyncLink, request: Request, pool: Pool) -> tuple[int, dict[str, str], AsyncBodyStream]:
        try:
            head = await link.exchange(request)
        except BaseException:
            link.close()
            raise
        return head.status, head.fields(), AsyncBodyStream(link, head, pool.give_back)


def open_async_transport(route: Route) -> AsyncLanes | AsyncProxiedLanes:
    """Return what carries requests to one server; see `lanes.open_transport`."""
    return AsyncProxiedLanes(route) if route.proxy else AsyncLanes(route)
