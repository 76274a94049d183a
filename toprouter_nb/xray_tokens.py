"""How many tokens a turn takes, roughly, without any model's tokenizer: always an estimate, and called one.

Pure: turns in, counts out.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Sequence

from .parts import ImagePart
from .plain import render_plain, shorten
from .turns import Turn

_BEGINNING_CHARACTERS = 80
# Rules of thumb that model makers give: four characters of English a token, a token for a Chinese character; other
# scripts lie between. Some tokens mark each turn, and an image costs by its area, up to a cap.
_ASCII_PER_TOKEN = 4
_OTHER_PER_TOKEN = 2
_TURN_TOKENS = 4
# Anthropic's rule: width times height by 750, up to 1,568 pixels a side.
_PIXELS_PER_TOKEN = 750
_MOST_IMAGE_TOKENS = 1_600
_USUAL_IMAGE_TOKENS = 1_000
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")


@dataclasses.dataclass(frozen=True, slots=True)
class TurnShare:
    """One turn's part of a request.

    Attributes
    ----------
    role
        Who speaks.
    beginning
        The first 80 characters of the text, safe to show.
    tokens
        An estimate, in tokens; images included.
    images
        How many are in it.
    image_bytes
        What they weigh on the wire, before base64 adds a third; addresses count 0.
    """

    role: str
    beginning: str
    tokens: int
    images: int = 0
    image_bytes: int = 0


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text.

    Examples
    --------
    >>> estimate_tokens("What is the capital of France?"), estimate_tokens("法国的首都是哪里")
    (8, 8)
    """
    ascii_count = len(text.encode("ascii", "ignore"))
    wide = len(_WIDE.findall(text)) if ascii_count < len(text) else 0
    rest = len(text) - ascii_count - wide
    return math.ceil(ascii_count / _ASCII_PER_TOKEN + wide + rest / _OTHER_PER_TOKEN)


def share_turns(turns: Sequence[Turn], hide: Callable[[str], str] = str) -> tuple[TurnShare, ...]:
    """Estimate every turn of a request; `hide` takes out of a text what may not be shown.

    Examples
    --------
    >>> share_turns([Turn("user", "Hello")])
    (TurnShare(role='user', beginning='Hello', tokens=6, images=0, image_bytes=0),)
    """
    return tuple(_share(turn, hide) for turn in turns)


def _share(turn: Turn, hide: Callable[[str], str]) -> TurnShare:
    images = turn.images
    # First hidden, then cut: half a key would not be found any more.
    beginning = render_plain(hide(turn.text)[: 2 * _BEGINNING_CHARACTERS]).replace("\n", " ")
    return TurnShare(
        role=turn.role,
        beginning=shorten(beginning, _BEGINNING_CHARACTERS),
        tokens=_TURN_TOKENS + estimate_tokens(turn.text) + sum(map(_image_tokens, images)),
        images=len(images),
        image_bytes=sum(len(image.data or b"") for image in images),
    )


def _image_tokens(image: ImagePart) -> int:
    if not image.width or not image.height:
        return _USUAL_IMAGE_TOKENS
    return min(math.ceil(image.width * image.height / _PIXELS_PER_TOKEN), _MOST_IMAGE_TOKENS)
