"""What can be chosen in a panel: models with what they cost and take, and the request options.

Knows cards of models and the options' names; nothing of the view.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..cards import ModelCard
from ..catalogue import Catalogue, known_cards
from ..conversation import Conversation
from ..errors import ParameterError, SettingsError
from ..listing import fetch_models
from ..settings import Settings, require_key
from ..stage import STAGE

# The options a person turns; others that were set in Python stay as they are.
_NUMBERS = {"temperature": float, "top_p": float, "max_tokens": int, "seed": int}
# More than any gateway has; a browser searches the whole list at each key.
MOST_MODELS = 1_000


def known_models(settings: Settings) -> list[list[str]]:
    """Return id and remark of each model that is known without asking the network, this machine's first."""
    return _spell(known_cards(settings.base_url))


def fetched_models(settings: Settings) -> list[list[str]]:
    """Do the same after asking the gateway, where its list is older than a day; [] where it may not be asked."""
    if STAGE.is_offline:
        return []
    try:
        keyed = require_key(settings, ask=False)
    except SettingsError:
        return []
    return _spell(Catalogue(lambda: fetch_models(keyed), base_url=keyed.base_url).cards())


def _spell(cards: Sequence[ModelCard]) -> list[list[str]]:
    return [[card.id, spell_card(card)] for card in cards[:MOST_MODELS]]


def spell_card(card: ModelCard) -> str:
    """Say in a few words what a model takes and costs.

    Examples
    --------
    >>> spell_card(ModelCard("any/model", takes_images=True, context_tokens=8192))
    'takes images, 8,192 tokens'
    """
    said = []
    if card.takes_images:
        said.append("takes images")
    if card.context_tokens is not None:
        said.append(f"{card.context_tokens:,} tokens")
    if card.is_local:
        said.append("on this machine, free")
    elif card.prompt_usd_per_million is not None and card.completion_usd_per_million is not None:
        said.append(f"${card.prompt_usd_per_million} in, ${card.completion_usd_per_million} out per million")
    return ", ".join(said)


def params_of(chat: Conversation) -> dict[str, str]:
    """Return the options that can be turned, as texts; "" where one is not set."""
    params = chat.params
    return {name: str(params.get(name, "")) for name in _NUMBERS} | {"system": chat.system or ""}


def set_params(chat: Conversation, given: Mapping[str, Any]) -> None:
    """Take options from the view; all of them or none.

    Raises
    ------
    ParameterError
        One is no number, or out of range.
    """
    params = {name: value for name, value in chat.params.items() if name not in _NUMBERS}
    for name, kind in _NUMBERS.items():
        text = str(given.get(name, "")).strip()
        if text:
            params[name] = _number(name, kind, text)
    chat.params = params
    system = str(given.get("system", "")).strip()
    chat.system = system or None


def _number(name: str, kind: type[float], text: str) -> float:
    try:
        return kind(text)
    except ValueError:
        message = f"`{name}` is a {'whole ' if kind is int else ''}number, not {text[:40]!r}."
        raise ParameterError(message) from None
