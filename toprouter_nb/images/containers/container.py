"""What a walk through an image file found.

Knows nothing of any format: the modules beside this one fill it in.
"""

import dataclasses
from typing import NoReturn

from ...errors import ImageError
from ..caps import CAPS

# The formats a model takes, by the name Pillow gives them.
MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclasses.dataclass(frozen=True, slots=True)
class Container:
    """An image file taken apart.

    Attributes
    ----------
    format
        "PNG", "JPEG", "WEBP", "GIF", which can be sent, or "TIFF", "BMP", "AVIF", which cannot.
    picture
        The same file with nothing in it but what the picture is drawn from, where `is_bare`.
    width, height
        In pixels, as the header states them; 0 where only a decoder can tell.
    extras
        What the file holds beside the picture, in words for people: "EXIF", "comment". None of it is in `picture`.
    orientation
        1 to 8, as EXIF counts; 1 is upright.
    profile
        The ICC colour profile; b"" when there is none.
    frames
        2 stands for "more than one"; `picture` draws the first.
    bits
        Per channel.
    is_lossy
        True where the pixels are not exactly what they once were, so that lossless encoding gains nothing.
    is_bare
        False where `picture` may hold more than the picture; it then has to be drawn again before it is sent.

    Examples
    --------
    >>> Container("PNG", b"...", 8, 8).media_type
    'image/png'
    """

    format: str
    picture: bytes = dataclasses.field(repr=False)
    width: int = 0
    height: int = 0
    extras: tuple[str, ...] = ()
    orientation: int = 1
    profile: bytes = dataclasses.field(default=b"", repr=False)
    frames: int = 1
    bits: int = 8
    is_lossy: bool = False
    is_bare: bool = True

    @property
    def media_type(self) -> str | None:
        """The type it is sent as; None for a format that cannot be sent."""
        return MEDIA_TYPES.get(self.format)


def refuse(what: str) -> NoReturn:
    """Refuse a file whose parts do not fit together; `what` is a clause that says how.

    Raises
    ------
    ImageError
        Always.

    Examples
    --------
    >>> refuse("its end is missing")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: The image is damaged or cut off: its end is missing. ...
    """
    message = f"The image is damaged or cut off: {what}. Save it again, or pass a whole copy."
    raise ImageError(message)


def check_pieces(count: int, most: int = CAPS.chunks) -> None:
    """Refuse a file made of more pieces than are walked through.

    Raises
    ------
    ImageError
        `count` is above `most` (kind `too_large`).

    Examples
    --------
    >>> check_pieces(12)
    """
    if count > most:
        message = (
            f"The image is made of more than {most:,} pieces, and no more are walked through. "
            "Save it again with another program."
        )
        raise ImageError(message, kind="too_large")


def in_words(extras: list[str], *, has_place: bool) -> tuple[str, ...]:
    """Return the names in the order they were met, each once; the place a photo was taken comes first.

    Examples
    --------
    >>> in_words(["EXIF", "text", "text"], has_place=True)
    ('the place it was taken', 'EXIF', 'text')
    """
    return tuple(dict.fromkeys([*(["the place it was taken"] if has_place else []), *extras]))
