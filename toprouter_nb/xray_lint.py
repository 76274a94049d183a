"""What may go wrong with a request before it is sent: parameters that are ignored, images, a context that is full.

Pure: knows the request and the model's card; asks nobody.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from .cards import ModelCard
from .lookup import either, find_card, near_ids
from .params import is_local_id
from .parts import ImagePart
from .plain import render_plain, shorten

_LEVELS = ("error", "warning", "note")  # the order they are told in
# The fifth that is left is a margin, for the count is an estimate.
NEARLY_FULL = 0.8
# Most vision models shrink what is larger than this before they look at it, so it is only paid for and waited for.
USEFUL_SIDE_PIXELS = 2_048
HEAVY_BODY_BYTES = 20_000_000
# How lists name what a request spells otherwise.
_NAMES = {
    "response_format": ("response_format", "structured_outputs"),
    "max_tokens": ("max_tokens", "max_completion_tokens"),
}


class Finding(NamedTuple):
    """One remark of the lint.

    Attributes
    ----------
    level
        "error": the call will fail; "warning": it will not do what it seems to; "note": good to know.
    about
        What it is about: the name of a parameter, "model", "image", "context", "key", "body".
    text
        One or two sentences.
    """

    level: Literal["error", "warning", "note"]
    about: str
    text: str


def lint_request(
    *,
    model: str,
    options: Mapping[str, Any],
    images: Sequence[ImagePart],
    tokens: int,
    body_bytes: int,
    cards: Sequence[ModelCard],
    today: dt.date | None = None,
) -> tuple[Finding, ...]:
    """Look for what may go wrong; what is not known of a model is not held against the request.

    Parameters
    ----------
    model, options
        Of the request.
    images
        All in it.
    tokens
        An estimate of the prompt.
    body_bytes
        The size of the request.
    cards
        What is known of models.
    today
        For models about to go; None asks the clock.

    Examples
    --------
    >>> card = ModelCard("any/model", supported_parameters=("max_tokens",))
    >>> found = lint_request(model="any/model", options={"top_p": 1}, images=(), tokens=9, body_bytes=99, cards=[card])
    >>> found[0].level, found[0].about
    ('warning', 'top_p')
    """
    card = find_card(model, cards)
    found = [*_of_model(model, card, cards, today or dt.datetime.now(dt.UTC).date())]
    if card is not None:
        found += _of_options(card, options)
        found += _of_context(card, tokens, options.get("max_tokens"))
    found += _of_images(model, card, images)
    if body_bytes > HEAVY_BODY_BYTES:
        text = f"The request weighs {body_bytes / 1e6:.1f} MB; many servers take 20 MB. Send fewer or smaller images."
        found.append(Finding("warning", "body", text))
    return tuple(sorted(found, key=lambda finding: _LEVELS.index(finding.level)))


def _of_model(model: str, card: ModelCard | None, cards: Sequence[ModelCard], today: dt.date) -> Iterator[Finding]:
    if card is None:
        if any(not known.is_local for known in cards):
            near = near_ids(model, cards)
            hint = f" Did you mean {either(near)}?" if near else ""
            yield Finding("warning", "model", f"The gateway's list has no {shorten(model, 80)}.{hint}")
        elif not is_local_id(model):
            yield Finding("note", "model", "Nothing is known of this model: tr.models() fetches the gateway's list.")
        return
    end = _date(card.raw.get("expiration_date"))
    if end is not None:
        level: Literal["error", "warning"] = "error" if end < today else "warning"
        yield Finding(level, "model", f"The gateway's list says {card.id} is withdrawn on {end}.")


def _of_options(card: ModelCard, options: Mapping[str, Any]) -> Iterator[Finding]:
    known = card.supported_parameters
    for name in options if known is not None else ():
        if known is not None and not set(_NAMES.get(name, (name,))) & set(known):
            shown = shorten(render_plain(name), 60)
            text = f"By the gateway's list {card.id} does not know {shown}; gateways leave it out without a word."
            yield Finding("warning", shown, text)


def _of_context(card: ModelCard, tokens: int, reserved: int | None) -> Iterator[Finding]:
    window = card.context_tokens
    if window is None:
        return
    whole = tokens + (reserved or 0)
    kept = f" and {reserved:,} kept for the answer" if reserved else ""
    share = f"About {tokens:,} tokens{kept}, of {window:,} that {card.id} reads and writes together"
    if whole > window:
        yield Finding("error", "context", f"{share}: too many. Drop earlier turns, or lower max_tokens.")
    elif whole > NEARLY_FULL * window:
        yield Finding("warning", "context", f"{share}: {whole / window:.0%} full.")


def _of_images(model: str, card: ModelCard | None, images: Sequence[ImagePart]) -> Iterator[Finding]:
    if images and card is not None and card.takes_images is False:
        yield Finding("error", "image", f"{card.id} takes no images. tr.models(images=True) lists those that do.")
    if is_local_id(model) and any(image.url for image in images):
        yield Finding("error", "image", "A model of this machine fetches no addresses. Read the image from a file.")
    for image in images:
        longest = max(image.width or 0, image.height or 0)
        if longest > USEFUL_SIDE_PIXELS:
            size = f"{image.width}x{image.height} pixels, {len(image.data or b''):,} bytes"
            text = f"An image of {size} is larger than most models look at; tr.image(..., max_side=1024) shrinks it."
            yield Finding("warning", "image", text)


def _date(text: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
