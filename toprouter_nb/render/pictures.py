"""Images that arrive as bytes or as a `data:` address: shown only when the bytes are what they claim to be.

Reads the first bytes for the type and the size in pixels; never decodes a picture, never fetches one.
"""

import base64
import binascii
import re
import struct

# A page holds them as base64, and decodes them when they come into view.
PICTURE_BYTES = 8 * 2**20
PICTURE_PIXELS = 40_000_000
_DATA = re.compile(r"data:image/[a-z.+-]+;base64,([A-Za-z0-9+/]+={0,2})", re.IGNORECASE)
# A JPEG names its size in a frame header: the markers C0 to CF but for three that are tables.
_JPEG_MARK = 0xFF
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def media_type(data: bytes) -> str | None:
    """Name the type of an encoded picture by its content; None unless it is a PNG, JPEG, GIF or WebP within bounds.

    Examples
    --------
    >>> media_type(b"GIF89a" + bytes([4, 0, 2, 0])), media_type(b"<svg/>")
    ('image/gif', None)
    """
    if len(data) > PICTURE_BYTES:
        return None
    try:
        name, width, height = _header(data)
    except struct.error:
        return None
    return f"image/{name}" if 0 < width * height <= PICTURE_PIXELS else None


def data_address(data: bytes) -> str | None:
    """Return the picture as a `data:` address with its true type; None when it may not be shown."""
    found = media_type(data)
    return found and f"data:{found};base64,{base64.b64encode(data).decode('ascii')}"


def check_address(address: str) -> str | None:
    """Return a `data:` address rewritten from its checked bytes; None when it may not be shown.

    Examples
    --------
    >>> check_address("data:image/svg+xml;base64,PHN2Zy8+") is None
    True
    """
    match = _DATA.fullmatch(address)
    if match is None:
        return None
    try:
        return data_address(base64.b64decode(match[1], validate=True))
    except binascii.Error:
        return None


def _header(data: bytes) -> tuple[str, int, int]:
    """Return type, width and height; a size of 0 for what is none of the four types."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ("png", *struct.unpack_from(">II", data, 16))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return ("gif", *struct.unpack_from("<HH", data, 6))
    if data.startswith(b"\xff\xd8\xff"):
        return ("jpeg", *_jpeg_size(data))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ("webp", *_webp_size(data))
    return "", 0, 0


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk from marker to marker until the frame header."""
    place = 2
    while place + 4 <= len(data) and data[place] == _JPEG_MARK:
        if data[place + 1] in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        place += 2 + int(struct.unpack_from(">H", data, place + 2)[0])
    return 0, 0


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        low = struct.unpack_from("<IHBHB", data, 20)
        return low[1] + (low[2] << 16) + 1, low[3] + (low[4] << 16) + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
