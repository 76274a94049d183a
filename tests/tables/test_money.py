"""Dollars add up to the last digit."""

import decimal
import random
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.tables.money import exact_usd, to_usd, whole_picodollars

# Of up to 15 significant digits, from a ten-billionth of a cent to more than anybody pays.
AMOUNTS = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places), st.integers(0, 10**15 - 1), st.integers(0, 18)
)


def column(amounts):
    """Make the column that a table would hold."""
    return pd.Series(pd.array([None if amount is None else float(amount) for amount in amounts], dtype="Float64"))


@given(st.lists(AMOUNTS, min_size=1, max_size=30))
def test_the_sum_is_that_of_the_decimals(amounts):
    """Whatever the amounts, as long as each has at most 15 digits, their sum is exact."""
    with decimal.localcontext(prec=100):
        total = sum(amounts, Decimal(0))
    assert exact_usd(column(amounts)) == total


def test_a_million_amounts_add_up_exactly():
    """Also where the sum of floats, or of 64-bit numbers, would have gone wrong."""
    chance = random.Random(1)
    amounts = [Decimal(chance.randrange(10**9)).scaleb(-10) for _ in range(200_000)]
    large = [Decimal("999.999999999999")] * 20_000
    assert exact_usd(column([*amounts, *large])) == sum([*amounts, *large])


def test_what_is_not_known_is_no_zero():
    """Missing amounts are left out; where none is known there is no sum."""
    assert exact_usd(column([None, "0.10", None])) == Decimal("0.1")
    assert exact_usd(column([None])) is None
    assert exact_usd(column([])) is None
    assert exact_usd(column([0])) == 0


@pytest.mark.parametrize("amounts", [["1e-13"], ["2000"], [1 / 3]])
def test_amounts_beyond_picodollars_are_added_as_they_are(amounts):
    """What is no whole number of picodollars, or a huge one, is not rounded."""
    assert whole_picodollars(column(amounts)) is None
    assert exact_usd(column(amounts)) == Decimal(repr(float(amounts[0])))


def test_picodollars_go_there_and_back():
    """Amounts survive the way to whole numbers and back, missing ones included."""
    amounts = column(["0.1", None, "0.000000000001"])
    assert to_usd(whole_picodollars(amounts)).tolist() == amounts.tolist()
