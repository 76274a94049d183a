"""Intervals for what has no formula: quantiles and ratios of sums, by drawing whole groups of prompts again.

Knows numbers and group codes; nothing of what they measure.

References
----------
Efron and Tibshirani 1993, chapters 12 and 13 (percentile intervals); whole clusters are drawn, as Field and Welsh 2007.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .interval import Codes, Floats, codes_of
from .student import check_level

DRAWS = 10_000
# The ends of a 95 % interval stand on the outer 2.5 % of the draws: 25 of 1,000, which is as few as one can read.
_FEWEST_DRAWS = 1_000
# Any number does; it is fixed so that the same rows give the same interval in every report.
_SEED = 20_240_101
# Beyond so many row-draws a quantile is found from fewer draws: 10,000 for 10,000 rows, 1,000 for 100,000.
_WORK = 100_000_000
# Counts held at once, draws times groups or rows: 8 MB of them, however much is asked.
_BLOCK = 4_000_000
# To draw a group takes as long as to count so many rows.
_DRAWN_ROWS = 50
Ends = tuple[float, float]
# Two bytes do: that one group is drawn more than 32,767 times does not happen.
Counts = NDArray[np.int16]


def quantile_interval(
    values: ArrayLike, groups: ArrayLike, quantiles: Sequence[float], *, level: float = 0.95, draws: int = DRAWS
) -> list[tuple[float, float, float]]:
    """Return quantiles of all rows with their intervals.

    Parameters
    ----------
    values
        One number a row; NaN is left out.
    groups
        Of each row: rows of one group are drawn together.
    quantiles
        Each from 0 to 1: 0.5 is the median. A quantile is the smallest value with at least that share at or below it.
    level
        Of confidence.
    draws
        At most so many; fewer, but at least 1,000, where there are many rows. The seed is fixed.

    Returns
    -------
    list of (estimate, low, high)
        In the order asked; NaN where there is no value, ends NaN where there is only one group.

    Examples
    --------
    >>> quantile_interval([1.0, 2.0, 3.0, 4.0, 5.0], groups=[0, 1, 2, 3, 4], quantiles=[0.5])
    [(3.0, 1.0, 5.0)]
    """
    check_level(level)
    numbers, codes = _present(values, groups)
    if not len(numbers):
        return [(math.nan, math.nan, math.nan)] * len(quantiles)
    order = np.argsort(numbers, kind="stable")
    numbers, codes = numbers[order], codes[order]
    # The estimate is the draw in which each row counts once, so that it and its ends follow one definition.
    found = _weighted_quantiles(numbers, np.ones((1, len(numbers)), dtype=np.int16), quantiles)[0]
    many = _affordable(draws, len(numbers))
    rows = max(_BLOCK // len(numbers), 1)
    drawn = [
        _weighted_quantiles(numbers, weights[:, codes], quantiles)
        for weights in _weights(int(codes.max()) + 1, many, rows)
    ]
    ends = _ends(np.concatenate(drawn), int(codes.max()) + 1, level)
    return [(float(value), *end) for value, end in zip(found, ends, strict=True)]


def ratio_interval(
    above: ArrayLike, below: ArrayLike, groups: ArrayLike, *, level: float = 0.95, draws: int = DRAWS
) -> tuple[float, float, float]:
    """Return the ratio of two sums over rows with its interval, such as cost per correct answer.

    Parameters
    ----------
    above, below
        One number a row each; a row where either is NaN is left out.
    groups
        Of each row: rows of one group are drawn together.
    level
        Of confidence.
    draws
        At most so many; fewer, but at least 1,000, where there are many groups. The seed is fixed.

    Returns
    -------
    (estimate, low, high)
        Infinite where the sum below is 0; NaN where there is no row, ends NaN where there is only one group.

    Examples
    --------
    >>> estimate, low, high = ratio_interval([2, 2, 2, 2], [1, 1, 0, 1], groups=[0, 1, 2, 3])
    >>> round(estimate, 3), low, high
    (2.667, 2.0, 8.0)
    """
    check_level(level)
    tops, bottoms = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    there = ~(np.isnan(tops) | np.isnan(bottoms))
    # One mask for both sides: a cost whose score is missing must not weigh in one sum alone.
    tops, codes = _present(np.where(there, tops, np.nan), groups)
    if not len(tops):
        return math.nan, math.nan, math.nan
    sums = np.column_stack([np.bincount(codes, tops), np.bincount(codes, bottoms[there])])
    count = len(sums)
    many = _affordable(draws, count * _DRAWN_ROWS)
    drawn = np.concatenate([weights @ sums for weights in _weights(count, many, max(_BLOCK // count, 1))])
    ratios = _divided(drawn[:, 0], drawn[:, 1])
    # 0 / 0 says nothing of the ratio and is no draw; x / 0 is infinite and is one, so that an end may be infinite.
    ends = _ends(ratios[~np.isnan(ratios)][:, None], count, level)
    return float(_divided(sums[:, 0].sum()[None], sums[:, 1].sum()[None])[0]), *ends[0]


def _present(values: ArrayLike, groups: ArrayLike) -> tuple[Floats, Codes]:
    numbers = np.asarray(values, dtype=np.float64)
    there = ~np.isnan(numbers)
    return numbers[there], codes_of(np.asarray(groups)[there])


def _weights(count: int, draws: int, rows: int) -> Iterator[Counts]:
    """Yield blocks of draws: how often each group was drawn."""
    chance = np.random.default_rng(_SEED)
    for start in range(0, draws, rows):
        size = min(rows, draws - start)
        drawn = chance.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.int16)


def _weighted_quantiles(numbers: Floats, weights: Counts, quantiles: Sequence[float]) -> Floats:
    """Return each draw's quantiles of sorted numbers that count so often."""
    sums = np.cumsum(weights, axis=1, dtype=np.int32)
    # Less a hair: 0.9 of 10 rows is 9.000000000000002 in floats, and the ceiling would be 10.
    wanted = np.ceil(np.outer(sums[:, -1], quantiles) - 1e-9).clip(1)
    places = np.array([np.searchsorted(line, want) for line, want in zip(sums, wanted, strict=True)])
    found: Floats = numbers[places]
    return found


def _affordable(draws: int, work: int) -> int:
    return max(min(draws, _WORK // work), min(draws, _FEWEST_DRAWS))


def _divided(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        divided: Floats = above / below
    return divided


def _ends(drawn: Floats, groups: int, level: float) -> list[Ends]:
    """Return the percentile interval of each column."""
    if groups < 2 or not len(drawn):  # noqa: PLR2004  # one group is the same in every draw
        return [(math.nan, math.nan)] * drawn.shape[1]
    tails = [(1 - level) / 2, (1 + level) / 2]
    # A value that was drawn, never one between two: half way to infinity would be no number.
    low, high = np.quantile(drawn, tails, axis=0, method="inverted_cdf")
    return [(float(one), float(other)) for one, other in zip(low, high, strict=True)]
