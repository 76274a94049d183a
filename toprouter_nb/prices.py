"""What a model charges: token counts in, exact US dollars out.

Pure: knows nothing of where a list of prices comes from. The fields are those gateways put below `pricing`.
"""

import dataclasses
import datetime as dt
import decimal
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .amounts import EXACT, read_usd
from .usage import Usage

# In US dollars: for one token, one image, one request. What a list calls otherwise is not priced here.
_RATES = (
    *("prompt", "completion", "request", "image", "input_cache_read", "input_cache_write", "internal_reasoning"),
    *("input_cache_write_1h", "discount"),
)
# For prompts above a length, or between two hours of the day.
_CONDITIONS = ("min_prompt_tokens", "utc_start", "utc_end")
# A thousand dollars a token is a slip of the list, and would stop every budget.
_LARGEST_RATE_USD = 1000
_DAY_MINUTES = 24 * 60


class _UnusableError(Exception):
    """A price is there and cannot be used, so that no cost can be computed."""


@dataclasses.dataclass(frozen=True, slots=True)
class PriceSheet:
    """The prices of one model.

    Attributes
    ----------
    rates
        US dollars by the gateway's names: a token of the prompt and of the completion, an image, a request, ...
    overrides
        Other rates, each with the conditions under which they hold; where several do, the last one wins.

    Examples
    --------
    >>> sheet = price_sheet({"prompt": "0.000002", "completion": "0.00001"})
    >>> sheet.cost(Usage(prompt_tokens=1000, completion_tokens=100), images=0, at=dt.datetime.now(dt.UTC))
    Decimal('0.003000')
    """

    rates: Mapping[str, Decimal]
    overrides: tuple[tuple[Mapping[str, Any], Mapping[str, Decimal]], ...] = ()

    def cost(self, usage: Usage, *, images: int, at: dt.datetime) -> Decimal | None:
        """Compute what a call cost, exactly; None where a token count it needs was not reported.

        A rate of its own that is missing or 0 beside a price that is not (cached and written tokens, reasoning) is
        that of the prompt, or of the completion: lists write 0 where a model has no such price.

        Parameters
        ----------
        usage
            Of the call; cached tokens are inside the prompt's, reasoning tokens inside the completion's.
        images
            How many were sent.
        at
            When, in UTC: some prices depend on the hour.
        """
        prompt, completion = usage.prompt_tokens, usage.completion_tokens
        if prompt is None or completion is None:
            return None
        rates = self._rates_at(prompt, at)
        cached = min(usage.cached_tokens or 0, prompt)
        written = min(usage.cache_write_tokens or 0, prompt - cached)
        reasoning = min(usage.reasoning_tokens or 0, completion)
        with decimal.localcontext(EXACT):
            cost = rates["prompt"] * (prompt - cached - written) + rates["completion"] * (completion - reasoning)
            cost += _own(rates, "input_cache_read", "prompt") * cached
            cost += _own(rates, "input_cache_write", "prompt") * written
            cost += _own(rates, "internal_reasoning", "completion") * reasoning
            cost += rates.get("image", Decimal(0)) * images + rates.get("request", Decimal(0))
            return cost * (1 - rates.get("discount", Decimal(0)))

    def worst_usd(self, *, prompt_tokens: int, completion_tokens: int, images: int) -> Decimal:
        """Return the most a call could cost: each token at the highest rate it could have, no discount."""
        with decimal.localcontext(EXACT):
            prompt = max(self._highest("prompt"), self._highest("input_cache_write"))
            # A cache kept for an hour costs more to write; usage does not say which of the two it was.
            prompt = max(prompt, self._highest("input_cache_write_1h"))
            completion = max(self._highest("completion"), self._highest("internal_reasoning"))
            fixed = self._highest("image") * images + self._highest("request")
            return prompt * prompt_tokens + completion * completion_tokens + fixed

    @property
    def charges_images(self) -> bool:
        """Say whether each image has a price of its own."""
        return self._highest("image") > 0

    @property
    def is_free(self) -> bool:
        """Say whether nothing is charged, whatever is sent."""
        return self.worst_usd(prompt_tokens=1, completion_tokens=1, images=1) == 0

    def _rates_at(self, prompt_tokens: int, at: dt.datetime) -> dict[str, Decimal]:
        rates = dict(self.rates)
        for conditions, changed in self.overrides:
            if _holds(conditions, prompt_tokens, at):
                rates.update(changed)
        return rates

    def _highest(self, name: str) -> Decimal:
        found = [self.rates.get(name, Decimal(0)), *(changed.get(name, Decimal(0)) for _, changed in self.overrides)]
        return max(found)


def price_sheet(pricing: object) -> PriceSheet | None:
    """Read what a list says below `pricing`; None where a price is missing, varies, or cannot be understood.

    Examples
    --------
    >>> price_sheet({"prompt": "-1", "completion": "-1"}) is price_sheet({"prompt": "cheap"}) is price_sheet(None)
    True
    """
    if not isinstance(pricing, Mapping):
        return None
    try:
        rates = _read_rates(pricing)
        overrides = tuple(_read_override(entry) for entry in pricing.get("overrides") or ())
    except (_UnusableError, TypeError):
        return None
    return PriceSheet(rates, overrides) if {"prompt", "completion"} <= rates.keys() else None


def _read_rates(pricing: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: _rate(pricing[name]) for name in _RATES if pricing.get(name) is not None}


def _rate(value: object) -> Decimal:
    rate = read_usd(value, _LARGEST_RATE_USD)
    if rate is None:
        raise _UnusableError
    return rate


def _read_override(entry: object) -> tuple[Mapping[str, Any], Mapping[str, Decimal]]:
    if not isinstance(entry, Mapping):
        raise _UnusableError
    conditions = {name: entry[name] for name in _CONDITIONS if entry.get(name) is not None}
    if not conditions or ("utc_start" in conditions) != ("utc_end" in conditions):
        raise _UnusableError
    _holds(conditions, 0, dt.datetime.now(dt.UTC))  # whether they can be understood at all
    return conditions, _read_rates(entry)


def _holds(conditions: Mapping[str, Any], prompt_tokens: int, at: dt.datetime) -> bool:
    least = conditions.get("min_prompt_tokens", 0)
    if isinstance(least, bool) or not isinstance(least, int | float):
        raise _UnusableError
    if "utc_start" not in conditions:
        return prompt_tokens >= least
    start, end = _minutes(conditions["utc_start"]), _minutes(conditions["utc_end"])
    now = at.hour * 60 + at.minute
    # A window may lead over midnight.
    return prompt_tokens >= least and (now - start) % _DAY_MINUTES < ((end - start) % _DAY_MINUTES or _DAY_MINUTES)


def _minutes(value: object) -> int:
    """Read a time of day, "HH:MM" or an hour, as minutes after midnight."""
    hour, _, minute = str(value).partition(":")
    try:
        minutes = int(hour) * 60 + int(minute.partition(":")[0] or 0)
    except ValueError:
        raise _UnusableError from None
    if not 0 <= minutes <= _DAY_MINUTES:
        raise _UnusableError
    return minutes


def _own(rates: Mapping[str, Decimal], name: str, instead: str) -> Decimal:
    return rates.get(name) or rates[instead]
