"""What a call costs: at worst before it, from its token counts after it.

Knows nothing of limits. Whole numbers of 10**-9 US dollars; a price that is not known is None, never 0.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..cards import ModelCard
from ..errors import BudgetError
from ..lookup import find_card
from ..params import is_local_id
from ..reply import Reply
from ..turns import Turn
from .row import NANO, nano_usd

_MILLION = 10**6
# A token is at least one byte, and a message takes some tokens of its own.
_MESSAGE_TOKENS = 16
# No provider counts more for one picture of the sizes we send.
_IMAGE_TOKENS = 3_000
# Where no max_tokens bounds an answer, this much is set aside, or the longest answer seen.
UNBOUNDED_TOKENS = 4_096


@dataclasses.dataclass(frozen=True, slots=True)
class Price:
    """The price of a model, in 10**-9 US dollars for a million tokens."""

    prompt: int
    completion: int

    def cost(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Return what so many tokens cost, rounded up.

        Examples
        --------
        >>> Price(1_000_000_000, 2_000_000_000).cost(10, 5)
        20000
        """
        # Minus twice is rounding up in whole numbers: a cap that rounds down can be broken.
        return -(-(prompt_tokens * self.prompt + completion_tokens * self.completion) // _MILLION)


class Prices:
    """The prices of the models of a grid.

    Parameters
    ----------
    models
        Model ids.
    cards
        What the catalogue knows.

    Examples
    --------
    >>> from decimal import Decimal
    >>> prices = Prices(["a/b", "local/c"], [ModelCard("a/b", prompt_usd_per_million=Decimal(1),
    ...     completion_usd_per_million=Decimal(2))])
    >>> prices.of("a/b"), prices.of("local/c"), prices.of("x/y")
    (Price(prompt=1000000000, completion=2000000000), Price(prompt=0, completion=0), None)
    """

    def __init__(self, models: Iterable[str], cards: Iterable[ModelCard]) -> None:
        cards = list(cards)
        self._known = {model: _price(model, cards) for model in models}
        self._longest: dict[str, int] = {}
        # Where a server bills more than its list says, what is set aside grows with it.
        self._factor: dict[str, float] = {}

    def of(self, model: str) -> Price | None:
        """Return the price of a model; None = not known."""
        return self._known.get(model)

    def refuse_unpriced(self) -> None:
        """Refuse a cap on what has no price.

        Raises
        ------
        BudgetError
            A model's price is not known; the message names it.
        """
        unpriced = [model for model, price in self._known.items() if price is None]
        if unpriced:
            message = (
                f"budget_usd cannot be kept: the price of {', '.join(unpriced[:3])} is not known. Leave the model out, "
                "give its price with prices={model: (prompt, completion)} in US dollars per million tokens, or leave "
                "budget_usd out."
            )
            raise BudgetError(message)

    def worst(self, model: str, turns: Sequence[Turn], params: Mapping[str, Any]) -> int:
        """Return what a call can cost at most; 0 where the price is not known.

        A bound where the options hold `max_tokens`; without, the longest answer so far, at least 4,096 tokens.
        """
        price = self._known.get(model)
        if price is None:
            return 0
        answer = params.get("max_tokens") or max(UNBOUNDED_TOKENS, 2 * self._longest.get(model, 0))
        cost = price.cost(most_tokens(turns), int(answer) * int(params.get("n") or 1))
        return int(cost * self._factor.get(model, 1.0))

    def settle(self, reply: Reply, worst: int) -> tuple[int | None, str]:
        """Return what a reply cost and how that is known: "billed", "computed", "local" or "unknown"."""
        model, usage = reply.requested_model, reply.usage
        self._longest[model] = max(self._longest.get(model, 0), usage.completion_tokens or 0)
        if reply.cost_usd is not None:
            cost = nano_usd(reply.cost_usd)
            # The bound was broken, so the list is wrong for this model: from now on more is set aside.
            if worst and cost > worst:
                self._factor[model] = self._factor.get(model, 1.0) * cost / worst
            return cost, reply.cost_source
        price = self._known.get(model)
        if price is None or usage.prompt_tokens is None or usage.completion_tokens is None:
            return None, "unknown"
        return price.cost(usage.prompt_tokens, usage.completion_tokens), "computed"

    def table(self) -> dict[str, list[float] | None]:
        """Return the prices for the manifest: US dollars per million tokens, prompt and completion."""
        return {
            model: None if price is None else [price.prompt / NANO, price.completion / NANO]
            for model, price in self._known.items()
        }


def most_tokens(turns: Sequence[Turn]) -> int:
    """Return the most tokens a prompt can be.

    Examples
    --------
    >>> most_tokens([Turn("user", "Hi")])
    18
    """
    return sum(
        _MESSAGE_TOKENS + len(turn.text.encode("utf-8", "surrogatepass")) + _IMAGE_TOKENS * len(turn.images)
        for turn in turns
    )


def _price(model: str, cards: Sequence[ModelCard]) -> Price | None:
    if is_local_id(model):
        return Price(0, 0)
    card = find_card(model, cards)
    if card is None or card.prompt_usd_per_million is None or card.completion_usd_per_million is None:
        return None
    return Price(nano_usd(card.prompt_usd_per_million), nano_usd(card.completion_usd_per_million))
