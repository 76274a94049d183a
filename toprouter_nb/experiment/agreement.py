"""How far two raters agree: the share of same verdicts, and Cohen's kappa, with intervals clustered by prompt.

Knows labels; nothing of judges or people.

References
----------
Cohen 1960; the error of kappa is that of Fleiss, Cohen and Everitt 1969, summed by group through each pair's influence.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..errors import ParameterError
from .interval import Interval, codes_of, mean_interval
from .student import check_level, t_quantile


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """How far two raters agree on the same items.

    Attributes
    ----------
    share
        Of items on which both say the same, 0 to 1.
    kappa, kappa_low, kappa_high, kappa_error
        Cohen's kappa: 1 is full agreement, 0 what chance gives. NaN where both always say one and the same thing.
    items
        How many both have rated.
    level
        Of confidence.
    """

    share: Interval
    kappa: float
    kappa_low: float
    kappa_high: float
    kappa_error: float
    items: int
    level: float = 0.95

    def __str__(self) -> str:
        """Say it in one sentence."""
        share = self.share
        return (
            f"They agree on {share.estimate:.0%} of {self.items:,} items "
            f"({100 * self.level:g} %: {share.low:.0%} to {share.high:.0%}); "
            f"kappa {self.kappa:.2f} ({self.kappa_low:.2f} to {self.kappa_high:.2f})."
        )


def compare_raters(
    first: ArrayLike, second: ArrayLike, groups: ArrayLike | None = None, *, level: float = 0.95
) -> Agreement:
    """Compare two raters' labels.

    Parameters
    ----------
    first, second
        A label an item each; an item where either is missing (None, NaN, NA) is left out.
    groups
        Items that belong together, such as those of one prompt; None where each stands for itself.
    level
        Of confidence.

    Raises
    ------
    ParameterError
        The lengths differ, or no item has two labels.

    Examples
    --------
    >>> found = compare_raters(list("aabbcacbba"), list("aabbcabbba"))
    >>> found.share.estimate, round(found.kappa, 3)
    (0.9, 0.839)
    """
    check_level(level)
    one, two = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    labels = np.arange(len(one)) if groups is None else np.asarray(groups)
    if not one.shape == two.shape == labels.shape:
        message = "Both raters have one label an item; the lengths differ."
        raise ParameterError(message)
    there = ~(pd.isna(one) | pd.isna(two))
    if not there.any():
        message = "No item has a label of both raters."
        raise ParameterError(message)
    one, two, labels = one[there].astype(str), two[there].astype(str), labels[there]
    share = mean_interval((one == two).astype(float), np.arange(len(one)), labels, level=level)
    kappa, error, count = _kappa(one, two, labels)
    reach = t_quantile(level, count - 1) * error if count > 1 else math.nan
    return Agreement(share, kappa, kappa - reach, kappa + reach, error, len(one), level)


def _kappa(one: np.ndarray, two: np.ndarray, labels: np.ndarray) -> tuple[float, float, int]:
    """Return kappa, its clustered standard error, and the number of groups."""
    names = np.unique(np.concatenate([one, two]))
    rows, columns = np.searchsorted(names, one), np.searchsorted(names, two)
    said_one = np.bincount(rows, minlength=len(names)) / len(rows)
    said_two = np.bincount(columns, minlength=len(names)) / len(rows)
    same = (rows == columns).astype(float)
    observed, expected = same.mean(), float(said_one @ said_two)
    codes = codes_of(labels)
    count = int(codes.max()) + 1
    # Both say one and the same thing of everything: chance alone would agree as well, and kappa is 0 / 0.
    if expected == 1:
        return math.nan, math.nan, count
    kappa = (observed - expected) / (1 - expected)
    by_chance = said_two[rows] + said_one[columns]
    # The derivative of kappa by one more pair, twice the product rule: of the share seen, and of the share by chance.
    # Summed by group and squared it is the linearized variance; with one pair a group, that of Fleiss et al.
    influence = (same - observed) / (1 - expected) - (1 - observed) / (1 - expected) ** 2 * (by_chance - 2 * expected)
    sums = np.bincount(codes, influence)
    error = math.sqrt(count / (count - 1) * float(sums @ sums)) / len(rows) if count > 1 else math.nan
    return float(kappa), error, count
