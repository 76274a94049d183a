"""Paired differences, McNemar's test and Holm's correction are those of scipy and statsmodels."""

import itertools
import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.difference import holm, mcnemar, paired_difference

CHANCE = np.random.default_rng(30)
PROMPTS = [f"p{number}" for number in range(60)]


def test_the_paired_t_test_is_scipys():
    """One score each a prompt: estimate, interval and p value equal scipy's to 1e-12."""
    one, two = CHANCE.normal(0.3, 1, 60), CHANCE.normal(0, 1, 60)
    found = paired_difference((one, PROMPTS), (two, PROMPTS))
    expected = stats.ttest_rel(one, two)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()), rel=1e-12)
    assert (found.test, math.isnan(found.mcnemar_exact)) == ("paired t", True)
    assert found.wins == (one > two).sum()


def test_groups_of_prompts_widen_it():
    """With clusters the error is statsmodels' cluster-robust one, to 1e-10."""
    groups = dict(zip(PROMPTS, CHANCE.integers(0, 12, 60), strict=True))
    shift = CHANCE.normal(0, 1, 12)
    one = CHANCE.normal(0, 1, 60) + shift[list(groups.values())]
    two = CHANCE.normal(0, 1, 60)
    found = paired_difference((one, PROMPTS), (two, PROMPTS), groups)
    codes = np.array(list(groups.values()))
    fit = sm.OLS(one - two, np.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert found.standard_error == pytest.approx(float(fit.bse[0]), rel=1e-10)
    assert found.groups == len(set(codes.tolist()))


def test_pairing_is_by_prompt_whatever_the_order():
    """Rows in any order, repeats and prompts of only one side: the means of the prompts both have decide."""
    one = ([1, 0, 1, 1, math.nan], ["a", "a", "b", "c", "d"])
    two = ([1, 0, 0.5, 1], ["d", "b", "a", "e"])
    found = paired_difference(one, two)
    assert found.prompts == 2
    assert found.estimate == pytest.approx(((0.5 - 0.5) + (1 - 0)) / 2)
    assert (found.wins, found.ties, found.losses) == (1, 1, 0)


@pytest.mark.parametrize(("wins", "losses"), list(itertools.product([0, 1, 5, 40, 300], [0, 2, 6, 41])))
def test_mcnemar_is_statsmodels(wins, losses):
    """The exact p value equals statsmodels' to 1e-12, and mid-p its definition with scipy's binomial."""
    exact, middle = mcnemar(wins, losses)
    table = [[10, wins], [losses, 10]]
    assert exact == pytest.approx(reference_mcnemar(table, exact=True).pvalue if wins + losses else 1, rel=1e-12)
    if wins + losses:
        fewer, law = min(wins, losses), stats.binom(wins + losses, 0.5)
        assert middle == pytest.approx(min(1, 2 * law.cdf(fewer) - law.pmf(fewer)), rel=1e-9)


def test_mcnemar_takes_many_pairs():
    """Hundreds of thousands of pairs take no time, and as many wins as losses are p = 1."""
    assert mcnemar(100_000, 100_000) == (1, pytest.approx(1))
    assert 0 < mcnemar(50_500, 49_500)[0] < 0.01


def test_single_answers_get_mcnemar():
    """Answers right or wrong, one of each a prompt: mid-p decides; with repeats, or shared groups, the t test does."""
    one, two = [1, 1, 1, 0, 1, 1], [0, 1, 0, 0, 0, 0]
    names = PROMPTS[:6]
    single = paired_difference((one, names), (two, names))
    assert (single.test, single.p_value, single.mcnemar_exact) == (
        "McNemar mid-p",
        pytest.approx(0.0625),
        pytest.approx(0.125),
    )
    assert paired_difference((one * 2, names * 2), (two, names)).test == "paired t"
    shared = dict.fromkeys(names[:2], "x") | dict.fromkeys(names[2:], "y")
    assert paired_difference((one, names), (two, names), shared).test == "paired t"


def test_equal_models_are_not_separated():
    """No difference anywhere has p = 1."""
    same = paired_difference(([0.5, 0.7], ["a", "b"]), ([0.5, 0.7], ["a", "b"]))
    assert (same.estimate, same.p_value, same.low, same.high) == (0, 1, 0, 0)


@pytest.mark.parametrize("count", [2, 5, 6, 40])
def test_a_difference_without_spread_is_as_sure_as_its_prompts_are_many(count):
    """Where every prompt differs by just as much, p is the exact sign test's, and never 0 for two prompts."""
    names = [str(place) for place in range(count)]
    found = paired_difference(([0.7] * count, names), ([0.4] * count, names))
    assert (found.test, found.wins) == ("sign", count)
    assert found.p_value == pytest.approx(stats.binomtest(count, count).pvalue)


def test_nothing_in_common_is_no_difference():
    """Without a common prompt, or with one only, what cannot be said is missing."""
    apart = paired_difference(([1], ["a"]), ([1], ["b"]))
    assert apart.prompts == 0
    assert all(math.isnan(value) for value in (apart.estimate, apart.low, apart.p_value, apart.detectable))
    one = paired_difference(([1.0], ["a"]), ([0.5], ["a"]))
    assert one.estimate == 0.5
    assert math.isnan(one.low)
    assert math.isnan(one.p_value)


@pytest.mark.parametrize("size", [1, 2, 5, 30])
def test_holm_is_statsmodels(size):
    """Adjusted p values equal statsmodels' to 1e-12, ties and ones included."""
    values = np.round(CHANCE.random(size) ** 3, 2)
    expected = multipletests(values, method="holm")[1]
    assert holm(values) == pytest.approx(expected, rel=1e-12)


def test_holm_passes_over_what_was_not_tested():
    """A missing p value stays missing and makes the others no weaker."""
    found = holm([0.01, math.nan, 0.04])
    assert found[[0, 2]].tolist() == [0.02, 0.04]
    assert math.isnan(found[1])


def test_the_detectable_difference_is_honest():
    """Of true differences of that size about 8 in 10 are found."""
    zeros, prompts = np.zeros(80), np.arange(80)
    scores = CHANCE.normal(2.8 / math.sqrt(80), 1, (1_000, 80))
    found = [paired_difference((line, prompts), (zeros, prompts)) for line in scores]
    assert np.mean([one.detectable for one in found]) == pytest.approx(2.8 / math.sqrt(80), rel=0.02)
    assert np.mean([one.p_value < 0.05 for one in found]) == pytest.approx(0.8, abs=0.04)


def test_lengths_that_differ_are_refused():
    """Scores without a prompt are a typed error."""
    with pytest.raises(ParameterError, match="Scores and prompts have one entry a row each; their lengths differ"):
        paired_difference(([1, 2], ["a"]), ([1], ["a"]))
