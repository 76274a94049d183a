"""pass@k: the chance that at least one of k answers is right, from n answers a prompt, without bias.

Knows counts; nothing of rows or models.

References
----------
Chen et al. 2021, arXiv 2107.03374: 1 - C(n - c, k) / C(n, k), not the plug-in 1 - (1 - c / n)^k.
"""

from math import comb

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ParameterError
from ..whole import check_whole
from .interval import Floats


def pass_at_k(counts: ArrayLike, right: ArrayLike, k: int) -> Floats:
    """Return each prompt's chance that of k of its answers at least one is right.

    Parameters
    ----------
    counts
        Answers of each prompt.
    right
        How many of them are right.
    k
        At least 1.

    Returns
    -------
    array
        One chance a prompt; NaN where there are fewer than k answers.

    Raises
    ------
    ParameterError
        k is no whole number of 1 or more, or more answers are right than there are.

    Examples
    --------
    >>> pass_at_k([10, 10, 2], [2, 0, 1], k=3).round(4).tolist()
    [0.5333, 0.0, nan]
    """
    check_whole("k", k, 1)
    there = np.asarray(counts, dtype=np.int64)
    good = np.asarray(right, dtype=np.int64)
    if there.shape != good.shape or (good > there).any() or (good < 0).any():
        message = "right is how many of counts are right: from 0 to the count, one entry a prompt each."
        raise ParameterError(message)
    # Few pairs differ, and whole numbers keep every digit.
    pairs, places = np.unique(np.column_stack([there, good]), axis=0, return_inverse=True)
    chances = [_chance(int(n), int(c), k) for n, c in pairs]
    return np.array(chances, dtype=np.float64)[places.ravel()]


def _chance(n: int, c: int, k: int) -> float:
    if n < k:
        return float("nan")
    ways = comb(n, k)
    return (ways - comb(n - c, k)) / ways
