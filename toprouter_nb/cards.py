"""What is known of a model before it is asked: a card, read from a gateway's list whatever its dialect.

Pure: knows nothing of networks, files or tables.
"""

import dataclasses
import json
import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from .amounts import EXACT, read_usd
from .errors import UnexpectedResponseError
from .plain import render_plain, shorten

# Bounds on what a list may make us keep; real lists have some hundred models, and contexts of some million tokens.
MAX_CARDS = 20_000
_ID = re.compile(r"[!-~]{1,300}")
_NAME_CHARACTERS = 200
_MAX_CONTEXT_TOKENS = 10**9
_MAX_USD_PER_TOKEN = 1
# OpenRouter's, Groq's, Mistral's and vLLM's; llama.cpp has it below `meta`.
_CONTEXT_FIELDS = ("context_length", "context_window", "max_context_length", "max_model_len")
_COMPLETION_FIELDS = ("max_completion_tokens", "max_output_length", "max_output_tokens")


@dataclasses.dataclass(frozen=True, slots=True)
class ModelCard:
    """One model of the list.

    Attributes
    ----------
    id
        What to pass as `model`.
    name
        For people; the id where the list has none.
    context_tokens
        Prompt and answer together, in tokens; None = not reported.
    takes_images
        Whether images may be sent; None = not reported.
    prompt_usd_per_million, completion_usd_per_million
        US dollars for a million tokens, images and tiers aside; 0 = free, None = not reported, or varying.
    supported_parameters
        Request options the model knows; None = not reported.
    is_local
        True where it runs on this machine.
    max_completion_tokens
        The longest answer it gives, in tokens; None = not reported.
    raw
        The row as the gateway sent it.

    Examples
    --------
    >>> ModelCard("any/model").takes_images is None
    True
    """

    id: str
    name: str = ""
    context_tokens: int | None = None
    takes_images: bool | None = None
    prompt_usd_per_million: Decimal | None = None
    completion_usd_per_million: Decimal | None = None
    supported_parameters: tuple[str, ...] | None = None
    is_local: bool = False
    max_completion_tokens: int | None = None
    raw: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False, compare=False)


class LocalModel(Protocol):
    """What a model of this machine says of itself."""

    @property
    def id(self) -> str:
        """The model id, "local/..."."""

    @property
    def name(self) -> str:
        """The name for people."""

    @property
    def context_tokens(self) -> int | None:
        """Prompt and answer together; None where it counts none."""

    @property
    def takes_images(self) -> bool:
        """Whether images may be sent."""


def local_card(model: LocalModel) -> ModelCard:
    """Make the card of a model that runs on this machine; it costs nothing."""
    free = Decimal(0)
    return ModelCard(model.id, model.name, model.context_tokens, model.takes_images, free, free, is_local=True)


def decode_listing(body: bytes) -> list[Any]:
    """Find the rows in a gateway's list: below `data` or `models`, or the list itself.

    Raises
    ------
    UnexpectedResponseError
        It is no JSON, or holds no list.

    Examples
    --------
    >>> decode_listing(b'{"object": "list", "data": [{"id": "a"}]}')
    [{'id': 'a'}]
    """
    try:
        listing = json.loads(body)
    except (ValueError, RecursionError):
        listing = None
    if isinstance(listing, Mapping):
        # The second is Ollama's own list and Google's.
        listing = listing.get("data", listing.get("models"))
    if not isinstance(listing, list):
        message = "What the gateway sent is no list of models."
        raise UnexpectedResponseError(message)
    return listing


def decode_cards(rows: Sequence[object]) -> tuple[tuple[ModelCard, ...], int]:
    """Read the rows of a model list.

    Never fails: a field that cannot be used is None, a row without a usable id is skipped, as is an id's second row.

    Parameters
    ----------
    rows
        As the gateway sent them; the minimal `{"id"}` of plain servers, or a full row with prices and modalities.

    Returns
    -------
    tuple
        The cards, at most 20,000, and how many rows were skipped.

    Examples
    --------
    >>> cards, skipped = decode_cards([{"id": "a/b", "pricing": {"prompt": "0.0000025"}}, {"name": "no id"}])
    >>> cards[0].prompt_usd_per_million, skipped
    (Decimal('2.5'), 1)
    """
    cards: dict[str, ModelCard] = {}
    for row in rows:
        card = _decode_card(row) if len(cards) < MAX_CARDS else None
        if card is not None:
            cards.setdefault(card.id, card)
    return tuple(cards.values()), len(rows) - len(cards)


def _decode_card(row: object) -> ModelCard | None:
    if not isinstance(row, Mapping) or not isinstance(row.get("id"), str) or not _ID.fullmatch(row["id"]):
        return None
    pricing = _mapping(row.get("pricing"))
    name = row.get("name")
    return ModelCard(
        id=row["id"],
        name=shorten(render_plain(name), _NAME_CHARACTERS) if isinstance(name, str) and name.strip() else row["id"],
        context_tokens=_context(row),
        takes_images=_takes_images(row),
        prompt_usd_per_million=_price(pricing.get("prompt")),
        completion_usd_per_million=_price(pricing.get("completion")),
        supported_parameters=_texts(row.get("supported_parameters")),
        max_completion_tokens=_max_completion(row),
        raw=row,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(render_plain(text) for text in value if isinstance(text, str))


def _context(row: Mapping[str, Any]) -> int | None:
    sizes = [row.get(name) for name in _CONTEXT_FIELDS]
    sizes += [_mapping(row.get("top_provider")).get("context_length"), _mapping(row.get("meta")).get("n_ctx_train")]
    return _first_size(sizes)


def _max_completion(row: Mapping[str, Any]) -> int | None:
    sizes = [_mapping(row.get("top_provider")).get("max_completion_tokens")]
    return _first_size(sizes + [row.get(name) for name in _COMPLETION_FIELDS])


def _first_size(sizes: Sequence[object]) -> int | None:
    for size in sizes:
        is_number = isinstance(size, int | float) and not isinstance(size, bool) and math.isfinite(size)
        if is_number and 0 < size <= _MAX_CONTEXT_TOKENS:  # type: ignore[operator] # it is a number
            return int(size)  # type: ignore[call-overload,no-any-return] # it is a number
    return None


def _takes_images(row: Mapping[str, Any]) -> bool | None:
    """Look where the dialects say it: a list of modalities, "text+image->text", or a list or map of capabilities."""
    architecture = _mapping(row.get("architecture"))
    capabilities = row.get("capabilities")
    modalities = _texts(architecture.get("input_modalities")) or _texts(row.get("input_modalities"))
    if modalities:
        return "image" in modalities
    if isinstance(architecture.get("modality"), str):
        return "image" in architecture["modality"].partition("->")[0]
    if isinstance(capabilities, Mapping) and isinstance(capabilities.get("vision"), bool):
        return bool(capabilities["vision"])
    if isinstance(capabilities, list) and capabilities:
        return not {"multimodal", "vision", "image"}.isdisjoint(_texts(capabilities) or ())
    return None


def _price(value: object) -> Decimal | None:
    """Turn dollars per token into dollars per million; negative (it varies), absurd or no number is None."""
    price = read_usd(value, _MAX_USD_PER_TOKEN)
    if price is None:
        return None
    # "1E+1" would be a poor way to show 10.
    return EXACT.add(EXACT.multiply(price, Decimal(1_000_000)).normalize(EXACT), Decimal(0))
