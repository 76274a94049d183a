"""The difference between two models, paired by prompt: how large, how sure, and what could have been seen.

Knows numbers and group codes; nothing of models' names, frames or plots.

References
----------
Miller 2024, arXiv 2411.00640 (paired differences); McNemar 1947; Lancaster 1961 (mid-p); Holm 1979.
"""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..errors import ParameterError
from .interval import ROUNDING, Codes, Floats, Means, clustered_mean, group_means
from .sample_size import detectable_difference
from .student import check_level, coin_chance, t_p_value, t_quantile


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """First minus second, over the prompts both have scores of.

    Attributes
    ----------
    estimate, low, high, standard_error
        In the unit of the scores; NaN where there is too little to say.
    p_value, test
        Of no difference, and how it was found: "McNemar mid-p" where each prompt has one row of each and all scores
        are 0 or 1, "sign" (exact, by group) where each prompt differs by just as much, else "paired t".
    mcnemar_exact
        The exact p value of the same table; NaN where it does not apply.
    wins, ties, losses
        Prompts the first is better on, both are the same on, the second is better on.
    prompts, groups
        Prompts both have, and their groups.
    detectable
        The difference that would be found with a chance of 80 %; NaN where there is too little to say.
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    p_value: float
    test: str
    mcnemar_exact: float
    wins: int
    ties: int
    losses: int
    prompts: int
    groups: int
    detectable: float


def paired_difference(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    clusters: dict[Any, Any] | None = None,
    *,
    level: float = 0.95,
) -> Difference:
    """Compare two models on the prompts both have scores of.

    Parameters
    ----------
    first, second
        Scores and prompts of the rows of each; NaN is left out.
    clusters
        The group of each prompt; None where each stands for itself.
    level
        Of confidence, and of the power's test.

    Raises
    ------
    ParameterError
        The lengths differ, a score is infinite, or the level is none; or scipy is not installed.

    Examples
    --------
    >>> prompts = list("abcdef")
    >>> found = paired_difference(([1, 1, 1, 1, 0, 1], prompts), ([0, 1, 0, 0, 0, 1], prompts))
    >>> found.estimate, found.wins, found.losses, round(found.mcnemar_exact, 3), found.p_value
    (0.5, 3, 0, 0.25, 0.125)
    """
    check_level(level)
    pairs, is_single = _pair(first, second, clusters)
    estimate, error, groups = clustered_mean(pairs)
    wins, losses = int((pairs.means > 0).sum()), int((pairs.means < 0).sum())
    exact, middle = mcnemar(wins, losses) if is_single else (math.nan, math.nan)
    # With one 0 / 1 answer each, McNemar's test is sound with few prompts, too; t relies on many.
    test, p_value = ("McNemar mid-p", middle) if is_single else _test(estimate, error, groups)
    is_known = groups > 1
    # One mean is estimated from G groups, which leaves G - 1. Known to be a little too narrow where there are few
    # groups of very different size (Cameron and Miller 2015); where each prompt is a group, they are equal.
    reach = t_quantile(level, groups - 1) * error if is_known else math.nan
    return Difference(
        estimate=estimate,
        low=estimate - reach,
        high=estimate + reach,
        standard_error=error,
        # The interval is t's in any case, so it and the p value may disagree at the edge; `is_separated` goes by the
        # p value.
        p_value=p_value,
        test=test,
        mcnemar_exact=exact,
        wins=wins,
        ties=len(pairs.means) - wins - losses,
        losses=losses,
        prompts=len(pairs.means),
        groups=groups,
        detectable=detectable_difference(error, level=level) if is_known else math.nan,
    )


def mcnemar(wins: int, losses: int) -> tuple[float, float]:
    """Return the exact two-sided p value of so many discordant pairs, and the mid-p value.

    The exact test rejects too seldom; the mid-p test keeps close to its level.

    Examples
    --------
    >>> [round(p_value, 6) for p_value in mcnemar(9, 1)]
    [0.021484, 0.011719]
    """
    count, fewer = wins + losses, min(wins, losses)
    at_most = coin_chance(fewer, count)
    # Half of the chance of just this outcome: both tails together, less one time that chance.
    return min(2 * at_most, 1.0), at_most + coin_chance(fewer - 1, count)


def holm(p_values: ArrayLike) -> Floats:
    """Return Holm's adjusted p values; NaN stays NaN and counts as no test.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    # A pair that could not be tested is no chance of a false find, so it does not make the others' bar higher.
    there = np.flatnonzero(~np.isnan(values))
    order = there[np.argsort(values[there], kind="stable")]
    adjusted = np.full(values.shape, np.nan)
    factors = np.arange(len(order), 0, -1)
    # The running maximum keeps a larger p from being adjusted below a smaller one; without it, Holm is not a step-down.
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return adjusted


def _pair(
    first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike], clusters: dict[Any, Any] | None
) -> tuple[Means, bool]:
    """Return the differences by prompt, and whether each comes from one row of each, scored 0 or 1."""
    sides = [np.asarray(scores, dtype=np.float64) for scores, _ in (first, second)]
    labels = [np.asarray(prompts, dtype=object) for _, prompts in (first, second)]
    kept = [~np.isnan(side) for side in sides]
    if any(side.shape != label.shape for side, label in zip(sides, labels, strict=True)):
        message = "Scores and prompts have one entry a row each; their lengths differ."
        raise ParameterError(message)
    # Both sides in one numbering, so that means stand at the same place for the same prompt.
    codes, names = pd.factorize(np.concatenate([label[keep] for label, keep in zip(labels, kept, strict=True)]))
    split = int(kept[0].sum())
    one, one_counts = _means(sides[0][kept[0]], codes[:split], len(names))
    two, two_counts = _means(sides[1][kept[1]], codes[split:], len(names))
    both = (one_counts > 0) & (two_counts > 0)
    groups = names[both] if clusters is None else np.asarray([clusters[name] for name in names[both]], dtype=object)
    values = one[both] - two[both]
    rows = np.concatenate([one[both], two[both]])
    is_single = bool(
        clusters_are_prompts(groups)
        and (one_counts[both] == 1).all()
        and (two_counts[both] == 1).all()
        # A repeated prompt has a mean between 0 and 1, and prompts of one group depend on each other: not McNemar's.
        and np.isin(rows, (0.0, 1.0)).all()
    )
    return group_means(values, names[both], groups), is_single and bool(both.any())


def clusters_are_prompts(groups: Any) -> bool:
    """Say whether no two prompts share a group, so that they are independent."""
    return len(set(groups.tolist())) == len(groups)


def _means(scores: Floats, codes: Codes, count: int) -> tuple[Floats, Codes]:
    counts = np.bincount(codes, minlength=count)
    sums = np.bincount(codes, scores, minlength=count)
    return sums / np.maximum(counts, 1), counts


def _test(estimate: float, error: float, groups: int) -> tuple[str, float]:
    """Return the test that fits, and its p value."""
    if groups < 2:  # noqa: PLR2004  # a spread needs two
        return "paired t", math.nan
    if error > ROUNDING * abs(estimate):
        return "paired t", t_p_value(estimate / error, groups - 1)
    # Two prompts alike are no proof: without a spread only their number says how sure it is.
    return "sign", 1.0 if estimate == 0 else mcnemar(groups, 0)[0]
