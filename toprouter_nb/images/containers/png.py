"""Walks through the chunks of a PNG file.

Knows nothing of other formats, and decodes no pixels: it only counts them.
"""

import dataclasses
import struct
import zlib

from ..caps import check_pixels
from .container import Container, check_pieces, in_words, refuse
from .exif import read_directory

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# By colour type: grey, colours, palette, grey with alpha, colours with alpha (section 11.2.1).
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {1, 2, 4, 8, 16}
_PALETTE = 3
_DRAWN = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
# Colour facts of a fixed length, which leave no room for anything else.
_COLOUR_BYTES = {b"sRGB": 1, b"gAMA": 4, b"cHRM": 32, b"cICP": 4}
# Left out without a word: they neither change the picture nor tell of anyone.
_SILENT = {b"pHYs", b"bKGD", b"sBIT", b"hIST", b"acTL", b"fcTL", b"fdAT"}
_NAMES = {
    b"tEXt": "text",
    b"zTXt": "text",
    b"iTXt": "text",
    b"eXIf": "EXIF",
    b"tIME": "time",
    b"iCCP": "colour profile",
}
_XMP = b"XML:com.adobe.xmp\x00"
# First column, first row, step across, step down of the seven passes of an interlaced picture.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
# Printers' profiles have 1 to 3 MB; a kilobyte of zeros, well packed, unpacks to a megabyte.
_PROFILE_BYTES = 4 * 2**20
_BLOCK_BYTES = 2**16


@dataclasses.dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    payload: memoryview
    whole: memoryview

    @property
    def is_drawn(self) -> bool:
        return self.kind in _DRAWN or _COLOUR_BYTES.get(self.kind) == len(self.payload)

    @property
    def name(self) -> str:
        if self.kind == b"iTXt" and bytes(self.payload[: len(_XMP)]) == _XMP:
            return "XMP"
        return _NAMES.get(self.kind, "further chunks")


@dataclasses.dataclass(frozen=True, slots=True)
class _Header:
    width: int
    height: int
    depth: int
    colour: int
    is_interlaced: bool

    @property
    def pixel_bytes(self) -> int:
        """How many bytes the pixels and the filter bytes of their rows take, unpacked."""
        bits = self.depth * _CHANNELS[self.colour]
        passes = _PASSES if self.is_interlaced else ((0, 0, 1, 1),)
        total = 0
        for column, row, across, down in passes:
            width, height = -((column - self.width) // across), -((row - self.height) // down)
            total += height * (1 + (width * bits + 7) // 8) if width > 0 and height > 0 else 0
        return total


def read_png(data: bytes) -> Container:
    """Take a PNG file apart.

    Parameters
    ----------
    data
        Begins with the PNG signature.

    Returns
    -------
    Container
        The `picture` of an animation is its default image.

    Raises
    ------
    ImageError
        Chunks are missing, cut or out of order, or the pixels are too many (kind `too_large`).

    References
    ----------
    PNG Specification (Third Edition), sections 5, 7, 10 and 11.

    Examples
    --------
    >>> read_png(SIGNATURE)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: the end of the PNG file is missing. ...
    """
    chunks, end = _chunks(data)
    header = _header(chunks[0])
    check_pixels(header.width, header.height)
    extras = [chunk.name for chunk in chunks if not chunk.is_drawn and chunk.kind not in _SILENT]
    if end < len(data):
        extras.append("bytes after the image")
    directory = read_directory(_first(chunks, b"eXIf"))
    return Container(
        "PNG",
        SIGNATURE + b"".join(chunk.whole for chunk in chunks if chunk.is_drawn),
        header.width,
        header.height,
        extras=in_words(extras, has_place=bool(directory and directory.has_place)),
        orientation=directory.orientation if directory else 1,
        profile=_inflate_profile(_first(chunks, b"iCCP")),
        frames=2 if int.from_bytes(_first(chunks, b"acTL")[:4]) > 1 else 1,
        bits=header.depth,
        is_bare=_is_bare(chunks, header),
    )


def _chunks(data: bytes) -> tuple[list[_Chunk], int]:
    """Return the chunks up to and with IEND, and where IEND ends."""
    view, start, chunks = memoryview(data), len(SIGNATURE), list[_Chunk]()
    while not chunks or chunks[-1].kind != b"IEND":
        check_pieces(len(chunks))
        if start + 12 > len(data):
            refuse("the end of the PNG file is missing")
        end = start + 12 + int.from_bytes(view[start : start + 4])
        if end > len(data):
            refuse("a chunk of the PNG file is longer than the file")
        chunks.append(_Chunk(bytes(view[start + 4 : start + 8]), view[start + 8 : end - 4], view[start:end]))
        start = end
    _check_order([chunk.kind for chunk in chunks])
    return chunks, start


def _check_order(kinds: list[bytes]) -> None:
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") > 1:
        refuse("a PNG file has one header, at its beginning")
    pixels = [index for index, kind in enumerate(kinds) if kind == b"IDAT"]
    if not pixels:
        refuse("the PNG file holds no pixels")
    # The specification wants them together (section 5.6); decoders differ on what they make of others.
    if pixels[-1] - pixels[0] + 1 != len(pixels):
        refuse("the pixels of the PNG file do not follow one another")


def _header(chunk: _Chunk) -> _Header:
    if len(chunk.payload) != 13:  # noqa: PLR2004  the fields below
        refuse("the header of the PNG file has the wrong length")
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunk.payload)
    if colour not in _CHANNELS or depth not in _DEPTHS:
        refuse("the header of the PNG file states a pixel format that does not exist")
    return _Header(width, height, depth, colour, is_interlaced=interlace == 1)


def _first(chunks: list[_Chunk], kind: bytes) -> bytes:
    return next((bytes(chunk.payload) for chunk in chunks if chunk.kind == kind), b"")


def _inflate_profile(payload: bytes) -> bytes:
    """Return the unpacked colour profile; b"" when there is none, or none that can be used."""
    packed = payload.partition(b"\x00")[2][1:]
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed, _PROFILE_BYTES)
    except zlib.error:
        return b""
    return profile if unpacker.eof else b""


def _is_bare(chunks: list[_Chunk], header: _Header) -> bool:
    """Say whether the packed pixels unpack to exactly the pixels, with nothing left over."""
    unpacker, expected, found = zlib.decompressobj(), header.pixel_bytes, 0
    packed = b"".join(chunk.payload for chunk in chunks if chunk.kind == b"IDAT")
    for start in range(0, len(packed), _BLOCK_BYTES):
        rest = packed[start : start + _BLOCK_BYTES]
        while rest and found <= expected and not unpacker.eof:
            try:
                found += len(unpacker.decompress(rest, 2**20))
            except zlib.error:
                refuse("the pixels of the PNG file cannot be unpacked")
            rest = unpacker.unconsumed_tail
        if (unpacker.eof and (rest or start + _BLOCK_BYTES < len(packed))) or found > expected:
            return False
    found += len(unpacker.flush())
    if found < expected:
        refuse("the PNG file holds fewer pixels than it states")
    # Behind the pixels there is room for anything, which every viewer ignores ("aCropalypse", CVE-2023-21036).
    return unpacker.eof and not unpacker.unused_data
