"""Undoes a content encoding within a bound: blocks as they came in, plain blocks out.

Knows nothing of HTTP framing or sockets. No encoding is ever asked for; some servers and proxies encode all the same.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping

from ..errors import ConnectFailedError, UnexpectedResponseError

# A whole answer: its text bound of 16 MiB, and room for the JSON around it and for image data.
BODY_BYTES = 64 * 2**20
# What one step may unpack, so that a small block cannot fill the memory.
_STEP_BYTES = 2**20
_NAMED = ("br", "compress", "deflate", "gzip", "x-gzip", "zstd")
# zlib's own spelling of "find out whether this is gzip or zlib".
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_GZIP_MARK = b"\x1f\x8b"


class Decoder:
    """Undoes one body's encoding and counts its bytes.

    Life: iterate over `feed` for each block; `end` once after the last.

    Parameters
    ----------
    encoding
        The `content-encoding` field; "" where there is none.
    bound
        Bytes of the plain body; None for a stream, which is bounded event by event elsewhere.

    Raises
    ------
    UnexpectedResponseError
        The encoding is not known here.

    Examples
    --------
    >>> list(Decoder("gzip", bound=100).feed(__import__("gzip").compress(b"Hello")))
    [b'Hello']
    """

    def __init__(self, encoding: str, *, bound: int | None) -> None:
        self._bound = bound
        self._count = 0
        self._has_begun = False
        self._encoding = encoding.strip().lower()
        self._unpacker = None
        if self._encoding in ("gzip", "x-gzip", "deflate"):
            self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif self._encoding not in ("", "identity"):
            raise self._unreadable()

    @property
    def is_idle(self) -> bool:
        """Say whether blocks pass unchanged and uncounted, so that there is nothing to do for them."""
        return self._unpacker is None and self._bound is None

    def feed(self, block: bytes) -> Iterable[bytes]:
        """Return the plain bytes of a block; where they were packed, at most 1 MiB at a time.

        Raises
        ------
        UnexpectedResponseError
            The body is beyond its bound (`too_large`), or not encoded as it says.
        """
        return (self._counted(block),) if self._unpacker is None else self._unpacked(block)

    def end(self) -> None:
        """Check that the body was whole.

        Raises
        ------
        ConnectFailedError
            The encoded body stops in the middle.
        """
        if self._unpacker is not None and self._has_begun and not self._unpacker.eof:
            message = "The answer broke off: its compressed body stops in the middle."
            raise ConnectFailedError(message, is_transient=True)

    def _unpacked(self, block: bytes) -> Iterator[bytes]:
        assert self._unpacker is not None
        if not self._has_begun and block:
            self._has_begun = True
            if self._encoding == "deflate" and block[0] & 0x0F != zlib.DEFLATED:
                # Many servers leave out the frame that "deflate" should have (RFC 9110, 8.4.1.2).
                self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        while block:
            piece = self._unpack(block)
            if piece:
                yield self._counted(piece)
            block = self._unpacker.unconsumed_tail
            if self._unpacker.eof and self._unpacker.unused_data.startswith(_GZIP_MARK):
                # Several gzip members one after the other are one body.
                block = self._unpacker.unused_data
                self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
        # zlib may hold more than one step's worth although it has taken the whole block.
        for piece in iter(lambda: self._unpack(b""), b""):
            yield self._counted(piece)

    def _unpack(self, block: bytes) -> bytes:
        """Unpack one step; what is left of the block stays in the unpacker's `unconsumed_tail`."""
        assert self._unpacker is not None
        try:
            return self._unpacker.decompress(block, _STEP_BYTES)
        except zlib.error:
            raise self._unreadable() from None

    def _counted(self, block: bytes) -> bytes:
        self._count += len(block)
        if self._bound is not None and self._count > self._bound:
            message = f"The answer is larger than {self._bound // 2**20} MiB, the limit for one answer."
            raise UnexpectedResponseError(message, kind="too_large")
        return block

    def _unreadable(self) -> UnexpectedResponseError:
        # Only names that are known are repeated: a field of the server's may hold anything, the key included.
        shown = f"as {self._encoding!r}" if self._encoding in _NAMED else "in an unknown way"
        return UnexpectedResponseError(f"The server encoded its answer {shown}, unasked, and it cannot be read.")


def decoder_for(headers: Mapping[str, str], *, is_streamed: bool) -> Decoder:
    """Return the decoder of an answer's body; one that may be an event stream, because one was asked for, is unbounded.

    Raises
    ------
    UnexpectedResponseError
        The encoding is not known here.
    """
    # A server may answer a request for a stream with a whole answer, or with a web page: these have an end to be
    # bounded.
    kind = headers.get("content-type", "")
    is_stream = is_streamed and "json" not in kind and "html" not in kind
    return Decoder(headers.get("content-encoding", ""), bound=None if is_stream else BODY_BYTES)
