"""The head of a request as bytes, and the head of an answer from bytes.

Knows nothing of sockets, and of a body only how it is framed. Our own, because a library's events for the two heads
cost more than all else that is done for a short answer; h11 is its second opinion in the tests.
"""

import functools
import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from .framing import Body, body_after
from .library import httpx

if TYPE_CHECKING:
    from .request import Fields, Request

# Gateways send heads of 1 to 4 KiB.
HEAD_BYTES = 64 * 1024
_BEGINNING = b"HTTP/1."
_FIRST_FINAL = 200
_SWITCHING = 101
_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# What is sent holds no control characters: a CR LF in it would begin a field, or a request, of somebody else's
# (CWE-113).
_TARGET = re.compile(rb"[!-~]+")
_SENT_FIELD = re.compile(_NAME + rb": [\t -~\x80-\xff]*")
# A line may end in LF alone (RFC 9112, 2.2); some small servers write heads so.
_END = re.compile(rb"\r?\n\r?\n")
_END_BYTES = 4
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\x00\r\n]*)?\r?\n")
_FIELD = re.compile(rb"(" + _NAME + rb"):[ \t]*([^\x00\r\n]*)\r?\n")
_FIELDS = re.compile(rb"(?:" + _NAME + rb":[^\x00\r\n]*\r?\n)*")
# A value may go on in the next line, an old custom (obs-fold, RFC 9112, 5.2).
_FOLD = re.compile(rb"\r?\n[ \t]+")
# 18 digits stay below 2**63; what is longer is no size of anything.
_LENGTH = re.compile(rb"[0-9]{1,18}")


class NotHttpError(httpx.RemoteProtocolError):
    """What answers does not speak HTTP/1.1."""


class HeadTooLargeError(httpx.RemoteProtocolError):
    """The head of the answer is beyond its bound."""


class Head(NamedTuple):
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

    def fields(self) -> dict[str, str]:
        """Return the fields as texts by name; what came several times is joined by commas."""
        # Fields are bytes; UTF-8 is what servers mean by letters beyond ASCII today, Latin-1 what they once meant.
        pairs = _decode(self.headers, "utf-8") or _decode(self.headers, "latin-1")
        fields: dict[str, str] = {}
        for name, value in pairs:
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
        return fields


def encode_head(request: "Request") -> memoryview:
    """Return the head of a request; as a view, so that no listing of local variables shows the key in it.

    Raises
    ------
    httpx.LocalProtocolError
        A field cannot be sent; the message does not repeat it.
    """
    spelled = _spell(request)
    if spelled is None:
        message = "the head of the request holds characters that HTTP does not allow"
        raise httpx.LocalProtocolError(message)
    return spelled


class HeadReader:
    r"""Reads the head of one answer.

    Life: `feed` each block that comes until it returns the head.

    Examples
    --------
    >>> HeadReader().feed(b"HTTP/1.1 204 No Content\r\n\r\n").status
    204
    """

    def __init__(self) -> None:
        self._data = b""

    def feed(self, block: bytes) -> Head | None:
        """Take the next bytes of the answer; b"" is the end of the connection.

        Returns
        -------
        Head or None
            None while the head is not whole. Interim heads (1xx) are skipped.

        Raises
        ------
        NotHttpError
            These are not the bytes of an HTTP/1.1 answer, or they can be understood in more than one way.
        HeadTooLargeError
            The head is larger than `HEAD_BYTES`.
        httpx.RemoteProtocolError
            The connection ended before the head did.
        """
        if not block:
            message = "the connection was closed before an answer came"
            raise httpx.RemoteProtocolError(message)
        # Where the search goes on, so that a head that comes byte by byte is not searched anew each time.
        seen = max(len(self._data) - _END_BYTES, 0)
        self._data += block
        while True:
            # At its first bytes, without waiting for a line end that may never come.
            if self._data[: len(_BEGINNING)] != _BEGINNING[: len(self._data)]:
                message = f"the answer begins with {_spelled(self._data)}"
                raise NotHttpError(message)
            end = _END.search(self._data, seen)
            if (end.start() if end else len(self._data)) > HEAD_BYTES:
                message = f"the head of the answer is larger than {HEAD_BYTES // 1024} KiB"
                raise HeadTooLargeError(message)
            if end is None:
                return None
            head = _read(self._data[: end.end()], self._data[end.end() :])
            if head.status >= _FIRST_FINAL:
                return head
            self._data, seen = head.rest, 0


def _spelled(data: bytes) -> str:
    """Spell the first bytes of what is no HTTP; of a tag the name only, for no message holds a tag."""
    return repr(bytes(data[: len(_BEGINNING)]).translate(None, b"<>/"))[1:]


def _spell(request: "Request") -> memoryview | None:
    """Spell a head; None where a piece of it could end its line."""
    beginning = _spell_beginning(request.method, request.target, request.fields)
    fields = [b"%b: %b" % field for field in request.signature()]
    if beginning is None or not all(map(_SENT_FIELD.fullmatch, fields)):
        return None
    return memoryview(b"\r\n".join((beginning, *fields, b"", b"")))


@functools.lru_cache(maxsize=64)
def _spell_beginning(method: str, target: bytes, given: "Fields") -> bytes | None:
    """Spell what all requests of a kind have in common."""
    fields = [b"%b: %b" % field for field in given]
    if not (_TARGET.fullmatch(target) and all(map(_SENT_FIELD.fullmatch, fields))):
        return None
    return b"\r\n".join((b"%b %b HTTP/1.1" % (method.encode("ascii"), target), *fields))


def _read(data: bytes, rest: bytes) -> Head:
    """Read a whole head, its empty line included."""
    line = _STATUS_LINE.match(data)
    if line is None:
        _refuse("no status line")
    if b"\n " in data or b"\n\t" in data:
        data = data[: line.end()] + _FOLD.sub(b" ", data[line.end() :])
    status, place = int(line[2]), line.end()
    end = len(data) - (2 if data.endswith(b"\r\n") else 1)  # where the empty line begins
    if not _FIELDS.fullmatch(data, place, end):
        _refuse("a line that is no field")
    headers = [(name.lower(), value.rstrip(b" \t")) for name, value in _FIELD.findall(data, place, end)]
    # It would be final although it is below 200, and nobody asked for another protocol.
    if status == _SWITCHING:
        _refuse("it switches to another protocol")
    known = _framing_fields(headers)
    is_persistent = line[1] == b"1" and b"close" not in known[b"connection"].lower()
    return Head(status, headers, body_after(status, known), is_persistent, rest)


def _framing_fields(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the fields that say how the body ends, each once and in one way only."""
    known = {b"connection": b""}
    for name, value in headers:
        if name == b"content-length":
            # The same length twice is allowed (RFC 9110, 8.6); two that differ are how answers are smuggled past a
            # proxy.
            lengths = {piece.strip() for piece in value.split(b",")} | ({known[name]} if name in known else set())
            length = lengths.pop()
            if lengths or not _LENGTH.fullmatch(length):
                _refuse("a length that is none, or two that differ")
            known[name] = length
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked" or name in known:
                _refuse("a transfer encoding other than chunks")
            known[name] = value
        elif name == b"connection":
            known[name] += b"," + value
    return known


def _decode(headers: list[tuple[bytes, bytes]], encoding: str) -> list[tuple[str, str]]:
    """Decode fields, all in one way; [] where they are not of that encoding."""
    try:
        return [(name.decode("ascii"), value.decode(encoding)) for name, value in headers]
    except UnicodeDecodeError:
        return []


def _refuse(what: str) -> NoReturn:
    message = f"the head of the answer is broken: {what}"
    raise NotHttpError(message)
