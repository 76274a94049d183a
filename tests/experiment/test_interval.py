"""Means and their intervals are those of scipy and statsmodels, and what is missing is never a zero."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.interval import clustered_mean, group_means, mean_interval
from toprouter_nb.experiment.student import t_p_value, t_quantile

CHANCE = np.random.default_rng(20)


def test_the_t_distribution_is_scipys():
    """Quantiles and p values equal scipy's to 1e-12."""
    for freedom in (1, 2, 9, 49, 1_000):
        for level in (0.8, 0.95, 0.99):
            assert t_quantile(level, freedom) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-12)
        for statistic in (0.0, 0.3, -2.5, 8.0):
            expected = 2 * stats.t.sf(abs(statistic), freedom)
            assert t_p_value(statistic, freedom) == pytest.approx(expected, rel=1e-12)


def test_scores_get_the_t_interval():
    """One score a prompt: scipy's interval of a mean, to 1e-12."""
    scores = CHANCE.normal(3, 2, 40)
    found = mean_interval(scores, np.arange(40))
    expected = stats.t.interval(0.95, 39, scores.mean(), stats.sem(scores))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)
    assert (found.method, found.rows, found.prompts, found.groups) == ("t, 39 df", 40, 40, 40)
    assert found.design_effect == pytest.approx(40 / 39)


@pytest.mark.parametrize(("right", "count"), [(0, 20), (7, 30), (30, 30), (55, 100)])
def test_shares_get_wilsons_interval(right, count):
    """One answer a prompt, right or wrong: statsmodels' interval of a proportion, to 1e-12."""
    scores = np.arange(count) < right
    found = mean_interval(scores, np.arange(count))
    assert (found.low, found.high) == pytest.approx(proportion_confint(right, count, 0.05, "wilson"), abs=1e-12)


def test_clustered_errors_are_those_of_statsmodels():
    """Prompts in groups of several sizes: the cluster-robust error of a regression on a constant, to 1e-10."""
    groups = np.repeat(np.arange(25), CHANCE.integers(1, 6, 25))
    scores = CHANCE.normal(0, 1, len(groups)) + CHANCE.normal(0, 1, 25)[groups]
    fit = sm.OLS(scores, np.ones(len(groups))).fit(cov_type="cluster", cov_kwds={"groups": groups})
    found = mean_interval(scores, np.arange(len(groups)), groups)
    assert found.standard_error == pytest.approx(float(fit.bse[0]), rel=1e-10)
    assert found.estimate == pytest.approx(float(fit.params[0]), rel=1e-12)
    assert found.groups == 25
    assert found.design_effect > 1.5


def test_each_prompt_counts_the_same():
    """The mean is over prompts, however many rows each has; labels may be of any kind."""
    found = mean_interval([1.0, 1.0, 1.0, 0.5, 0.2], ["a", "a", "a", "b", "c"])
    assert found.estimate == pytest.approx((1 + 0.5 + 0.2) / 3)
    assert found.prompts == 3


def test_repeats_widen_by_the_effective_number():
    """With repeats, Wilson's formula holds for the number of rows that would be as sure if independent."""
    prompts = np.repeat(np.arange(50), 10)
    scores = CHANCE.random(500) < np.repeat(CHANCE.beta(1, 1, 50), 10)
    found = mean_interval(scores, prompts)
    means = np.array([scores[prompts == p].mean() for p in range(50)])
    share, error = means.mean(), means.std(ddof=1) / math.sqrt(50)
    effective = share * (1 - share) / error**2
    reach = stats.t.ppf(0.975, 49)
    # Wilson's ends are the shares p with |share - p| = reach * sqrt(p (1 - p) / n).
    for end in (found.low, found.high):
        assert abs(share - end) == pytest.approx(reach * math.sqrt(end * (1 - end) / effective), rel=1e-9)
    assert found.method == f"Wilson, effective n {effective:.1f}"
    assert 50 < effective < 500


def test_missing_scores_are_left_out():
    """NaN is no zero: rows, prompts and the mean are those of what is there."""
    found = mean_interval([1, math.nan, 1, math.nan], ["a", "a", "b", "c"])
    assert (found.estimate, found.rows, found.prompts) == (1.0, 2, 2)


@pytest.mark.parametrize(
    ("scores", "prompts", "clusters", "method"),
    [
        ([], [], None, "none: no scores"),
        ([math.nan], ["a"], None, "none: no scores"),
        ([0.5, 0.7], ["a", "a"], None, "none: one group of prompts"),
        ([0.5, 0.7], ["a", "b"], ["x", "x"], "none: one group of prompts"),
    ],
)
def test_too_little_gives_no_interval(scores, prompts, clusters, method):
    """One group says nothing about others: the ends are missing, and why is said."""
    found = mean_interval(scores, prompts, clusters)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.method == method


def test_scores_without_spread_keep_a_doubt():
    """All right is not surely right; the same half-right prompts are no certainty either."""
    all_right = mean_interval(np.ones(60), np.repeat(np.arange(20), 3))
    assert all_right.high == 1
    assert all_right.low == pytest.approx(1 / (1 + stats.t.ppf(0.975, 19) ** 2 / 20))
    half = mean_interval([1, 0] * 20, np.repeat(np.arange(20), 2))
    assert 0.3 < half.low < 0.5 < half.high < 0.7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], ["a"]), "values, prompts and clusters have one entry a row each; their lengths differ."),
        (([math.inf], ["a"]), "A score is infinite. Scores are finite numbers, or missing."),
        (([1, 1], ["a", "a"], ["x", "y"]), "A prompt belongs to one cluster; one here belongs to two."),
    ],
)
def test_what_is_no_sample_is_refused(arguments, message):
    """Lengths that differ, infinite scores and prompts in two clusters are typed errors."""
    with pytest.raises(ParameterError) as caught:
        mean_interval(*arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize("level", [0.5, 1.0, 95, "0.95"])
def test_a_level_is_a_share(level):
    """A level that is none is refused with an example."""
    with pytest.raises(ParameterError, match=r"level is a number between 0.5 and 1, such as 0.95, not "):
        mean_interval([1, 0], ["a", "b"], level=level)


def test_means_keep_their_groups():
    """A prompt without a score has no mean, and the others keep their group."""
    means = group_means([1, math.nan, 3, 5], ["a", "b", "c", "c"], ["x", "y", "z", "z"])
    assert means.means.tolist() == [1, 4]
    assert means.groups.tolist() == [0, 1]
    assert clustered_mean(means)[0] == 2.5


def test_scipy_missing_is_said(monkeypatch):
    """Without scipy the message names the extra to install; Wilson's textbook interval needs none."""
    monkeypatch.setitem(__import__("sys").modules, "scipy", None)
    t_quantile.cache_clear()
    assert mean_interval([1, 0, 1], list("abc")).high > 0
    with pytest.raises(ParameterError) as caught:
        mean_interval([1, 0.5, 1], list("abc"))
    assert str(caught.value) == "Intervals and p values need scipy: pip install 'toprouter_nb[stats]'."
