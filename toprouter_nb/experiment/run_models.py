"""What is known of the models of a run before it begins: are they there, what do they cost, do they take a seed.

Knows nothing of cells. The gateway's list is fetched at most once a day, which is free.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal

from ..cards import ModelCard
from ..catalogue import Catalogue
from ..errors import ParameterError
from ..limits import check_usd
from ..listing import fetch_models
from ..lookup import check_model, find_card
from ..params import is_local_id
from ..plain import render_plain, shorten
from ..settings import Settings
from ..stage import STAGE
from .run_prices import Prices

GivenPrices = Mapping[str, tuple[float | Decimal, float | Decimal]]


@dataclasses.dataclass(frozen=True)
class KnownModels:
    """What is known of some models: their prices, and which take no seed."""

    prices: Prices
    unseeded: frozenset[str]


def look_up(models: Sequence[str], settings: Settings, given: GivenPrices | None = None) -> KnownModels:
    """Look models up in the gateway's list.

    Parameters
    ----------
    models
        Ids.
    settings
        Say where to ask.
    given
        Prices that go before the list's: US dollars per million tokens, (prompt, completion), by model.

    Raises
    ------
    UnknownModelError
        The list is there and does not hold a model.
    """
    catalogue = Catalogue(lambda: fetch_models(settings), base_url=settings.base_url)
    cards = catalogue.cards()
    for model in models:
        # What a lesson answers need not be in today's list.
        if is_local_id(model) or (catalogue.fetched_at is not None and not STAGE.is_offline):
            check_model(model, cards)
    # What the user says goes first: a list may be old, and a contract may be cheaper.
    own = [_priced(model, *prices) for model, prices in (given or {}).items()]
    others = [card for card in cards if card.id not in (given or {})]
    return KnownModels(Prices(models, [*own, *others]), _unseeded(models, cards))


def check_prices(given: object) -> dict[str, tuple[float | Decimal, float | Decimal]]:
    """Check prices by model.

    Raises
    ------
    ParameterError
        It is no dict of pairs of amounts.
    """
    checked = {}
    for model, prices in given.items() if isinstance(given, Mapping) else [("", given)]:
        if not isinstance(prices, tuple | list) or len(prices) != 2:  # noqa: PLR2004  # prompt and completion
            shown = shorten(render_plain(repr(prices)), 60)
            message = f"prices is a dict {{model: (prompt, completion)}} in US dollars per million tokens, not {shown}."
            raise ParameterError(message)
        for amount in prices:
            check_usd("a price", amount)
        checked[model] = (prices[0], prices[1])
    return checked


def _priced(model: str, prompt: float | Decimal, completion: float | Decimal) -> ModelCard:
    usd = Decimal(str(prompt)), Decimal(str(completion))
    return ModelCard(model, prompt_usd_per_million=usd[0], completion_usd_per_million=usd[1])


def _unseeded(models: Sequence[str], cards: Sequence[ModelCard]) -> frozenset[str]:
    found = {model: find_card(model, cards) for model in models}
    return frozenset(
        model
        for model, card in found.items()
        if card is not None and card.supported_parameters is not None and "seed" not in card.supported_parameters
    )
