"""The head of a request as bytes, and the head of an answer from bytes.

Knows nothing of sockets, and of a body only how it is framed. h11 checks and spells both heads.
"""

import dataclasses

import h11
import httpx

from .framing import Body, body_after

# Gateways send heads of 1 to 4 KiB.
HEAD_BYTES = 64 * 1024
_BEGINNING = b"HTTP/1."


class NotHttpError(httpx.RemoteProtocolError):
    """What answers does not speak HTTP/1.1."""


class HeadTooLargeError(httpx.RemoteProtocolError):
    """The head of the answer is beyond its bound."""


@dataclasses.dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer.

    Attributes
    ----------
    status
        HTTP status, 200 or more.
    headers
        Fields in the order sent; names in lower case.
    body
        Reads the body that follows.
    is_persistent
        True where the server keeps the connection for another request.
    rest
        The bytes that came after the head: the beginning of the body.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: Body
    is_persistent: bool
    rest: bytes


class HeadReader:
    """One exchange of heads.

    Life: `encode` the request once; `feed` each block that comes until it returns the answer's head.
    """

    def __init__(self) -> None:
        self._machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
        self._beginning = b""

    def encode(self, request: httpx.Request) -> memoryview:
        """Return the head of a request; as a view, so that no listing of local variables shows the key in it.

        Raises
        ------
        httpx.LocalProtocolError
            A field cannot be sent; the message does not repeat it.
        """
        try:
            event = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            encoded = self._machine.send(event)
        except h11.LocalProtocolError:
            encoded = None
        if encoded is None:
            message = "the head of the request holds characters that HTTP does not allow"
            raise httpx.LocalProtocolError(message)
        return memoryview(encoded)

    def feed(self, block: bytes) -> Head | None:
        """Take the next bytes of the answer; b"" is the end of the connection.

        Returns
        -------
        Head or None
            None while the head is not whole. Interim heads (1xx) are skipped.

        Raises
        ------
        NotHttpError
            These are not the bytes of an HTTP/1.1 answer.
        HeadTooLargeError
            The head is larger than `HEAD_BYTES`.
        httpx.RemoteProtocolError
            The connection ended before the head did.
        """
        self._check_beginning(block)
        if not block:
            message = "the connection was closed before an answer came"
            raise httpx.RemoteProtocolError(message)
        try:
            self._machine.receive_data(block)
            event = self._machine.next_event()
            while isinstance(event, h11.InformationalResponse):
                event = self._machine.next_event()
        except h11.RemoteProtocolError as error:
            raise self._refused(error) from None
        return self._head(event) if isinstance(event, h11.Response) else None

    def _check_beginning(self, block: bytes) -> None:
        """Refuse what is no HTTP at its first bytes, without waiting for more."""
        missing = len(_BEGINNING) - len(self._beginning)
        if missing > 0:
            self._beginning += block[:missing]
            if not _BEGINNING.startswith(self._beginning):
                message = f"the answer begins with {self._beginning!r}"
                raise NotHttpError(message)

    def _head(self, event: h11.Response) -> Head:
        headers = list(event.headers)
        known = dict(headers)
        is_persistent = event.http_version == b"1.1" and b"close" not in known.get(b"connection", b"").lower()
        rest = self._machine.trailing_data[0]
        return Head(event.status_code, headers, body_after(event.status_code, known), is_persistent, rest)

    @staticmethod
    def _refused(error: h11.RemoteProtocolError) -> httpx.RemoteProtocolError:
        if error.error_status_hint == httpx.codes.REQUEST_HEADER_FIELDS_TOO_LARGE:
            message = f"the head of the answer is larger than {HEAD_BYTES // 1024} KiB"
            return HeadTooLargeError(message)
        return NotHttpError(f"the head of the answer is broken: {error}")
