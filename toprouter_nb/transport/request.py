"""Makes the httpx request of one call, and puts the key on it for just as long as it is being sent.

Knows nothing of connections or of answers.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from .. import __version__
from ..secret import Secret
from .library import httpx
from .route import parse_url

if TYPE_CHECKING:
    from ..settings import Settings
    from ..wire.request import RequestBody

_FIXED = (
    ("User-Agent", f"toprouter_nb/{__version__}"),
    # Compressed streams arrive in lumps, and a compressed body has no honest size.
    ("Accept-Encoding", "identity"),
)


@contextlib.contextmanager
def signed(request: httpx.Request, key: Secret) -> Iterator[httpx.Request]:
    """Put the key into a request while it is being sent, and take it out when its answer, or an error, is there."""
    if not key:
        yield request
        return
    try:
        request.headers["Authorization"] = f"Bearer {key.reveal()}"
        yield request
    finally:
        if "Authorization" in request.headers:
            del request.headers["Authorization"]


class _Blocks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The blocks of a request's body, to be iterated for each time it is sent."""

    def __init__(self, body: "RequestBody") -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self._body:
            yield block


def build_request(
    url: str, settings: "Settings", *, body: "RequestBody | None", is_streamed: bool, is_proxied: bool
) -> httpx.Request:
    """Make a POST of `body`, or a GET where there is none; the key is added when it is sent.

    Parameters
    ----------
    url
        The whole address.
    settings
        For the time limits.
    is_streamed
        Whether an event stream is asked for.
    is_proxied
        httpx's own transport, which goes through proxies, knows one limit for the first byte and for silence: the
        longer one then.
    """
    address = parse_url(url)
    headers = [("Host", address.netloc.decode("ascii")), *_FIXED]
    headers.append(("Accept", "text/event-stream" if is_streamed else "application/json"))
    if body is not None:
        headers += [("Content-Type", "application/json"), ("Content-Length", str(body.length))]
    idle, first = settings.idle_seconds, settings.first_byte_seconds
    limits = {"connect": settings.connect_seconds, "pool": settings.connect_seconds, "write": idle}
    limits |= {"first_byte": first, "read": max(idle, first) if is_proxied else idle}
    return httpx.Request(
        "GET" if body is None else "POST",
        address,
        headers=headers,
        stream=httpx.ByteStream(b"") if body is None else _Blocks(body),
        extensions={"timeout": limits},
    )
