"""Tells what a file is by its first bytes, and hands it to the walk of its format.

Knows nothing of file names: what a file is called does not matter.
"""

import re
from collections.abc import Callable

from ...errors import ImageError
from ..caps import check_file_bytes
from . import gif, jpeg, png, webp
from .container import Container
from .convertible import read_avif, read_bmp, read_tiff

_HEAD_BYTES = 1_024
_PIXELS = "Convert it to PNG or JPEG, or open it with a package that reads it and pass the pixels."
# What is refused by name: how it begins, what it is called, what to do.
_REFUSED: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        re.compile(rb"<(?:!doctype )?html|<head|<body", re.IGNORECASE),
        "a web page",
        "Save the image itself and pass that.",
    ),
    (re.compile(rb"<(?:\?xml|svg|!)", re.IGNORECASE), "an SVG or XML drawing", "Draw it as PNG and pass that."),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "a PostScript drawing", "Draw it as PNG and pass that."),
    (re.compile(rb"%PDF-"), "a PDF document", "Export the page as PNG and pass that."),
    (re.compile(rb"....ftyp(?:hei|hev|mif1|msf1)", re.DOTALL), "a HEIC photo", _PIXELS),
    (re.compile(rb"\x00{3}\x0cJXL |\xff\x0a"), "a JPEG XL image", _PIXELS),
    (re.compile(rb"\x00{3}\x0cjP  |\xff\x4f\xff\x51"), "a JPEG 2000 image", _PIXELS),
    (re.compile(rb"\x00\x00\x01\x00"), "an icon file", _PIXELS),
    (re.compile(rb"8BPS"), "a Photoshop file", _PIXELS),
    (re.compile(rb"PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ"), "an archive", "Unpack it and pass the image."),
)
# A BMP file begins with only two letters; the length of its second header makes it sure.
_BMP = re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00{3}", re.DOTALL)
_AVIF = re.compile(rb"....ftypavi[fs]", re.DOTALL)
_TIFF = re.compile(rb"II\*\x00|MM\x00\*")
_WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
_READERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Container]], ...] = (
    (re.compile(re.escape(png.SIGNATURE)), png.read_png),
    (re.compile(re.escape(jpeg.SIGNATURE)), jpeg.read_jpeg),
    (re.compile(b"|".join(gif.SIGNATURES)), gif.read_gif),
    (_WEBP, webp.read_webp),
    (_TIFF, read_tiff),
    (_BMP, read_bmp),
    (_AVIF, read_avif),
)


def read_container(data: bytes) -> Container:
    """Take an image file apart, whatever it is called.

    Parameters
    ----------
    data
        A whole file.

    Raises
    ------
    ImageError
        It is empty or too large, or of a format that is not read; the message says which and what to do.

    Examples
    --------
    >>> read_container(b"Hello")
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is a text, not an image. Pass a PNG, JPEG, WebP or GIF file.
    """
    check_file_bytes(len(data))
    for beginning, read in _READERS:
        if beginning.match(data):
            return read(data)
    head = data[:_HEAD_BYTES]
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, what, advice in _REFUSED:
        if beginning.match(head) or beginning.match(bare):
            message = f"The image is {what}, which cannot be sent. {advice}"
            raise ImageError(message)
    what = "a text, not an image" if _is_text(head) else "of a format that is not read here"
    message = f"The image is {what}. Pass a PNG, JPEG, WebP or GIF file."
    raise ImageError(message)


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", "ignore")
    # Three bytes may be missing: the head can end in the middle of a character.
    return len(text.encode()) + 3 >= len(head) and all(
        character.isprintable() or character in "\t\n\r\f" for character in text
    )
