"""Sums of US dollars to the last digit, though the column holds floats.

Knows nothing of tables.
"""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ..amounts import EXACT, total_usd

# Prices are dollars a million tokens with up to six decimals: 10**-12 dollars a token.
_PER_USD = 10**12
_LARGEST = 10**15  # picodollars; above it a float of dollars no longer tells one from the next
_HALF = 10**6


def exact_usd(amounts: "pd.Series[float]") -> Decimal | None:
    """Add amounts of US dollars up, exactly.

    A float holds every amount of up to 15 significant digits so that the amount can be read back from it; this sums
    what is read back, not the floats.

    Parameters
    ----------
    amounts
        A column such as `cost_usd`.

    Returns
    -------
    Decimal or None
        The sum of what is known; None where nothing is.

    Examples
    --------
    >>> exact_usd(pd.Series([0.1, 0.2, None], dtype="Float64"))
    Decimal('0.3')
    """
    known = amounts.dropna().to_numpy(np.float64)
    if not len(known):
        return None
    counts, is_whole = _picodollars(known)
    high, low = np.divmod(counts[is_whole], _HALF)  # apart, as the sum of a million may be beyond 64 bits
    whole = Decimal(int(high.sum()) * _HALF + int(low.sum())).scaleb(-12, EXACT)
    total = total_usd((whole, *(Decimal(repr(amount)) for amount in known[~is_whole].tolist())))
    return Decimal(f"{total.normalize(EXACT):f}")


def whole_picodollars(amounts: "pd.Series[float]") -> "pd.Series[int] | None":
    """Return amounts as whole numbers of 1/1,000,000,000,000 dollar, to add up group by group; None where one is none.

    Examples
    --------
    >>> whole_picodollars(pd.Series([0.5, None], dtype="Float64")).tolist()
    [500000000000, <NA>]
    """
    missing = amounts.isna().to_numpy(bool)
    counts, is_whole = _picodollars(np.where(missing, 0.0, amounts.to_numpy(np.float64, na_value=0.0)))
    if not is_whole.all() or counts.sum(dtype=np.float64) > np.iinfo(np.int64).max / 2:
        return None
    return pd.Series(pd.arrays.IntegerArray(counts, missing), index=amounts.index)


def to_usd(counts: "pd.Series[int]") -> "pd.Series[float]":
    """Return whole picodollars as US dollars, each the float nearest to the exact amount."""
    return (counts / _PER_USD).astype("Float64")


def _picodollars(amounts: Any) -> tuple[Any, Any]:
    """Return the nearest whole numbers, and which of them say exactly what the float says."""
    counts = np.rint(amounts * _PER_USD)
    is_whole = (np.abs(counts) <= _LARGEST) & (counts / _PER_USD == amounts)
    return np.where(is_whole, counts, 0).astype(np.int64), is_whole
