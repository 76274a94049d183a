"""What calls itself 95 % is 95 %: intervals and tests, tried on worlds whose truth is known."""

import itertools

import numpy as np
import pytest

from toprouter_nb.experiment.bootstrap import ratio_interval
from toprouter_nb.experiment.bradley_terry import fit_strengths
from toprouter_nb.experiment.difference import paired_difference
from toprouter_nb.experiment.interval import mean_interval
from toprouter_nb.experiment.student import t_quantile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]
RUNS = 20_000
# How likely each prompt is answered right, and the mean of that over all prompts there could be.
EASE = {
    "all alike": (lambda chance, size: np.full(size, 0.7), 0.7),
    "easy or hard": (lambda chance, size: np.where(chance.random(size) < 0.5, 0.2, 0.9), 0.55),
    "uniform": (lambda chance, size: chance.random(size), 0.5),
    "nearly known": (lambda chance, size: chance.beta(0.5, 0.5, size), 0.5),
    "rather easy": (lambda chance, size: chance.beta(3, 1, size), 0.75),
    "very easy": (lambda chance, size: chance.beta(9, 1, size), 0.9),
}
# Scores of other kinds, with their mean.
SCORES = {
    "normal": (lambda chance, size: chance.normal(0, 1, size), 0.0),
    "uniform": (lambda chance, size: chance.random(size), 0.5),
    "triangular": (lambda chance, size: chance.triangular(0, 0.9, 1, size), 1.9 / 3),
}


def share_covered(prompts, repeats, kind, seed):
    """Return how often the interval of right and wrong answers holds the truth."""
    draw, truth = EASE[kind]
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.arange(prompts), repeats)
    held = 0
    for _ in range(RUNS):
        ease = draw(chance, prompts)
        found = mean_interval(chance.random(len(labels)) < ease[labels], labels)
        held += found.low <= truth <= found.high
    return held / RUNS


@pytest.mark.parametrize(("prompts", "repeats", "kind"), list(itertools.product([50, 100, 200], [3, 5, 10], EASE)))
def test_intervals_of_shares_hold_the_truth(prompts, repeats, kind):
    """From 50 prompts on, with repeats: in 94 to 96 of 100 runs, whatever the prompts are like."""
    assert 0.94 <= share_covered(prompts, repeats, kind, seed=prompts + repeats) <= 0.96


@pytest.mark.parametrize(("repeats", "kind"), list(itertools.product([3, 10], EASE)))
def test_intervals_of_few_prompts_hold_the_truth(repeats, kind):
    """With 30 prompts in at least 93 of 100 runs."""
    assert share_covered(30, repeats, kind, seed=repeats) >= 0.93


@pytest.mark.parametrize(("prompts", "kind"), list(itertools.product([50, 200], EASE)))
def test_single_answers_are_as_good_as_whole_numbers_allow(prompts, kind):
    """One answer each can only give so many shares, so that Wilson's interval holds it in 93 to 97.5 of 100 runs."""
    assert 0.93 <= share_covered(prompts, 1, kind, seed=prompts) <= 0.975


@pytest.mark.parametrize(("prompts", "kind"), list(itertools.product([50, 200], SCORES)))
def test_intervals_of_scores_hold_the_truth(prompts, kind):
    """Scores of other kinds, in groups of two prompts that share something: in 94 to 96 of 100 runs."""
    draw, truth = SCORES[kind]
    chance = np.random.default_rng(prompts)
    labels = np.arange(prompts * 2)
    held = 0
    for _ in range(RUNS):
        shared = draw(chance, prompts)
        scores = (shared[labels // 2] + draw(chance, len(labels))) / 2
        found = mean_interval(scores, labels, labels // 2)
        held += found.low <= truth <= found.high
    assert 0.94 <= held / RUNS <= 0.96


@pytest.mark.parametrize("repeats", [1, 4])
def test_equal_models_are_rarely_separated(repeats):
    """Two models that are the same differ at the 5 % level in 4 to 5 of 100 runs, or in 4.5 to 5.5 with repeats."""
    chance = np.random.default_rng(repeats)
    labels = np.repeat(np.arange(100), repeats)
    rejected = 0
    for _ in range(RUNS):
        ease = chance.beta(1, 1, 100)[labels]
        sides = [((chance.random(len(labels)) < ease).astype(float), labels) for _ in range(2)]
        rejected += paired_difference(sides[0], sides[1]).p_value < 0.05
    low, high = (0.04, 0.05) if repeats == 1 else (0.045, 0.055)
    assert low <= rejected / RUNS <= high


def test_paired_differences_hold_the_truth():
    """The interval of a true difference of 10 points holds it in 94 to 96 of 100 runs."""
    chance = np.random.default_rng(9)
    labels = np.arange(200)
    held = 0
    for _ in range(RUNS):
        ease = chance.random(200) * 0.9
        sides = [((chance.random(200) < ease + extra).astype(float), labels) for extra in (0.1, 0.0)]
        found = paired_difference(sides[0], sides[1])
        held += found.low <= 0.1 <= found.high
    assert 0.94 <= held / RUNS <= 0.96


@pytest.mark.parametrize("prompts", [40, 80, 200])
def test_strengths_hold_the_truth(prompts):
    """Six models, all pairs on each prompt, moods of a model that last a prompt: in 94 to 96 of 100 runs."""
    chance = np.random.default_rng(prompts)
    truth = np.array([1.0, 0.6, 0.2, -0.2, -0.6, -1.0])
    first, second = np.triu_indices(6, 1)
    groups = np.repeat(np.arange(prompts), len(first))
    sides = np.tile(first, prompts), np.tile(second, prompts)
    wide = _fitted_truth(chance, truth)
    reach = t_quantile(0.95, prompts - 1)
    held = []
    for _ in range(3_000):
        fit = fit_strengths(*sides, _battles(chance, truth, prompts).ravel(), groups, 6)
        held.append(np.abs(fit.log_odds - wide) <= reach * np.sqrt(np.diag(fit.covariance)))
    assert 0.94 <= np.mean(held) <= 0.96


def _battles(chance, truth, prompts):
    moods = truth + chance.normal(0, 0.7, (prompts, 6))
    first, second = np.triu_indices(6, 1)
    gaps = moods[:, first] - moods[:, second]
    return (chance.random(gaps.shape) < 1 / (1 + np.exp(-gaps))).astype(float)


def _fitted_truth(chance, truth):
    """Return what a fit to endlessly many prompts gives: moods draw the strengths together a little."""
    first, second = np.triu_indices(6, 1)
    outcomes = np.mean([_battles(chance, truth, 100_000).mean(axis=0) for _ in range(10)], axis=0)
    return fit_strengths(first, second, outcomes, np.arange(len(first)), 6).log_odds


def test_costs_per_right_answer_hold_the_truth():
    """The bootstrap's interval holds the true ratio in 94 to 96 of 100 runs of 200 prompts."""
    chance = np.random.default_rng(200)
    held = 0
    for _ in range(RUNS):
        cost = chance.gamma(4, 0.25, 200)
        found = ratio_interval(cost, (chance.random(200) < 0.6).astype(float), np.arange(200), draws=1_000)
        held += found[1] <= 1 / 0.6 <= found[2]
    assert 0.94 <= held / RUNS <= 0.96
