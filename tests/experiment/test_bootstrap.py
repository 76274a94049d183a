"""Quantiles and ratios are those of the rows, with intervals of whole groups drawn again."""

import math
import time

import numpy as np
import pytest

from toprouter_nb.experiment.bootstrap import quantile_interval, ratio_interval

CHANCE = np.random.default_rng(40)


def test_quantiles_are_numpys():
    """The estimate is the inverse of the distribution function, as numpy computes it."""
    values = CHANCE.gamma(2, 1, 501)
    found = quantile_interval(values, np.arange(501), [0.01, 0.5, 0.9, 0.99], draws=1_000)
    expected = np.quantile(values, [0.01, 0.5, 0.9, 0.99], method="inverted_cdf")
    assert [value for value, _, _ in found] == expected.tolist()
    assert all(low <= value <= high for value, low, high in found)


def test_the_interval_is_that_of_a_plain_bootstrap():
    """Drawing groups with replacement by hand, and joining their rows, gives the same ends up to chance."""
    groups = np.repeat(np.arange(40), 5)
    values = CHANCE.gamma(2, 1, 200) * CHANCE.gamma(4, 0.25, 40)[groups]
    by_group = values.reshape(40, 5)
    drawn = [np.quantile(by_group[CHANCE.integers(0, 40, 40)].ravel(), 0.9) for _ in range(4_000)]
    expected = np.quantile(drawn, [0.025, 0.975])
    ((_, low, high),) = quantile_interval(values, groups, [0.9])
    assert (low, high) == pytest.approx(tuple(expected), rel=0.06)


def test_a_ratio_is_near_its_delta_method():
    """For many groups the ends are those of the usual approximation, within a few percent of the width."""
    cost, right = CHANCE.gamma(4, 1, 400), (CHANCE.random(400) < 0.6).astype(float)
    estimate, low, high = ratio_interval(cost, right, np.arange(400))
    assert estimate == pytest.approx(cost.sum() / right.sum())
    error = np.std(cost - estimate * right, ddof=1) / math.sqrt(400) / right.mean()
    assert (low, high) == pytest.approx((estimate - 1.96 * error, estimate + 1.96 * error), abs=0.4 * error)


def test_the_same_question_has_the_same_answer():
    """The seed is fixed, so that a table does not change when it is made again."""
    values = CHANCE.random(50)
    first, second = (ratio_interval(values, np.ones(50), np.arange(50)) for _ in range(2))
    assert first == second


def test_missing_values_are_left_out_and_nothing_is_nothing():
    """NaN is left out; no row, or one group, has no ends; none right costs infinitely much."""
    assert ratio_interval([1, math.nan, 3], [1, 5, 1], [0, 1, 2])[0] == 2
    assert all(math.isnan(value) for value in ratio_interval([], [], []))
    assert all(math.isnan(value) for value in quantile_interval([math.nan], [0], [0.5])[0])
    one, low, high = ratio_interval([1, 2], [1, 1], ["a", "a"])
    assert (one, math.isnan(low), math.isnan(high)) == (1.5, True, True)
    assert ratio_interval([1, 2], [0, 0], [0, 1])[0] == math.inf
    assert quantile_interval([1.0, 2.0], [0, 0], [0.5])[0][0] == 1.0


def test_many_rows_take_little_time():
    """A hundred thousand rows take less than ten seconds of one core."""
    values, groups = CHANCE.random(100_000), np.arange(100_000) // 10
    began = time.process_time()
    quantile_interval(values, groups, [0.5, 0.99])
    ratio_interval(values, values, groups)
    assert time.process_time() - began < 10
