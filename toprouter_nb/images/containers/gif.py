"""Walks through the blocks of a GIF file.

Knows nothing of other formats, and decodes no pixels.
"""

import struct

from ..caps import CAPS, check_pixels
from .container import Container, check_pieces, in_words, refuse

SIGNATURES = (b"GIF87a", b"GIF89a")
_SCREEN_BYTES = 13
_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
# How often an animation repeats; it tells of nobody.
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def read_gif(data: bytes) -> Container:
    """Take a GIF file apart.

    Parameters
    ----------
    data
        Begins with a GIF signature.

    Returns
    -------
    Container
        The `picture` of an animation is its first frame.

    Raises
    ------
    ImageError
        Blocks are missing or cut, they are too many, or the pixels are (kind `too_large`).

    References
    ----------
    GIF89a specification, sections 17 to 27.

    Examples
    --------
    >>> read_gif(b"GIF89a")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: the header of the GIF file is cut. ...
    """
    if len(data) < _SCREEN_BYTES:
        refuse("the header of the GIF file is cut")
    walk = _Walk(data)
    walk.run()
    if not walk.picture:
        refuse("the GIF file holds no whole image")
    screen = struct.unpack_from("<HH", data, 6)
    # Some files draw beyond their screen; decoders then enlarge it.
    width, height = (max(pair) for pair in zip(screen, walk.reach, strict=True))
    check_pixels(width, height)
    return Container(
        "GIF",
        data[: walk.screen_end] + walk.picture + bytes([_END]),
        width,
        height,
        extras=in_words(walk.extras, has_place=False),
        frames=walk.frames,
    )


class _Walk:
    """A walk from block to block: `run` once, then read what was found."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.screen_end = _SCREEN_BYTES + _table_bytes(data[10])
        self.picture = b""
        self.frames = 0
        self.extras: list[str] = []
        self.reach = (0, 0)
        self._control = b""
        self._blocks = 0

    def run(self) -> None:
        """Walk to the end of the file, or to where it is cut behind a whole image."""
        position = self.screen_end
        while position < len(self.data) and self.data[position] != _END:
            kind = self.data[position]
            if kind == _EXTENSION:
                position = self._extension(position)
            elif kind == _IMAGE:
                position = self._image(position)
            elif self.frames:
                break
            else:
                refuse("the blocks of the GIF file do not follow one another")
        if position + 1 < len(self.data):
            self.extras.append("bytes after the image")

    def _extension(self, start: int) -> int:
        end = self._skip(start + 2)
        label, begin = self.data[start + 1], self.data[start + 3 : start + 14]
        if label == _CONTROL:
            self._control = self.data[start:end]
        elif label == _COMMENT:
            self.extras.append("comment")
        elif label == _APPLICATION and begin == b"XMP DataXMP":
            self.extras.append("XMP")
        elif label != _APPLICATION or begin not in _LOOPS:
            self.extras.append("further blocks")
        return end

    def _image(self, start: int) -> int:
        if start + 11 > len(self.data):
            refuse("an image of the GIF file is cut")
        left, top, width, height, flags = struct.unpack_from("<HHHHB", self.data, start + 1)
        end = self._skip(start + 10 + _table_bytes(flags) + 1)
        self.frames += 1
        # The first frame is the picture, with the control block before it, which may say what is transparent.
        if not self.picture:
            self.picture = self._control + self.data[start:end]
            self.reach = (left + width, top + height)
        return end

    def _skip(self, position: int) -> int:
        """Return where the pieces that begin at `position` end."""
        while True:
            self._blocks += 1
            check_pieces(self._blocks, CAPS.blocks)
            if position >= len(self.data):
                refuse("a block of the GIF file is cut")
            length = self.data[position]
            position += 1 + length
            if length == 0:
                return position


def _table_bytes(flags: int) -> int:
    """Return how long the colour table is that a flags byte announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
