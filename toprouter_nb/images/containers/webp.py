"""Walks through the chunks of a WebP file.

Knows nothing of other formats, and decodes no pixels.
"""

import struct

from ..caps import check_pixels
from .container import Container, check_pieces, in_words, refuse
from .exif import read_directory

_HEADER_BYTES = 12
_ALPHA = 0x10
_NAMES = {b"EXIF": "EXIF", b"XMP ": "XMP", b"ICCP": "colour profile"}
_DRAWN = {b"VP8X", b"ALPH", b"VP8 ", b"VP8L", b"ANIM", b"ANMF"}


def read_webp(data: bytes) -> Container:
    """Take a WebP file apart.

    Parameters
    ----------
    data
        Begins with "RIFF", a length, and "WEBP".

    Returns
    -------
    Container
        The `picture` of an animation is the whole file, and not bare.

    Raises
    ------
    ImageError
        Chunks are missing or cut, or the pixels are too many (kind `too_large`).

    References
    ----------
    RFC 9649, section 2.

    Examples
    --------
    >>> read_webp(b"RIFF")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: the header of the WebP file is cut. ...
    """
    chunks, end = _chunks(data)
    # Of several of a kind the first one counts.
    found = dict(reversed(chunks))
    width, height = _size(found)
    check_pixels(width, height)
    extras = [_NAMES.get(kind, "further chunks") for kind, _ in chunks if kind not in _DRAWN]
    if end < len(data):
        extras.append("bytes after the image")
    directory = read_directory(found.get(b"EXIF", b""))
    frames = sum(kind == b"ANMF" for kind, _ in chunks)
    return Container(
        "WEBP",
        data[:end] if frames else _still(found, width, height),
        width,
        height,
        extras=in_words(extras, has_place=bool(directory and directory.has_place)),
        orientation=directory.orientation if directory else 1,
        profile=found.get(b"ICCP", b""),
        frames=max(frames, 1),
        is_lossy=b"VP8L" not in found,
        is_bare=not frames,
    )


def _chunks(data: bytes) -> tuple[list[tuple[bytes, bytes]], int]:
    """Return kind and payload of each chunk, and where the file should end."""
    if len(data) < _HEADER_BYTES:
        refuse("the header of the WebP file is cut")
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        refuse("the end of the WebP file is missing")
    position, chunks = _HEADER_BYTES, list[tuple[bytes, bytes]]()
    while position + 8 <= end:
        check_pieces(len(chunks))
        kind, length = struct.unpack_from("<4sI", data, position)
        position += 8
        if position + length > end:
            refuse("a chunk of the WebP file is longer than the file")
        chunks.append((kind, data[position : position + length]))
        # RIFF fills a chunk of odd length up with a byte.
        position += length + length % 2
    return chunks, end


def _size(found: dict[bytes, bytes]) -> tuple[int, int]:
    canvas, lossless, lossy = found.get(b"VP8X"), found.get(b"VP8L"), found.get(b"VP8 ")
    if canvas is not None and len(canvas) >= 10:  # noqa: PLR2004  flags and twice three bytes
        return int.from_bytes(canvas[4:7], "little") + 1, int.from_bytes(canvas[7:10], "little") + 1
    if lossless is not None and lossless[:1] == b"\x2f" and len(lossless) >= 5:  # noqa: PLR2004
        bits = int.from_bytes(lossless[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if lossy is None or lossy[3:6] != b"\x9d\x01\x2a" or len(lossy) < 10:  # noqa: PLR2004
        refuse("the WebP file holds no picture")
    width, height = struct.unpack_from("<HH", lossy, 6)
    return width & 0x3FFF, height & 0x3FFF


def _still(found: dict[bytes, bytes], width: int, height: int) -> bytes:
    """Return a file of the picture alone; alpha beside a lossy picture needs the canvas chunk too."""
    if b"VP8L" in found:
        parts = [(b"VP8L", found[b"VP8L"])]
    elif b"VP8 " not in found:
        refuse("the WebP file holds no picture")
    elif b"ALPH" in found:
        canvas = struct.pack("<I", _ALPHA) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        parts = [(b"VP8X", canvas), (b"ALPH", found[b"ALPH"]), (b"VP8 ", found[b"VP8 "])]
    else:
        parts = [(b"VP8 ", found[b"VP8 "])]
    body = b"WEBP" + b"".join(
        kind + len(part).to_bytes(4, "little") + part + b"\x00" * (len(part) % 2) for kind, part in parts
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body
