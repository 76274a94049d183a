"""What a call did cost: as the gateway billed it, else by its list of prices, else not known.

Knows nothing of budgets or the ledger, and fetches nothing: the list is the one that is kept.
"""

import datetime as dt
import functools
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from .prices import PriceSheet, price_sheet
from .usage import Usage

if TYPE_CHECKING:
    from .call_log import CostSource
    from .catalogue import KnownList


class Cost(NamedTuple):
    """What a call cost.

    Attributes
    ----------
    usd
        US dollars; None where that is not known.
    source
        Where the amount is from; as in `CallRow`.
    priced_at
        Seconds since the epoch at which the prices of a computed amount were fetched.
    """

    usd: Decimal | None = None
    source: "CostSource" = "unknown"
    priced_at: float | None = None


def find_cost(
    usage: Usage,
    *,
    served_model: str | None,
    model: str,
    base_url: str,
    count_images: Callable[[], int],
    started_at: float,
) -> Cost:
    """Find out what a call cost.

    Parameters
    ----------
    usage
        What it used, and perhaps what was billed.
    served_model, model
        Who answered, and who was asked: priced as the first, else as the second.
    base_url
        The gateway, whose list counts.
    count_images
        Counts the images that were sent; asked where they have a price.
    started_at
        Seconds since the epoch: prices may differ by the time of day.
    """
    if usage.cost_usd is not None:
        return Cost(usage.cost_usd, "billed")
    if usage.prompt_tokens is None:
        return Cost()
    known = _known_list()(base_url)
    sheet = _sheet(known, served_model) or _sheet(known, model)
    if known is None or sheet is None:
        return Cost()
    images = count_images() if sheet.charges_images else 0
    amount = sheet.cost(usage, images=images, at=dt.datetime.fromtimestamp(started_at, dt.UTC))
    return Cost() if amount is None else Cost(amount, "computed", known.fetched_seconds)


@functools.cache
def _known_list() -> "Callable[[str], KnownList | None]":
    """Return what finds a list of prices; imported here, for the catalogue brings the embedded server along."""
    from .catalogue import known_list

    return known_list


@functools.lru_cache(maxsize=256)  # every call asks, mostly for the same few models of one list
def _sheet(known: "KnownList | None", model: str | None) -> PriceSheet | None:
    """Return the prices of exactly this model: those of a variant ("model:free") are its own."""
    card = known.cards.get(model) if known and model else None
    return price_sheet(card.raw.get("pricing")) if card else None
