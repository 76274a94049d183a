"""The pieces a turn is made of: text and images, as values.

Knows nothing of files, pixels or JSON: `images` makes image parts, `wire` spells them.
"""

import dataclasses
import reprlib
from typing import ClassVar, Literal

from .errors import ImageError, ParameterError
from .plain import render_plain, shorten


@dataclasses.dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text.

    Attributes
    ----------
    text
        The text as written; may hold any character.

    Examples
    --------
    >>> TextPart("Hello")
    TextPart('Hello')
    """

    type: ClassVar[Literal["text"]] = "text"
    text: str

    def __post_init__(self) -> None:
        """Refuse what is no text."""
        # As an object: types say that it is a text, callers do not read types.
        given: object = self.text
        if not isinstance(given, str):
            message = f"A TextPart holds a text, not {type(given).__name__}."
            raise ParameterError(message)

    def __repr__(self) -> str:
        """Show the beginning and the end of the text."""
        return f"TextPart({reprlib.repr(render_plain(self.text[:200]))})"


@dataclasses.dataclass(frozen=True, slots=True)
class ImagePart:
    """An image: an address that is passed on, or bytes that are sent along. Made by `image()`.

    Attributes
    ----------
    url
        An `http(s)` address, sent as it is and never fetched here; None when `data` is there.
    data
        The encoded image file, exactly as it will be sent; None when `url` is there.
    media_type
        `image/png`, `image/jpeg`, `image/webp` or `image/gif`; None for an address.
    width, height
        In pixels; None for an address, and where only the bytes are known. Not compared: the bytes say it.
    note
        What was changed on the way in ("shrunk from 4000x3000"), for people; "" when nothing was. Not compared.

    Examples
    --------
    >>> ImagePart(url="https://example.com/image.jpg")
    ImagePart('https://example.com/image.jpg')
    """

    type: ClassVar[Literal["image"]] = "image"
    url: str | None = None
    data: bytes | None = dataclasses.field(default=None, repr=False)
    media_type: str | None = None
    width: int | None = dataclasses.field(default=None, compare=False)
    height: int | None = dataclasses.field(default=None, compare=False)
    note: str = dataclasses.field(default="", compare=False)

    def __post_init__(self) -> None:
        """Refuse a part that is neither an address nor data, or both."""
        if (self.url is None) == (self.data is None):
            message = "An ImagePart holds either a url or data. Make one with image(...)."
            raise ImageError(message)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        """Show the picture in a notebook, or a link to its address, which is never fetched."""
        from .render.cards import render_turn_part

        return {"text/plain": repr(self), "text/html": render_turn_part(self)}

    def __repr__(self) -> str:
        """Show the address, or the type, the size in pixels and the size in bytes."""
        if self.data is None:
            return f"ImagePart({shorten(render_plain(str(self.url)), 60)!r})"
        size = f"{self.width}x{self.height}, " if self.width else ""
        return f"ImagePart({self.media_type}, {size}{len(self.data):,} bytes)"


Part = TextPart | ImagePart

# What the makers of vision models agree on: OpenAI, Anthropic and Google all take these four, and few take more.
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
