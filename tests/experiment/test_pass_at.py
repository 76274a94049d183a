"""pass@k equals full enumeration, and has no bias where the plug-in has."""

import itertools
import math

import numpy as np
import pytest

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.pass_at import pass_at_k


@pytest.mark.parametrize(("n", "k"), list(itertools.product([1, 4, 9], [1, 2, 3])))
def test_it_is_full_enumeration(n, k):
    """The share of all choices of k answers that hold a right one, to 1e-12; too few answers have none."""
    for right in range(n + 1):
        choices = list(itertools.combinations(range(n), k))
        found = pass_at_k([n], [right], k)[0]
        if not choices:
            assert math.isnan(found)
        else:
            assert found == pytest.approx(sum(min(c) < right for c in choices) / len(choices), abs=1e-12)


def test_it_has_no_bias():
    """From 10 answers at 0.2, pass@3 is 0.488 on average; the plug-in says 0.450."""
    right = np.random.default_rng(50).binomial(10, 0.2, 200_000)
    assert pass_at_k(np.full(200_000, 10), right, 3).mean() == pytest.approx(1 - 0.8**3, abs=0.002)
    assert (1 - (1 - right / 10) ** 3).mean() == pytest.approx(0.45, abs=0.002)


@pytest.mark.parametrize(("counts", "right", "k"), [([2], [3], 1), ([2], [-1], 1), ([2, 2], [1], 1), ([2], [1], 0)])
def test_impossible_counts_are_refused(counts, right, k):
    """More right than there are, lengths that differ, or k below 1 are typed errors."""
    with pytest.raises(ParameterError):
        pass_at_k(counts, right, k)


def test_nothing_is_nothing():
    """No prompt has no chance."""
    assert pass_at_k([], [], 1).tolist() == []
