"""Usage adds up without inventing numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.usage import Usage

COUNTS = st.none() | st.integers(0, 10**9)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.none() | st.decimals(0, 100, places=9))


def test_fields_add_one_by_one():
    """Counts and cost of two calls add field by field."""
    left = Usage(10, 5, 15, 4, 2, Decimal("0.001"))
    right = Usage(1, 2, 3, 0, 0, Decimal("0.0002"))
    assert left + right == Usage(11, 7, 18, 4, 2, Decimal("0.0012"))


def test_not_reported_is_not_zero():
    """A field stays None while nobody reported it, and a reported 0 stays 0."""
    assert Usage() + Usage() == Usage()
    assert Usage(prompt_tokens=0) + Usage() == Usage(prompt_tokens=0)
    assert (Usage(cost_usd=Decimal(0)) + Usage()).cost_usd == Decimal(0)


@given(st.lists(USAGES, min_size=1))
def test_sums_equal_the_sums_of_what_was_reported(usages):
    """`sum` of usages is, in each field, the sum of the reported values, and None where there are none."""
    total = sum(usages)
    for name in Usage.__dataclass_fields__:
        reported = [getattr(usage, name) for usage in usages if getattr(usage, name) is not None]
        assert getattr(total, name) == (sum(reported) if reported else None)


def test_only_usages_add():
    """Adding anything else is a TypeError, not a wrong total."""
    with pytest.raises(TypeError):
        Usage() + 1
    with pytest.raises(TypeError):
        1 + Usage()


def test_repr_shows_what_was_reported():
    """The repr names the reported fields only."""
    assert repr(Usage()) == "Usage()"
    assert repr(Usage(3, cost_usd=Decimal("0.10"))) == "Usage(prompt_tokens=3, cost_usd=0.10)"
