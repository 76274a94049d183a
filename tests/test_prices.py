"""What a call costs, to the last digit, and what it could cost at most."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.prices import price_sheet
from toprouter_nb.usage import Usage

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
FULL = {
    "prompt": "0.000003",
    "completion": "0.000015",
    "request": "0.001",
    "image": "0.0048",
    "input_cache_read": "0.0000003",
    "input_cache_write": "0.00000375",
    "internal_reasoning": "0.00002",
    "web_search": "free of charge",
}


def cost(pricing, *, images=0, at=NOON, **usage):
    """Return what a call costs by a price list's own words."""
    known = {"prompt_tokens": 0, "completion_tokens": 0} | usage
    return price_sheet(pricing).cost(Usage(**known), images=images, at=at)


def test_every_kind_of_token_has_its_own_price():
    """Cached, written and reasoning tokens are taken out of prompt and completion and priced apart."""
    usage = {"prompt_tokens": 1000, "cached_tokens": 400, "cache_write_tokens": 100}
    usage |= {"completion_tokens": 200, "reasoning_tokens": 150}
    expected = (
        500 * Decimal("0.000003") + 400 * Decimal("0.0000003") + 100 * Decimal("0.00000375")
        + 50 * Decimal("0.000015") + 150 * Decimal("0.00002")
        + 2 * Decimal("0.0048") + Decimal("0.001")
    )  # fmt: skip
    assert cost(FULL, images=2, **usage) == expected


@pytest.mark.parametrize("named", [{}, {"input_cache_read": "0", "internal_reasoning": 0, "input_cache_write": None}])
def test_a_missing_price_of_its_own_is_the_ordinary_one(named):
    """Lists write 0 or nothing where a model has no such price: the tokens cost what the others do."""
    pricing = {"prompt": "0.001", "completion": "0.002"} | named
    usage = {"prompt_tokens": 10, "cached_tokens": 4, "completion_tokens": 5, "reasoning_tokens": 3}
    assert cost(pricing, **usage) == Decimal("0.020")


@pytest.mark.parametrize("missing", ["prompt_tokens", "completion_tokens"])
def test_a_count_that_was_not_reported_makes_the_cost_unknown(missing):
    """Unknown is None, never a cost without it."""
    assert cost(FULL, **{missing: None}) is None


def test_parts_larger_than_the_whole_do_no_harm():
    """A server that reports more cached than prompt tokens is charged for no negative ones."""
    usage = {"prompt_tokens": 10, "cached_tokens": 50, "cache_write_tokens": 50, "reasoning_tokens": 9}
    assert cost({"prompt": "1", "completion": "1", "input_cache_read": "0.5"}, **usage) == 5


@given(st.integers(0, 2**53), st.integers(0, 2**53), st.decimals("0.000000000001", 1, places=20))
def test_costs_are_exact(prompt, completion, rate):
    """No digit is lost, however large the counts and small the prices."""
    found = cost({"prompt": str(rate), "completion": "0"}, prompt_tokens=prompt, completion_tokens=completion)
    assert Fraction(found) == prompt * Fraction(rate)


def test_a_price_may_depend_on_the_size_of_the_prompt():
    """Above its bound the other price holds, for all tokens of the call; what it does not name stays."""
    pricing = {"prompt": "1", "completion": "2", "overrides": [{"min_prompt_tokens": 100, "prompt": "10"}]}
    assert cost(pricing, prompt_tokens=99, completion_tokens=1) == 101
    assert cost(pricing, prompt_tokens=100, completion_tokens=1) == 1002


@pytest.mark.parametrize(("hour", "expected"), [(1, 5), (4, 1), (12, 1), (22, 5), (23, 5)])
def test_a_price_may_depend_on_the_hour(hour, expected):
    """A window of UTC hours may lead over midnight; the last that holds wins."""
    windows = [{"utc_start": "22:00", "utc_end": "04:00", "prompt": p} for p in ("7", "5")]
    pricing = {"prompt": "1", "completion": "2", "overrides": windows}
    assert cost(pricing, prompt_tokens=1, at=NOON.replace(hour=hour)) == expected


def test_a_discount_is_taken_off():
    """The prices of the list are before it."""
    assert cost({"prompt": "1", "completion": "2", "discount": 0.25}, prompt_tokens=4) == 3


@pytest.mark.parametrize(
    "pricing",
    [
        *(None, "cheap", [], {}, {"prompt": "1"}, {"prompt": "-1", "completion": "-1"}),
        *({"prompt": "one dollar", "completion": "2"}, {"prompt": "nan", "completion": "2"}),
        *({"prompt": True, "completion": "2"}, {"prompt": "1", "completion": "1e9"}),
        *({"prompt": "1", "completion": "2", "image": "ask us"}, {"prompt": "1", "completion": "9" * 99}),
        *({"prompt": "1", "completion": "2", "overrides": [{"on_sundays": True, "prompt": "3"}]},),
        *({"prompt": "1", "completion": "2", "overrides": [{"utc_start": "noon", "utc_end": "4", "prompt": "3"}]},),
        *({"prompt": "1", "completion": "2", "overrides": 7}, {"prompt": "1", "completion": "2", "overrides": ["x"]}),
        *({"prompt": "1", "completion": "2", "overrides": [{"min_prompt_tokens": "many", "prompt": "3"}]},),
        *({"prompt": "1", "completion": "2", "overrides": [{"utc_start": "4", "prompt": "3"}]},),
    ],
)
def test_a_price_that_cannot_be_understood_is_none(pricing):
    """Text, a price that varies, a condition nobody knows: unknown, never a guess."""
    assert price_sheet(pricing) is None


def test_the_worst_case_bounds_every_cost():
    """Whatever the tokens are, and whenever: never more than the worst case of as many."""
    dear = {"min_prompt_tokens": 500, "completion": "0.00003"}
    sheet = price_sheet(FULL | {"discount": "0.5", "overrides": [dear]})
    worst = sheet.worst_usd(prompt_tokens=1000, completion_tokens=200, images=2)
    assert worst == 1000 * Decimal("0.00000375") + 200 * Decimal("0.00003") + 2 * Decimal("0.0048") + Decimal("0.001")
    usage = Usage(prompt_tokens=1000, cached_tokens=10, completion_tokens=200, reasoning_tokens=200)
    assert sheet.cost(usage, images=2, at=NOON) <= worst


def test_what_is_free_is_known_to_be():
    """A sheet of zeros is free, and one that only charges for pictures is not."""
    free = {"prompt": "0", "completion": "0"}
    assert (price_sheet(free).is_free, price_sheet(free | {"image": "1"}).is_free) == (True, False)
    assert (price_sheet(free).charges_images, price_sheet(free | {"image": "1"}).charges_images) == (False, True)
