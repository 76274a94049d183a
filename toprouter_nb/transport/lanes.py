"""The connections to one server: one for each concurrent call, kept for the next.

Knows nothing of keys, retries or what is sent. httpx's own pool walks all its connections for every request and
opens a chunk at a time with h11; at 64 lanes that is most of the cost of a call.
"""

import contextlib
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from .head import Head
from .library import httpx
from .link import Link, connect
from .request import Request
from .route import Route

if TYPE_CHECKING:
    from .proxied import ProxiedLanes

# Servers and middle boxes drop silent connections after 60 s and more.
KEEP_SECONDS = 50.0
# How a kept connection fails that the server closed while nobody used it. A limit that ran out is not among these: the
# server may be at work on the request then (RFC 9110, 9.2.2: no blind repetition of a POST).
STALE = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


class BodyStream:
    """The body of one answer as it arrives.

    Life: iterate it once; `settle` where it was left a little early; `close`, which keeps the connection where the
    body was read to its end and closes it where it was not.
    """

    def __init__(self, link: Link, head: Head, keep: Callable[[Link], None]) -> None:
        self._link = link
        self._body = head.body  # and not the head, which holds what came with it for as long as the stream lasts
        self._is_persistent = head.is_persistent
        self._keep = keep
        self._block: bytes | None = head.rest
        self._is_closed = False

    def __iter__(self) -> "BodyStream":
        """Return itself: the body comes once."""
        return self

    def __next__(self) -> bytes:
        """Return the next bytes of the body, whatever their content encoding."""
        body = self._body
        while not body.is_complete:
            if body.fault:
                raise httpx.RemoteProtocolError(body.fault)
            block, self._block = self._block, None
            if block is None:
                block = self._link.receive()
                if not block:
                    break
            piece = body.feed(block)
            if piece:
                return piece
        missing = body.end()
        if missing:
            raise httpx.RemoteProtocolError(missing)
        raise StopIteration

    def settle(self, seconds: float) -> None:
        """Wait a moment for the end of a body that is all but over, so that its connection can be kept."""
        if not (self._is_closed or self._body.is_complete):
            # OSError: another thread closes it just now.
            with contextlib.suppress(httpx.TransportError, OSError):
                self._link.limit(seconds)
                next(self, b"")

    def close(self) -> None:
        """Give the connection back, or close it."""
        if self._is_closed:
            return
        self._is_closed = True
        body = self._body
        if body.is_complete and self._is_persistent and not (body.surplus or self._link.is_spent):
            self._keep(self._link)
        else:
            self._link.close()


class Lanes:
    """Makes, lends and keeps the connections to one server. Threads may share it; a forked child starts anew.

    Owns its connections: `close` closes those that are kept, as does its end of life.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._kept: deque[tuple[float, Link]] = deque()
        weakref.finalize(self, _close_all, self._kept)

    def handle(self, request: Request) -> tuple[int, dict[str, str], BodyStream]:
        """Send a request on a kept connection, or on a new one.

        A kept connection that turns out to be closed has carried nothing: the request is sent again on a new one.

        Returns
        -------
        tuple
            The status, the fields of the head by their names in lower case, and the body, unread.
        """
        link = self._take()
        if link is not None:
            try:
                return self._ask(link, request)
            except STALE:
                if link.has_heard:
                    raise
            self.close()
        return self._ask(connect(self._route, request.limits["connect"]), request)

    def close(self) -> None:
        """Close the kept connections; those in use close when their answer is left."""
        _close_all(self._kept)

    def _ask(self, link: Link, request: Request) -> tuple[int, dict[str, str], BodyStream]:
        try:
            head = link.exchange(request)
        except BaseException:
            link.close()
            raise
        return head.status, head.fields(), BodyStream(link, head, self._give_back)

    def _take(self) -> Link | None:
        """Return the kept connection that was used last; close those that are not usable any more."""
        while self._kept:
            try:
                since, link = self._kept.pop()
            except IndexError:
                return None  # another thread was faster
            if time.monotonic() - since < KEEP_SECONDS and link.is_usable():
                return link
            link.close()
        return None

    def _give_back(self, link: Link) -> None:
        now = time.monotonic()
        self._kept.append((now, link))
        while self._kept and now - self._kept[0][0] > KEEP_SECONDS:
            self._kept.popleft()[1].close()


def open_transport(route: Route) -> "Lanes | ProxiedLanes":
    """Return what carries requests to one server.

    Raises
    ------
    ValueError, ImportError
        The proxy cannot be used.
    """
    if not route.proxy:
        return Lanes(route)
    # Imported here: few are behind a proxy, and it needs asyncio, which is 20 ms elsewhere.
    from .proxied import ProxiedLanes

    return ProxiedLanes(route)


def _close_all(kept: deque[tuple[float, Link]]) -> None:
    while kept:
        kept.pop()[1].close()
