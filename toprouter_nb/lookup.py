"""Finds a model among cards: by its id, by what an id looks like, by what the model takes.

Pure: knows nothing of where the cards come from.
"""

import difflib
from collections.abc import Iterable, Sequence

from .cards import ModelCard
from .errors import ImageError, UnknownModelError
from .params import is_local_id
from .plain import shorten

_ID_CHARACTERS = 200
# As in `difflib.get_close_matches`; below it the ids have little but their length in common.
_NEAR = 0.6
_EXAMPLES = 3


def find_card(model_id: str, cards: Iterable[ModelCard]) -> ModelCard | None:
    """Find the card of an id, or of the model it is a variant of (what follows a colon); None where there is none."""
    by_id = {card.id: card for card in cards}
    return by_id.get(model_id) or by_id.get(model_id.partition(":")[0])


def check_model(model_id: str, cards: Sequence[ModelCard]) -> ModelCard | None:
    """Find a model's card, or say which ids look like it.

    A variant ("maker/model:free") passes with the card of its model where it has none of its own. Where the gateway's
    list is not known, every id that is not local passes.

    Returns
    -------
    ModelCard or None
        None where the gateway's list is not known.

    Raises
    ------
    UnknownModelError
        The list is known, and the model is not in it.

    Examples
    --------
    >>> check_model("any/model", [])
    >>> check_model("any/model", [ModelCard("any/model")]).id
    'any/model'
    """
    found = find_card(model_id, cards)
    is_listed = any(card.is_local == is_local_id(model_id) for card in cards)
    if found is not None or not is_listed:
        return found
    near = near_ids(model_id, cards)
    hint = f"Did you mean {either(near)}?" if near else "models() lists them all, models('part of a name') finds one."
    message = f"There is no model {shorten(model_id, 100)!r}. {hint}"
    raise UnknownModelError(message)


def check_images(model_id: str, cards: Sequence[ModelCard]) -> None:
    """Refuse images for a model whose card says it takes none; what is not known passes.

    Raises
    ------
    ImageError
        The model takes no images; the message names some that do, of this machine first.

    Examples
    --------
    >>> check_images("any/model", [ModelCard("any/model", takes_images=True)])
    """
    card = find_card(model_id, cards)
    if card is None or card.takes_images is not False:
        return
    able = sorted((other for other in cards if other.takes_images), key=lambda other: not other.is_local)
    others = [other.id for other in able[:_EXAMPLES]]
    hint = f"These do: {', '.join(others)}." if others else "models(images=True) lists those that do."
    message = f"{card.id} takes no images. {hint}"
    raise ImageError(message)


def near_ids(model_id: str, cards: Iterable[ModelCard]) -> list[str]:
    """Find up to three ids that look like `model_id`, the nearest first; the part before the "/" may be missing.

    Examples
    --------
    >>> near_ids("gemini-3.5-flsh", [ModelCard("google/gemini-3.5-flash"), ModelCard("other/one")])
    ['google/gemini-3.5-flash']
    """
    wanted = shorten(model_id, _ID_CHARACTERS).lower()
    tail = wanted.rpartition("/")[2]

    def likeness(card: ModelCard) -> float:
        known = card.id.lower()
        # A matching name counts a little less than a matching whole id, so that the same maker's comes first.
        return max(_ratio(wanted, known), 0.95 * _ratio(tail, known.rpartition("/")[2]))

    scored = sorted(((likeness(card), card.id) for card in cards), key=lambda pair: (-pair[0], pair[1]))
    return [known for score, known in scored[:_EXAMPLES] if score >= _NEAR]


def _ratio(left: str, right: str) -> float:
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    # The cheap upper bound first: most ids are nothing like it.
    return matcher.ratio() if matcher.quick_ratio() >= _NEAR else 0.0


def either(ids: Sequence[str]) -> str:
    """Return ids as the end of a question, at least one of them.

    Examples
    --------
    >>> either(["a/one", "a/two", "b/three"])
    'a/one, a/two or b/three'
    """
    return " or ".join(filter(None, (", ".join(ids[:-1]), ids[-1])))
