"""The most a call could cost, before it is sent: from its bytes, its options, and what its models charge.

Knows nothing of budgets. It sends nothing, but for the list of prices where that is not at hand.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .cards import ModelCard
from .catalogue import KnownList, ensure_list
from .plain import shorten
from .prices import price_sheet
from .wire.request import RequestBody

# An image is counted as so many tokens: more than the models in common use make of one.
IMAGE_TOKENS = 10_000
_NAME_CHARACTERS = 100
_ANSWER_LIMITS = ("max_tokens", "max_completion_tokens")


def worst_usd(body: RequestBody, model: str, base_url: str, fetch: Callable[[], bytes]) -> Decimal | str:
    """Return the most a call could cost in US dollars, or why that cannot be said.

    Each token of the prompt is at least one byte, so the bytes of the texts bound their number; an image counts as
    `IMAGE_TOKENS`. The answer is bounded by `max_tokens`, else by what the catalogue says of the model. Where other
    models may answer instead (`models`), the dearest of all counts.

    Parameters
    ----------
    body, model
        The request, and the model asked for.
    base_url
        The gateway, whose prices count.
    fetch
        Fetches its list of models; used only where no list of today is at hand.
    """
    known = ensure_list(base_url, fetch)
    others = body.options.get("models") or ()  # gateways fall back on these
    worst = Decimal(0)
    for name in (model, *(other for other in others if isinstance(other, str))):
        bound = _worst_of(known, name, body)
        if isinstance(bound, str):
            return bound
        worst = max(worst, bound)
    return worst


def _worst_of(known: KnownList | None, model: str, body: RequestBody) -> Decimal | str:
    card = known.cards.get(model) if known else None
    sheet = price_sheet(card.raw.get("pricing")) if card else None
    if card is None or sheet is None:
        return f"the price of {shorten(model, _NAME_CHARACTERS)} is not known"
    answer_tokens = _longest_answer(card, body.options)
    if answer_tokens is None and not sheet.is_free:
        return f"the longest answer of {shorten(model, _NAME_CHARACTERS)} is not known (give max_tokens)"
    images, text_bytes = body.measure()
    prompt_tokens = text_bytes + images * IMAGE_TOKENS
    return sheet.worst_usd(
        prompt_tokens=min(prompt_tokens, card.context_tokens or prompt_tokens),
        completion_tokens=answer_tokens or 0,
        images=images,
    )


def _longest_answer(card: ModelCard, options: Mapping[str, Any]) -> int | None:
    """Return how many tokens all answers of a call may have; None where nothing bounds them.

    Of two limits the higher counts: which of them a server heeds is not known.
    """
    asked = [options[name] for name in _ANSWER_LIMITS if isinstance(options.get(name), int)]
    tokens = max(asked, default=0) or card.max_completion_tokens or card.context_tokens
    answers = options.get("n", 1)
    return tokens * max(answers, 1) if tokens is not None and isinstance(answers, int) else None
