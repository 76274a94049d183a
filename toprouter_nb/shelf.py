"""The public list of models as a table: fetched with the current settings, filtered, sorted.

Knows nothing of the list's format or of where it is kept.
"""

import math
import warnings
from decimal import Decimal

import pandas as pd

from .cards import ModelCard
from .catalogue import Catalogue
from .errors import ParameterError
from .listing import fetch_models
from .plain import shorten
from .settings import configure
from .tables import models_frame


def models(
    search: str | None = None,
    *,
    images: bool | None = None,
    max_usd_per_million: Decimal | float | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """List the models that can be asked: those of this machine first, then the gateway's, the cheapest answers first.

    The gateway's list is kept on disk for a day. Where it cannot be had the last one is used, or this machine's
    models only, and a warning says so.

    Parameters
    ----------
    search
        Words that shall all be in the id or the name; capitals do not matter.
    images
        True keeps models that take images, False those that take none; what is not reported is kept by neither.
    max_usd_per_million
        The most that a million tokens may cost, in and out, in US dollars; drops models without a price.
    refresh
        True asks the gateway now.

    Returns
    -------
    DataFrame
        The columns of `tables.models_frame`; `attrs["fetched_at"]` is the date of the gateway's list as ISO text, or
        None where there is none.

    Raises
    ------
    ParameterError
        An argument is of the wrong type, or a price below 0.
    SettingsError
        The configured address or key cannot be used.

    Examples
    --------
    >>> from toprouter_nb import configure, testing
    >>> with testing.ScriptedGateway([]) as gateway:
    ...     _ = configure(base_url=gateway.base_url)
    ...     models("scripted", images=True)["id"].tolist()
    ['scripted/vision']
    >>> _ = configure(base_url=None)
    """
    _check(search, images, max_usd_per_million)
    settings = configure()
    catalogue = Catalogue(lambda: fetch_models(settings), base_url=settings.base_url)
    cards = catalogue.cards(refresh=refresh)
    if catalogue.note:
        warnings.warn(catalogue.note, stacklevel=2)
    kept = [card for card in cards if _has_words(card, search or "")]
    if images is not None:
        kept = [card for card in kept if card.takes_images is images]
    if max_usd_per_million is not None:
        limit = Decimal(str(max_usd_per_million))  # as it is spelled
        kept = [card for card in kept if _costs_at_most(card, limit)]
    frame = models_frame(sorted(kept, key=_rank))
    frame.attrs["fetched_at"] = catalogue.fetched_at.isoformat() if catalogue.fetched_at else None
    return frame


def _check(search: object, images: object, price: object) -> None:
    if search is not None and not isinstance(search, str):
        message = f"`search` is a text, like 'gemini', not {type(search).__name__}."
        raise ParameterError(message)
    if images is not None and not isinstance(images, bool):
        message = f"`images` is True, False or None, not {shorten(repr(images), 60)}."
        raise ParameterError(message)
    if price is None:
        return
    if isinstance(price, bool) or not isinstance(price, int | float | Decimal) or math.isnan(price) or price < 0:
        message = f"`max_usd_per_million` is a number of US dollars, 0 or more, not {shorten(repr(price), 60)}."
        raise ParameterError(message)


def _has_words(card: ModelCard, search: str) -> bool:
    text = f"{card.id} {card.name}".casefold()
    return all(word in text for word in search.casefold().split())


def _costs_at_most(card: ModelCard, limit: Decimal) -> bool:
    # Both ways under the limit: a cheap prompt does not make up for a dear answer, nobody knowing their shares.
    prices = (card.prompt_usd_per_million, card.completion_usd_per_million)
    return all(price is not None and price <= limit for price in prices)


def _rank(card: ModelCard) -> tuple[bool, bool, Decimal, str]:
    # By what answers cost, which is most of a chat's bill; a price that is not known goes last, not first as 0 would.
    price = card.completion_usd_per_million
    return (not card.is_local, price is None, price or Decimal(0), card.id)
