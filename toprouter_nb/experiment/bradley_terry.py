"""Strengths of models from wins, ties and losses between two of them, with intervals clustered by prompt.

Knows codes and outcomes; nothing of models' names, frames or judges.

References
----------
Bradley and Terry 1952; ties count as half a win of each. The variance is the sandwich of Huber and White, its middle
summed by prompt, since the comparisons on one prompt are not independent.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from .interval import Codes, Floats

# A pull towards 0, far below what one comparison weighs: it keeps a model that never lost finite.
RIDGE = 1e-4
_STEPS = 200
_CLOSE = 1e-12


@dataclasses.dataclass(frozen=True, slots=True)
class Strengths:
    """The fit.

    Attributes
    ----------
    values
        Log odds, one a model; their sum is 0.
    covariance
        Of the values, clustered by group.
    groups
        How many groups of prompts there are.
    unbounded
        Models that never lost, or never won, against the rest: their strength has no bound but the ridge.
    """

    values: Floats
    covariance: Floats
    groups: int
    unbounded: NDArray[np.bool_]


def fit_strengths(first: Codes, second: Codes, outcomes: Floats, groups: Codes, models: int) -> Strengths:
    """Fit the strengths.

    Parameters
    ----------
    first, second
        Codes of the models compared, from 0.
    outcomes
        1 where the first won, 0 where the second did, 0.5 for a tie.
    groups
        The code of each comparison's group of prompts.
    models
        How many there are.

    Raises
    ------
    ParameterError
        Two models cannot be compared at all: no chain of comparisons joins them.

    Examples
    --------
    >>> first, second = np.array([0, 0, 0, 0]), np.array([1, 1, 1, 1])
    >>> fit = fit_strengths(first, second, np.array([1.0, 1.0, 1.0, 0.0]), np.arange(4), 2)
    >>> fit.values.round(3).tolist()  # the logarithm of 3 between them
    [0.549, -0.549]
    """
    _check_joined(first, second, models)
    values = _maximize(first, second, outcomes, models)
    residuals = outcomes - _chances(values, first, second)
    bread = np.linalg.inv(_information(values, first, second, models))
    count = int(groups.max()) + 1
    scores = np.zeros((count, models))
    np.add.at(scores, (groups, first), residuals)
    np.add.at(scores, (groups, second), -residuals)
    scores -= scores.mean(axis=0)
    middle = scores.T @ scores * (count / max(count - 1, 1))
    centre = np.eye(models) - 1 / models
    covariance = centre @ bread @ middle @ bread @ centre
    return Strengths(values, covariance, count, _unbounded(first, second, outcomes, models))


def _maximize(first: Codes, second: Codes, outcomes: Floats, models: int) -> Floats:
    """Climb by Newton's steps, halved where they overshoot; the likelihood has one peak."""
    values = np.zeros(models)
    height = _height(values, first, second, outcomes)
    for _ in range(_STEPS):
        residuals = outcomes - _chances(values, first, second)
        slope = np.bincount(first, residuals, models) - np.bincount(second, residuals, models) - RIDGE * values
        step = np.linalg.solve(_information(values, first, second, models), slope)
        size = 1.0
        while _height(values + size * step, first, second, outcomes) < height and size > _CLOSE:
            size /= 2
        values = values + size * step
        height = _height(values, first, second, outcomes)
        if np.abs(size * step).max() < _CLOSE:
            break
    centred: Floats = values - values.mean()
    return centred


def _chances(values: Floats, first: Codes, second: Codes) -> Floats:
    chances: Floats = 1 / (1 + np.exp(values[second] - values[first]))
    return chances


def _height(values: Floats, first: Codes, second: Codes, outcomes: Floats) -> float:
    """Return the logarithm of the likelihood, less the ridge."""
    gap = values[first] - values[second]
    return float((outcomes * gap - np.logaddexp(0, gap)).sum() - RIDGE / 2 * values @ values)


def _information(values: Floats, first: Codes, second: Codes, models: int) -> Floats:
    chances = _chances(values, first, second)
    weights = np.bincount(first * models + second, chances * (1 - chances), models * models).reshape(models, models)
    shared = weights + weights.T
    # The likelihood does not know a common shift of all; the ones hold it, and vanish from every difference.
    information: Floats = np.diag(shared.sum(axis=1) + RIDGE) - shared + 1 / models
    return information


def _unbounded(first: Codes, second: Codes, outcomes: Floats, models: int) -> NDArray[np.bool_]:
    won = np.bincount(first, outcomes, models) + np.bincount(second, 1 - outcomes, models)
    played = np.bincount(first, minlength=models) + np.bincount(second, minlength=models)
    unbounded: NDArray[np.bool_] = (won == 0) | (won == played)
    return unbounded


def _check_joined(first: Codes, second: Codes, models: int) -> None:
    joined = np.eye(models, dtype=bool)
    joined[first, second] = joined[second, first] = True
    for _ in range(models.bit_length()):
        joined = joined @ joined
    if not joined.all():
        message = "Some models are joined by no chain of comparisons, so they cannot be ranked. Compare more pairs."
        raise ParameterError(message)
