"""One request as it will be sent: its fields, its body and its limits; the key is added where the head is spelled.

Knows nothing of connections or of answers.
"""

import contextlib
import functools
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from .. import __version__
from ..secret import Secret
from .library import httpx

if TYPE_CHECKING:
    from ..settings import Settings
    from ..wire.request import RequestBody

Fields = tuple[tuple[bytes, bytes], ...]

_FIXED: Fields = (
    (b"User-Agent", f"toprouter_nb/{__version__}".encode("ascii")),
    # Compressed streams arrive in lumps, and a compressed body has no honest size.
    (b"Accept-Encoding", b"identity"),
)


class Request(NamedTuple):
    """One request. It never holds the key as text: `signature` gives that, for just as long as it is being sent.

    Attributes
    ----------
    method
        "GET" or "POST".
    url, target
        The whole address, and the part of it that the request line has.
    fields
        All fields but the key's and the length, names and values, in the order in which they are sent.
    body
        The blocks of the body, which can be iterated again; None for none.
    key
        Sent as a bearer token; the empty one is not.
    limits
        Seconds, by what is waited for: "connect", "pool", "write", "first_byte" and "read".
    """

    method: str
    url: str
    target: bytes
    fields: Fields
    body: "RequestBody | None"
    key: Secret
    limits: Mapping[str, float]

    def blocks(self) -> Iterator[bytes]:
        """Return an iterator of the body."""
        return iter(self.body or ())

    def signature(self) -> Fields:
        """Return the fields that differ from call to call: the length of the body, and the key."""
        length = () if self.body is None else ((b"Content-Length", b"%d" % self.body.length),)
        key = self.key.reveal()
        # A letter that cannot be encoded is refused with the settings; here no error may repeat the key.
        return (*length, (b"Authorization", f"Bearer {key}".encode("utf-8", "replace"))) if key else length


class _Blocks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The blocks of a request's body for httpx, to be iterated for each time it is sent."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        return self._request.blocks()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self._request.blocks():
            yield block


class Requests:
    """Makes the requests to one server; what they have in common is made once.

    Parameters
    ----------
    settings
        The address, and the time limits.
    is_proxied
        httpx's own transport, which goes through proxies, knows one limit for the first byte and for silence: the
        longer one then.
    """

    def __init__(self, settings: "Settings", *, is_proxied: bool) -> None:
        self._base_url = settings.base_url
        idle, first = settings.idle_seconds, settings.first_byte_seconds
        self._limits = {"connect": settings.connect_seconds, "pool": settings.connect_seconds, "write": idle}
        self._limits["first_byte"] = first
        self._limits["read"] = max(idle, first) if is_proxied else idle

    def make(self, path: str, key: Secret, body: "RequestBody | None", *, is_streamed: bool) -> Request:
        """Make a POST of `body`, or a GET where there is none.

        Parameters
        ----------
        path
            Put after the base URL.
        key
            Sent as a bearer token; the empty one is not.
        is_streamed
            Whether an event stream is asked for.
        """
        method, url = "GET" if body is None else "POST", self._base_url + path
        target, fields = _beginning(url, method, is_streamed=is_streamed)
        return Request(method, url, target, fields, body, key, self._limits)


@contextlib.contextmanager
def signed(request: Request) -> Iterator[httpx.Request]:
    """Give the same for httpx's own transports; the key is on it until its answer, or an error, is there."""
    foreign = httpx.Request(
        request.method,
        request.url,
        headers=[*request.fields, *request.signature()],
        stream=_Blocks(request),
        extensions={"timeout": dict(request.limits)},
    )
    try:
        yield foreign
    finally:
        foreign.headers.pop("Authorization", None)


@functools.lru_cache(maxsize=64)
def _beginning(url: str, method: str, *, is_streamed: bool) -> tuple[bytes, Fields]:
    """Return the target and the fields that all requests of a kind have in common."""
    address = httpx.URL(url)
    accepted = b"text/event-stream" if is_streamed else b"application/json"
    fields = ((b"Host", address.netloc), *_FIXED, (b"Accept", accepted))
    return address.raw_path, fields if method == "GET" else (*fields, (b"Content-Type", b"application/json"))
