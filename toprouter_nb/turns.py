"""One speaker's step in a conversation: a role and its parts.

Knows nothing of JSON, history or replies; what may become a part is decided in `images` and `frames`.
"""

import dataclasses
import numbers
from collections.abc import Generator, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal, get_args

from .errors import ParameterError
from .frames import is_frame, render_frame
from .parts import ImagePart, Part, TextPart
from .plain import render_plain, shorten

Role = Literal["system", "user", "assistant"]
_ROLES = get_args(Role)
_PARTS = frozenset((TextPart, ImagePart))


@dataclasses.dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's step: who speaks, and the parts said.

    Attributes
    ----------
    role
        "system", "user" or "assistant".
    parts
        At least one part, except in an assistant turn, which may be empty when the model said nothing.
        A list is kept as a tuple; a bare text becomes one `TextPart`.
    is_partial
        True where an answer was cut short and this is what had arrived.

    Raises
    ------
    ParameterError
        The role is no role, a part is no part, or a user or system turn has no parts.

    Examples
    --------
    >>> Turn("user", "Hello")
    Turn('user', 'Hello')
    """

    role: Role
    parts: tuple[Part, ...]
    is_partial: bool = False

    def __post_init__(self) -> None:
        """Check the role and the parts, and keep them as a tuple."""
        if self.role not in _ROLES:
            message = f"A turn's role is 'system', 'user' or 'assistant', not {shorten(repr(self.role), 60)}."
            raise ParameterError(message)
        if type(self.parts) is not tuple or not _PARTS.issuperset(map(type, self.parts)):
            # The one change a frozen value allows itself, before anybody has seen it.
            object.__setattr__(self, "parts", _read_parts(self.parts))
        if not self.parts and self.role != "assistant":
            message = f"A {self.role} turn needs at least one part."
            raise ParameterError(message)

    @property
    def text(self) -> str:
        """All text parts, a blank line between them, as a turn without images is sent; "" when there is none."""
        return "\n\n".join([part.text for part in self.parts if isinstance(part, TextPart)])

    @property
    def is_silent(self) -> bool:
        """Whether it is an answer without a word, which stays in the history and is not sent.

        A model may only have thought before it was cut short. Servers refuse empty messages, and would refuse every
        later question of such a conversation.
        """
        return self.role == "assistant" and not self.has_images and not self.text.strip()

    @property
    def has_images(self) -> bool:
        """Say whether there are image parts."""
        return ImagePart in map(type, self.parts)

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The image parts, in order."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart))

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        """Show the turn as a card in a notebook; its plain text is safe for a terminal."""
        from .render.cards import render_turn_card

        card = render_turn_card(self.role, self.parts, is_partial=self.is_partial)
        return {"text/plain": repr(self), "text/html": card}

    def __repr__(self) -> str:
        """Show the role, the beginning of the text, and the images."""
        shown: list[str] = [repr(shorten(render_plain(self.text[:61]), 60))] if self.text or not self.parts else []
        shown += [repr(part) for part in self.images]
        mark = ", is_partial=True" if self.is_partial else ""
        return f"Turn({self.role!r}, {', '.join(shown)}{mark})"


def part(source: object) -> Part:
    """Turn anything `ask` accepts into a part.

    Parameters
    ----------
    source
        A str (always text), a `TextPart` or `ImagePart`, a pandas DataFrame (becomes a text table), or anything
        `image()` takes: Path, bytes, PIL image, numpy array, matplotlib Figure.

    Raises
    ------
    ParameterError
        The source is of a kind that is never an image: a number, a list, a dict, a turn, None.
    ImageError
        The source is none of these, or the image cannot be read.
    """
    if isinstance(source, TextPart | ImagePart):
        return source
    if isinstance(source, str):
        return TextPart(source)
    if is_frame(source):
        return TextPart(render_frame(source))
    advice = _advice(source)
    if advice is not None:
        kind = type(source).__name__
        message = f"A turn is made of texts, images, figures and DataFrames, not of {kind}. {advice}"
        raise ParameterError(message)
    # Imported here: the readers of image formats are not needed for a conversation in words.
    from .images import image

    return image(source)


def _advice(source: object) -> str | None:
    """Say what to pass instead of what people pass as a part by mistake; None where it may be an image."""
    if isinstance(source, Turn):
        return "Pass its parts: *turn.parts."
    if isinstance(source, Mapping) or (isinstance(source, list) and source and isinstance(source[0], Mapping)):
        return "Pass a text, as json.dumps(...) makes one; a list of messages is for Conversation.from_messages(...)."
    if isinstance(source, list | tuple | AbstractSet | Generator):
        return "Pass its items one by one: *items."
    if source is None or isinstance(source, numbers.Number):
        return "Pass a text, as str(...) makes one."
    return "Pass its text: .text." if isinstance(getattr(source, "text", None), str) else None


def _read_parts(given: object) -> tuple[Part, ...]:
    """Make parts of whatever a turn was given as such."""
    # A text is iterable, too, and would become a part for each letter.
    pieces = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    parts = tuple(TextPart(piece) if isinstance(piece, str) else piece for piece in pieces)
    for piece in parts:
        if not isinstance(piece, TextPart | ImagePart):
            message = f"A turn holds TextPart and ImagePart, not {type(piece).__name__}. Build it with user(...)."
            raise ParameterError(message)
    return parts


def system(text: str) -> Turn:
    """Make a system turn, which sets how the model behaves.

    Raises
    ------
    ParameterError
        It is empty, or no text.

    Examples
    --------
    >>> system("You are terse.")
    Turn('system', 'You are terse.')
    """
    given: object = text
    if not isinstance(given, str | TextPart):
        message = f"The system message is a text, not {type(given).__name__}."
        raise ParameterError(message)
    return _turn("system", (text,))


def user(*sources: object) -> Turn:
    """Make a user turn from texts, images, figures and tables, in that order.

    Raises
    ------
    ParameterError
        Nothing, or only white space, is said and no image is there.

    Examples
    --------
    >>> from toprouter_nb import image
    >>> user("What is in this image?", image("https://example.com/image.jpg"))
    Turn('user', 'What is in this image?', ImagePart('https://example.com/image.jpg'))
    """
    return _turn("user", sources)


def assistant(text: str) -> Turn:
    """Make an assistant turn, for a history written by hand.

    Examples
    --------
    >>> assistant("A p-value is …")
    Turn('assistant', 'A p-value is …')
    """
    return _turn("assistant", (text,))


def _turn(role: Role, sources: tuple[object, ...]) -> Turn:
    turn = Turn(role, tuple(map(part, sources))) if sources else None
    if turn is None or not (turn.text.strip() or turn.has_images):
        message = f"The {role} message is empty. Say something, or add an image."
        raise ParameterError(message)
    return turn
