"""Walks through the segments of a JPEG file.

Knows nothing of other formats, and decodes no pixels.
"""

import dataclasses
import re
import struct

from ..caps import check_pixels
from .container import Container, check_pieces, in_words, refuse
from .exif import read_directory

SIGNATURE = b"\xff\xd8\xff"
_END = 0xD9
_SCAN = 0xDA
_ALONE = {0x01, *range(0xD0, 0xD9)}
# C0 to CF but for C4 (Huffman tables), C8 (kept for later) and CC (arithmetic coding).
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Tables, frames, restart intervals, scans and numbers of lines.
_DRAWN = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, _SCAN}
_COMMENT, _JFIF, _EXIF, _PROFILE, _ADOBE = 0xFE, 0xE0, 0xE1, 0xE2, 0xEE
# In a scan, FF 00 is the byte FF and FF D0 to FF D7 are restarts; FF FF is filling.
_MARKER = re.compile(rb"\xff++[^\xff]", re.DOTALL)
_IN_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_JFIF_BYTES, _ADOBE_BYTES = 14, 12
# What an application segment begins with, and what that is called.
_NAMES = (
    (_JFIF, b"JFIF\x00", ""),
    (_JFIF, b"JFXX\x00", "thumbnail"),
    (_EXIF, b"Exif\x00", "EXIF"),
    (_EXIF, b"http://ns.adobe.com/x", "XMP"),
    (_PROFILE, b"ICC_PROFILE\x00", "colour profile"),
    (_PROFILE, b"MPF\x00", "further images"),
    (0xED, b"Photoshop 3.0\x00", "IPTC"),
    (_ADOBE, b"Adobe", ""),
    (_COMMENT, b"", "comment"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class _Segment:
    marker: int
    payload: bytes
    scan: bytes = b""

    @property
    def drawn(self) -> bytes:
        """What the picture needs of this segment: all, a part or nothing."""
        payload = self.payload
        if self.marker == _JFIF and payload.startswith(b"JFIF\x00") and len(payload) >= _JFIF_BYTES:
            # Its last two bytes are the size of a thumbnail: none.
            payload = payload[: _JFIF_BYTES - 2] + b"\x00\x00"
        elif self.marker == _ADOBE and payload.startswith(b"Adobe") and len(payload) >= _ADOBE_BYTES:
            # Kept, since it says how the colours are coded: without it a CMYK photo comes out as its negative.
            payload = payload[:_ADOBE_BYTES]
        elif self.marker not in _DRAWN:
            return b""
        return struct.pack(">BBH", 0xFF, self.marker, len(payload) + 2) + payload + self.scan

    @property
    def name(self) -> str:
        """What the rest is called; "" when nothing is left over."""
        if self.marker in _DRAWN:
            return ""
        for marker, beginning, name in _NAMES:
            if marker == self.marker and self.payload.startswith(beginning):
                is_cut = not name and len(self.drawn) < len(self.payload) + 4
                return "thumbnail" if is_cut else name
        return "application data"


def read_jpeg(data: bytes) -> Container:
    """Take a JPEG file apart.

    Parameters
    ----------
    data
        Begins with the JPEG signature.

    Returns
    -------
    Container
        `picture` is the first picture only, where a camera put further ones behind it.

    Raises
    ------
    ImageError
        Segments are missing or cut, or the pixels are too many (kind `too_large`).

    References
    ----------
    ITU-T T.81, annex B; JFIF 1.02; ICC.1, annex B.4.

    Examples
    --------
    >>> read_jpeg(SIGNATURE)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: its segments do not follow one another, ...
    """
    segments, end = _segments(data)
    width, height = _size(segments)
    check_pixels(width, height)
    extras = [segment.name for segment in segments if segment.name]
    if end < len(data):
        extras.append("bytes after the image")
    exif = next(
        (one.payload for one in segments if one.marker == _EXIF and one.payload.startswith(b"Exif\x00\x00")), b""
    )
    directory = read_directory(exif)
    return Container(
        "JPEG",
        b"\xff\xd8" + b"".join(segment.drawn for segment in segments) + b"\xff\xd9",
        width,
        height,
        extras=in_words(extras, has_place=bool(directory and directory.has_place)),
        orientation=directory.orientation if directory else 1,
        profile=_profile(segments),
        is_lossy=True,
    )


def _segments(data: bytes) -> tuple[list[_Segment], int]:
    """Return the segments up to the end of the picture, and where that is."""
    position, segments = 2, list[_Segment]()
    while True:
        check_pieces(len(segments))
        marker, position = _marker(data, position)
        if marker == _END:
            return segments, position
        if marker in _ALONE:
            refuse("a marker of the JPEG file stands where none may be")
        end = position + int.from_bytes(data[position : position + 2])
        if end > len(data) or end < position + 2:
            refuse("a segment of the JPEG file is longer than the file")
        payload, position = data[position + 2 : end], end
        if marker == _SCAN:
            following = _IN_SCAN.search(data, end)
            if following is None:
                refuse("the end of the JPEG file is missing")
            position = following.start()
        segments.append(_Segment(marker, payload, data[end:position]))


def _marker(data: bytes, position: int) -> tuple[int, int]:
    """Return the marker at `position` and where its segment begins."""
    found = _MARKER.match(data, position)
    if found is None:
        refuse("its segments do not follow one another, or its end is missing")
    return data[found.end() - 1], found.end()


def _size(segments: list[_Segment]) -> tuple[int, int]:
    frames = [segment for segment in segments if segment.marker in _FRAMES]
    scans = [segment for segment in segments if segment.marker == _SCAN]
    if len(frames) != 1 or not scans or len(frames[0].payload) < 6:  # noqa: PLR2004  bits, height, width, components
        refuse("a JPEG file has one header and at least one scan")
    height, width = struct.unpack_from(">HH", frames[0].payload, 1)
    return width, height


def _profile(segments: list[_Segment]) -> bytes:
    """Join the numbered pieces of the colour profile."""
    beginning = b"ICC_PROFILE\x00"
    pieces = [
        one.payload[len(beginning) :]
        for one in segments
        if one.marker == _PROFILE and one.payload.startswith(beginning)
    ]
    # Each begins with its number and the count of all; a segment holds 64 KiB at most.
    return b"".join(piece[2:] for piece in sorted(pieces, key=lambda piece: piece[:1]))
