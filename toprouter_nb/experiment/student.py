"""Distributions: Student's t and the fair coin's, from scipy; the normal one, from the standard library.

The only module that knows scipy. Without it everything that needs no t works all the same.
"""

import functools
import statistics
from typing import Any

from ..errors import ParameterError

_NORMAL = statistics.NormalDist()


@functools.lru_cache(maxsize=4_096)
def t_quantile(level: float, freedom: int) -> float:
    """Return how many standard errors reach to either side of an interval.

    Parameters
    ----------
    level
        Of confidence, such as 0.95.
    freedom
        Degrees of freedom, at least 1.

    Raises
    ------
    ParameterError
        scipy is not installed.

    Examples
    --------
    >>> round(t_quantile(0.95, 9), 4)
    2.2622
    """
    # The functions behind `scipy.stats.t`; to import `scipy.stats` itself takes half a second more.
    return float(_special().stdtrit(freedom, (1 + level) / 2))


def t_p_value(statistic: float, freedom: int) -> float:
    """Return the two-sided p value of a t statistic; 0 for an infinite one.

    Examples
    --------
    >>> round(t_p_value(2.2622, 9), 3)
    0.05
    """
    return float(2 * _special().stdtr(freedom, -abs(statistic)))


def coin_chance(heads: int, throws: int) -> float:
    """Return the chance of at most so many heads in so many throws of a fair coin.

    Examples
    --------
    >>> coin_chance(1, 3)
    0.5
    """
    return float(_special().bdtr(heads, throws, 0.5)) if heads >= 0 else 0.0


def normal_quantile(level: float) -> float:
    """Return how many standard errors reach to either side where the error is known.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return _NORMAL.inv_cdf((1 + level) / 2)


def check_level(level: object) -> float:
    """Return a level of confidence: a number above 0.5 and below 1.

    Raises
    ------
    ParameterError
        It is none.
    """
    if isinstance(level, float) and 0.5 < level < 1:  # noqa: PLR2004  # below one half an interval says nothing
        return level
    message = f"level is a number between 0.5 and 1, such as 0.95, not {level!r}."
    raise ParameterError(message)


def _special() -> Any:
    try:
        from scipy import special
    except ImportError:
        message = "Intervals and p values need scipy: pip install 'toprouter_nb[stats]'."
        raise ParameterError(message) from None
    return special
