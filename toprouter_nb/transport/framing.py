"""Where the body of an answer ends: its bytes in, the bytes it carries out.

Knows nothing of sockets and of content encodings. Feeding never raises: what is wrong is in `fault`, so that the
good bytes before it are not lost. Our own, because a library's event for each HTTP chunk is the most costly part of
reading a stream.
"""

import re
from collections.abc import Mapping
from typing import Protocol

# RFC 9110, 15.3.5 and 15.4.5: whatever their fields say, these have no body.
_NO_BODY = (204, 304)
# What stands between two chunks: the end of one, the size of the next (8 digits are 4 GiB), an extension nobody uses.
_BETWEEN = re.compile(rb"\r\n([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")
_BETWEEN_BEGUN = re.compile(rb"\r?|\r\n(?:[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r?)?")
# Bounds on what is kept while a line, or the fields after the body, have no end; real ones are a few bytes long.
_LINE_BYTES = 4 * 1024
_TRAILER_BYTES = 16 * 1024


class Body(Protocol):
    """The reader of one body.

    Life: `feed` each block that comes; stop when `is_complete` or when there is a `fault`; `end` when the
    connection ends before.
    """

    is_complete: bool
    fault: str
    surplus: bool

    def feed(self, block: bytes) -> bytes:
        """Return the bytes of the body in `block`; b"" when there are none."""

    def end(self) -> str:
        """Take the end of the connection; return what is missing, "" when the body may end so."""


class SizedBody:
    """A body of a known length.

    Parameters
    ----------
    size
        In bytes.
    """

    def __init__(self, size: int) -> None:
        self.is_complete = size == 0
        self.fault = ""
        self.surplus = False
        self._left = size

    def feed(self, block: bytes) -> bytes:
        """Return the part of `block` that still belongs to the body."""
        if len(block) > self._left:
            self.surplus = True
            block = block[: self._left]
        self._left -= len(block)
        self.is_complete = self._left == 0
        return block

    def end(self) -> str:
        """Say how much is missing."""
        return "" if self.is_complete else f"{self._left:,} bytes of the announced body are missing"


class OpenBody:
    """A body that ends with its connection, as HTTP/1.0 has it: whether it is whole cannot be known here."""

    def __init__(self) -> None:
        self.is_complete = False
        self.fault = ""
        self.surplus = False

    def feed(self, block: bytes) -> bytes:
        """Return all of `block`."""
        return block

    def end(self) -> str:
        """Accept the end."""
        return ""


class ChunkedBody:
    """A body in chunks, each with its size before it."""

    def __init__(self) -> None:
        self.is_complete = False
        self.fault = ""
        self.surplus = False
        self._left = 0  # bytes of the current chunk still to come
        # Bytes of a line that is not whole yet; before the first chunk as if another chunk had just ended.
        self._rest = b"\r\n"
        self._is_last = False  # the chunk of size 0 was seen

    def feed(self, block: bytes) -> bytes:
        """Return the payload of all chunks, or parts of chunks, in `block`."""
        if self._rest:
            block, self._rest = self._rest + block, b""
        if self._is_last:
            self._read_trailer(block)
            return b""
        size, place, match = len(block), self._left, _BETWEEN.match
        pieces = [block[:place]]
        while place < size:
            line = match(block, place)
            if line is None:
                self._hold(block[place:])
                place = size
                break
            begin = line.end()
            place = begin + int(line[1], 16)
            if place == begin:
                self._is_last = True
                self._read_trailer(block[begin:])
                place = size
                break
            pieces.append(block[begin:place])
        self._left = place - size
        return b"".join(pieces)

    def end(self) -> str:
        """Say that the closing chunk is missing; what follows it does not matter."""
        return "" if self._is_last else "the closing chunk of the body is missing"

    def _hold(self, rest: bytes) -> None:
        """Keep the beginning of what stands between two chunks, if it is that."""
        self._rest = rest
        if len(rest) > _LINE_BYTES or not _BETWEEN_BEGUN.fullmatch(rest):
            self.fault = "the chunks of the body are broken"

    def _read_trailer(self, block: bytes) -> None:
        """Skip the fields after the last chunk, to the empty line that ends the body."""
        # -1 + 2 = 1 says that the empty line is not there yet; a place that was found is 2 or more.
        end = 0 if block.startswith(b"\r\n") else block.find(b"\r\n\r\n") + 2
        if end == 1:
            self._rest = block
            if len(block) > _TRAILER_BYTES:
                self.fault = "the fields after the body never end"
            return
        self.is_complete, self.surplus = True, len(block) > end + len(b"\r\n")


def body_after(status: int, headers: Mapping[bytes, bytes]) -> Body:
    """Choose the reader of the body by the head before it.

    Parameters
    ----------
    status
        HTTP status of the answer to a GET or POST.
    headers
        Checked fields; names in lower case. `transfer-encoding` can only be `chunked`, `content-length` a number.

    References
    ----------
    RFC 9112, section 6.3 (message body length) and 7.1 (chunked coding).
    """
    if status in _NO_BODY:
        return SizedBody(0)
    # Before the length, as RFC 9112, 6.3 has it: two readers that disagree on this see two different answers.
    if b"transfer-encoding" in headers:
        return ChunkedBody()
    if b"content-length" in headers:
        return SizedBody(int(headers[b"content-length"]))
    return OpenBody()
