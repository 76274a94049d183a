"""One prompt of a comparison: its id, what is said, the right answer, and the group it belongs to.

Knows nothing of where prompts come from, of models or of grids.
"""

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ParameterError
from ..plain import render_plain, shorten
from ..turns import Turn, system, user
from ..wire.request import turn_of

_ID_CHARACTERS = 200
_SLUG_CHARACTERS = 24


@dataclasses.dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    Attributes
    ----------
    id
        Unique among the prompts of a grid.
    turns
        What is sent: at least one turn, the last one a user's.
    reference
        The right answer, of any type; None where there is none.
    cluster
        The group of prompts that belong together, such as questions on one text; the prompt's own id otherwise.
    """

    id: str
    turns: tuple[Turn, ...]
    reference: Any = None
    cluster: str = ""

    @property
    def text(self) -> str:
        """The texts of the last turn."""
        return self.turns[-1].text


def read_turns(said: object, *, place: str) -> tuple[Turn, ...]:
    """Turn what stands in a prompt's cell into turns.

    Parameters
    ----------
    said
        A text; a `Turn`; or a sequence of turns or of message dicts (`{"role": ..., "content": ...}`).
    place
        How an error names the prompt, such as "Prompt 3".

    Raises
    ------
    ParameterError
        It is none of these, is empty, or does not end with a user's turn.

    Examples
    --------
    >>> read_turns("What is 2 + 2?", place="Prompt 1")
    (Turn('user', 'What is 2 + 2?'),)
    """
    turns = _turns(said, place)
    if not turns or turns[-1].role != "user":
        ending = f"ends with the {turns[-1].role}" if turns else "is empty"
        message = f"{place} {ending}. The last turn of a prompt is the user's."
        raise ParameterError(message)
    return turns


def content_id(turns: Sequence[Turn]) -> str:
    """Make an id of what is said, for prompts that bring none: the first words and eight digits of a hash.

    The same prompt has the same id wherever it stands in a list, so adding a prompt renames no other.

    Examples
    --------
    >>> content_id([user("What is 2 + 2?")])
    'what-is-2-2-2a4018e1'
    """
    words = re.sub(r"[^a-z0-9]+", "-", turns[-1].text[:200].lower()).strip("-")[:_SLUG_CHARACTERS].rstrip("-")
    return f"{words or 'prompt'}-{content_digest(turns).hex()[:8]}"


def content_digest(turns: Sequence[Turn]) -> bytes:
    """Return 16 bytes that stand for what the turns say, images included."""
    digest = hashlib.blake2b(digest_size=16)
    for turn in turns:
        for piece in (turn.role, *(_piece(part) for part in turn.parts), "end of turn"):
            # The length before each piece: without it "ab" + "c" and "a" + "bc" were the same.
            data = piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogatepass")
            digest.update(f"{len(data)}:".encode() + data)
    return digest.digest()


def check_id(value: object, *, place: str) -> str:
    """Check a prompt's id or cluster: a text of 1 to 200 printable characters; a whole number becomes its digits.

    Raises
    ------
    ParameterError
        It is anything else.
    """
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    text = str(value) if is_whole else value
    if isinstance(text, str) and 0 < len(text) <= _ID_CHARACTERS and text.isprintable() and text.strip() == text:
        return text
    shown = shorten(render_plain(repr(value)), 60)
    message = (
        f"{place} has the id {shown}. An id is a text of 1 to {_ID_CHARACTERS} printable characters, no outer spaces."
    )
    raise ParameterError(message)


def _turns(said: object, place: str) -> tuple[Turn, ...]:
    if isinstance(said, Turn):
        return (said,)
    if isinstance(said, str):
        if not said.strip():
            message = f"{place} is empty. Give each prompt a text, or leave the row out."
            raise ParameterError(message)
        return (user(said),)
    if isinstance(said, Sequence) and not isinstance(said, bytes | bytearray):
        return tuple(_turn(step, place) for step in said)
    message = f"{place} is a text, a Turn, or a list of turns or message dicts, not {type(said).__name__}."
    raise ParameterError(message)


def _turn(step: object, place: str) -> Turn:
    if isinstance(step, Turn):
        return step
    if isinstance(step, Mapping):
        try:
            return turn_of(dict(step))
        except ParameterError as error:
            message = f"{place}: {error}"
            raise ParameterError(message) from None
    message = f"{place}: a list of turns holds Turn or message dicts, not {type(step).__name__}."
    raise ParameterError(message)


def _piece(part: Any) -> str | bytes:
    if part.type == "text":
        return f"text {part.text}"
    return f"image {part.url}" if part.data is None else part.data


def with_system(turns: tuple[Turn, ...], text: str | None) -> tuple[Turn, ...]:
    """Put a system turn in front, where one is wanted and none is there."""
    return turns if text is None or turns[0].role == "system" else (system(text), *turns)
