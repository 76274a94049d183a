"""Strengths of models from wins, ties and losses between two of them, with intervals clustered by prompt.

Knows codes and outcomes; nothing of models' names, frames or judges.

References
----------
Bradley and Terry 1952; ties count as half a win of each. The variance is the sandwich of Huber and White, its middle
summed by prompt, since the comparisons on one prompt are not independent. Ford 1957: the likelihood has its peak at
finite strengths just where, from each model to each other, there is a chain of wins.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from .interval import Codes, Floats, codes_of

# A pull towards 0, far below what one comparison weighs: it keeps a model that never lost finite.
RIDGE = 1e-4
# Newton's method needs a handful; the rest is for strengths that run away until the ridge holds them.
_STEPS = 200
_CLOSE = 1e-10  # of the log odds; closer is below what sums of many numbers keep


@dataclasses.dataclass(frozen=True, slots=True)
class Strengths:
    """The fit.

    Attributes
    ----------
    log_odds
        Against the average, one a model; their sum is 0.
    covariance
        Of the log odds, clustered by group.
    groups
        How many groups of prompts there are.
    parts
        The code of each model's part. Within a part everybody was beaten by somebody, so that differences are known;
        between two parts all comparisons went one way, so that their distance has no bound but the ridge.
    met
        In how many groups each met each; a square.
    """

    log_odds: Floats
    covariance: Floats
    groups: int
    parts: Codes
    met: Codes

    @property
    def unbounded(self) -> NDArray[np.bool_]:
        """Models whose strength has no bound: all outside the largest part, or all where two are as large."""
        sizes = np.bincount(self.parts)
        is_only = np.count_nonzero(sizes == sizes.max()) == 1
        found: NDArray[np.bool_] = (sizes[self.parts] < sizes.max()) | (not is_only and len(sizes) > 1)
        return found


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
    >>> fit.log_odds.round(3).tolist()  # the logarithm of 3 between them
    [0.549, -0.549]
    """
    won = _won(first, second, outcomes, models)
    _check_joined(won + won.T)
    log_odds = _maximize(won)
    bread = np.linalg.inv(_information(log_odds, won))
    # Outcome less chance: the slope of one comparison's log likelihood by its first model; its second has the negative.
    residuals = outcomes - 1 / (1 + np.exp(log_odds[second] - log_odds[first]))
    count = int(groups.max()) + 1
    scores = np.zeros((count, models))
    np.add.at(scores, (groups, first), residuals)
    np.add.at(scores, (groups, second), -residuals)
    # By the prompts' mean, which only the ridge keeps from 0: what it pulls is no spread between prompts.
    scores -= scores.mean(axis=0)
    # G / (G - 1), as for a clustered mean; few groups make any sandwich too small without it.
    middle = scores.T @ scores * (count / max(count - 1, 1))
    # Strengths are told against the average, so the error of the average belongs to each of them.
    centre = np.eye(models) - 1 / models
    covariance = centre @ bread @ middle @ bread @ centre
    return Strengths(log_odds, covariance, count, _parts(won), _met(first, second, groups, models))


def _won(first: Codes, second: Codes, outcomes: Floats, models: int) -> Floats:
    """Return how often each beat each, ties as half."""
    sums = np.bincount(first * models + second, outcomes, models**2)
    sums = sums + np.bincount(second * models + first, 1 - outcomes, models**2)
    won: Floats = sums.reshape(models, models).astype(np.float64)
    return won


def _maximize(won: Floats) -> Floats:
    """Climb by Newton's steps, halved where they overshoot; the likelihood has one peak."""
    log_odds = np.zeros(len(won))
    for _ in range(_STEPS):
        slope = (won - (won + won.T) * _chances(log_odds)).sum(axis=1) - RIDGE * log_odds
        step = np.linalg.solve(_information(log_odds, won), slope)
        height = _height(log_odds, won)
        while _height(log_odds + step, won) < height and np.abs(step).max() > _CLOSE:
            step = step / 2
        log_odds = log_odds + step
        if np.abs(step).max() < _CLOSE:
            break
    centred: Floats = log_odds - log_odds.mean()
    return centred


def _chances(log_odds: Floats) -> Floats:
    """Return the chance that each beats each."""
    chances: Floats = 1 / (1 + np.exp(log_odds[None, :] - log_odds[:, None]))
    return chances


def _height(log_odds: Floats, won: Floats) -> float:
    """Return the logarithm of the likelihood, less the ridge."""
    gaps = log_odds[None, :] - log_odds[:, None]
    return float(-(won * np.logaddexp(0, gaps)).sum() - RIDGE / 2 * log_odds @ log_odds)


def _information(log_odds: Floats, won: Floats) -> Floats:
    chances = _chances(log_odds)
    shared = (won + won.T) * chances * (1 - chances)
    # The likelihood does not know a common shift of all; the ones hold it, and vanish from every difference.
    information: Floats = np.diag(shared.sum(axis=1) + RIDGE) - shared + 1 / len(won)
    return information


def _parts(won: Floats) -> Codes:
    """Return the part of each model: two are in one where chains of wins lead from each to the other."""
    above = _chains(won)
    return codes_of((above & above.T).argmax(axis=1))


def _met(first: Codes, second: Codes, groups: Codes, models: int) -> Codes:
    """Return in how many groups each met each."""
    pairs = np.column_stack([np.minimum(first, second), np.maximum(first, second), groups])
    once = np.unique(pairs, axis=0)
    met = np.bincount(once[:, 0] * models + once[:, 1], minlength=models**2).reshape(models, models)
    return met + met.T


def _check_joined(met: Floats) -> None:
    if not _chains(met).all():
        message = "Some models are joined by no chain of comparisons, so they cannot be ranked. Compare more pairs."
        raise ParameterError(message)


def _chains(steps: Floats) -> NDArray[np.bool_]:
    """Return between which two a chain of steps leads; to each from itself, too."""
    chains: NDArray[np.bool_] = np.eye(len(steps), dtype=bool) | (steps > 0)
    # Each squaring doubles the length of the chains that are seen.
    for _ in range(len(steps).bit_length()):
        chains = chains @ chains
    return chains
