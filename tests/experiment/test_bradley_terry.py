"""Strengths are those of an independent fit; their covariance is the clustered sandwich of statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.bradley_terry import RIDGE, fit_strengths


def battles(models=5, prompts=60, seed=60):
    """Make comparisons of all pairs on each prompt, with a noise that a prompt's comparisons share."""
    chance = np.random.default_rng(seed)
    first, second = np.triu_indices(models, 1)
    noise = chance.normal(0, 0.8, (prompts, models)) + np.linspace(1, -1, models)
    gaps = noise[:, first] - noise[:, second]
    outcomes = (chance.random(gaps.shape) < 1 / (1 + np.exp(-gaps))).astype(float)
    outcomes[chance.random(gaps.shape) < 0.1] = 0.5
    groups = np.repeat(np.arange(prompts), len(first))
    return np.tile(first, prompts), np.tile(second, prompts), outcomes.ravel(), groups, models


def design(first, second, models):
    """Return the matrix of a regression without the last model, which is 0."""
    matrix = np.zeros((len(first), models))
    matrix[np.arange(len(first)), first] = 1
    matrix[np.arange(len(first)), second] -= 1
    return matrix[:, :-1]


def test_it_is_an_independent_fit():
    """A general optimizer on the same likelihood finds the same strengths to 1e-6."""
    first, second, outcomes, groups, models = battles()
    fit = fit_strengths(first, second, outcomes, groups, models)

    def loss(strengths):
        gap = strengths[first] - strengths[second]
        return (np.logaddexp(0, gap) - outcomes * gap).sum() + RIDGE / 2 * strengths @ strengths

    found = optimize.minimize(loss, np.zeros(models), method="BFGS", options={"gtol": 1e-9}).x
    assert fit.log_odds == pytest.approx(found - found.mean(), abs=1e-6)
    assert fit.log_odds.sum() == pytest.approx(0, abs=1e-12)


def test_its_errors_are_those_of_a_clustered_regression():
    """Differences to one model have the cluster-robust errors of a logistic regression, to 0.1 %."""
    first, second, outcomes, groups, models = battles()
    fit = fit_strengths(first, second, outcomes, groups, models)
    regression = sm.GLM(outcomes, design(first, second, models), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    gaps = fit.log_odds[:-1] - fit.log_odds[-1]
    last = fit.covariance[-1, -1]
    errors = [np.sqrt(fit.covariance[m, m] + last - 2 * fit.covariance[m, -1]) for m in range(models - 1)]
    assert gaps == pytest.approx(regression.params, abs=1e-4)
    assert np.array(errors) == pytest.approx(regression.bse * np.sqrt(60 / 59), rel=1e-3)


def test_ties_are_half_wins():
    """As many ties as decisions of each side leave two models equal."""
    fit = fit_strengths(np.zeros(4, int), np.ones(4, int), np.array([0.5, 0.5, 1.0, 0.0]), np.arange(4), 2)
    assert fit.log_odds == pytest.approx([0, 0], abs=1e-9)


def test_an_undefeated_model_stays_finite_and_is_flagged():
    """The best that never lost and the worst that never won are marked; the middle is not."""
    first, second = np.array([0, 0, 1, 0, 1]), np.array([1, 2, 2, 1, 2])
    outcomes = np.array([1.0, 1.0, 1.0, 1.0, 0.5])
    fit = fit_strengths(first, second, outcomes, np.arange(5), 3)
    assert np.isfinite(fit.log_odds).all()
    assert fit.log_odds[0] > fit.log_odds[1] > fit.log_odds[2]
    assert fit.unbounded.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("games", "unbounded"),
    [
        # 0 and 1 beat each other, and 2 and 3 each time; so do 2 and 3 among themselves.
        ([(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (0, 3), (1, 2), (1, 3)], [True] * 4),
        # A pair that always beats three that beat each other round.
        ([(0, 1), (1, 0), (2, 3), (3, 4), (4, 2), (0, 2), (1, 3)], [True, True, False, False, False]),
        # In a row: the one in the middle has won and lost, and is as far from both ends as they are.
        ([(0, 1), (1, 2)], [True] * 3),
        # Round: everybody has lost to somebody.
        ([(0, 1), (1, 2), (2, 0)], [False] * 3),
    ],
)
def test_a_set_that_never_lost_to_the_rest_is_flagged_as_one_model_is(games, unbounded):
    """A strength is called bounded only where chains of wins lead both ways, which is when one finite fit is best."""
    first, second = np.array(games).T
    fit = fit_strengths(first, second, np.ones(len(games)), np.arange(len(games)), len(unbounded))
    assert fit.unbounded.tolist() == unbounded


def test_models_that_never_met_are_refused():
    """Without a chain of comparisons between them nothing can be said."""
    with pytest.raises(ParameterError) as caught:
        fit_strengths(np.array([0, 2]), np.array([1, 3]), np.array([1.0, 0.0]), np.arange(2), 4)
    message = "Some models are joined by no chain of comparisons, so they cannot be ranked. Compare more pairs."
    assert str(caught.value) == message
