"""Whole numbers that somebody passed."""

import numpy as np
import pytest

from toprouter_nb.errors import ParameterError
from toprouter_nb.whole import check_whole


def test_a_whole_number_of_any_library_is_one():
    """What numpy counted is taken as Python's own number, so that nothing further on meets another type."""
    found = check_whole("concurrency", np.int64(8), 1, 64)
    assert (found, type(found)) == (8, int)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, np.float64(1)])
def test_what_only_looks_like_one_is_refused(value):
    """Truth, fractions and digits in a text are no whole numbers."""
    with pytest.raises(ParameterError, match=r"^concurrency must be a whole number from 1 to 1,000, not "):
        check_whole("concurrency", value, 1, 1_000)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ((), "a whole number, not 'x'."),
        ((1,), "a whole number of 1 or more, not 'x'."),
        ((0, 9), "from 0 to 9, not 'x'."),
    ],
)
def test_the_message_says_the_bounds_there_are(bounds, said):
    """Whoever reads it knows what to pass."""
    with pytest.raises(ParameterError) as caught:
        check_whole("seed", "x", *bounds)
    assert str(caught.value).endswith(said)
