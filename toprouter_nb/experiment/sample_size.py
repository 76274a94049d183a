"""How many prompts a comparison needs, and what so many can show: said before money is spent.

Knows the normal approximation of the paired comparison; nothing of prompts or models.

References
----------
Miller 2024, arXiv 2411.00640, section 5.
"""

import dataclasses
import math
import statistics

from ..errors import ParameterError
from ..whole import check_whole
from .student import check_level, normal_quantile

# Cohen's convention (1988): four to one between missing a difference and seeing one that is not there at 5 %.
_POWER = 0.8


@dataclasses.dataclass(frozen=True, slots=True)
class SampleSize:
    """Prompts, the difference they show, and how surely.

    Attributes
    ----------
    prompts
        How many, each asked of both models.
    delta
        The true difference between the models' mean scores, in the scores' unit.
    sd_diff
        The standard deviation of the difference on one prompt.
    power
        The chance that the comparison finds it.
    level
        Of confidence.
    """

    prompts: int
    delta: float
    sd_diff: float
    power: float
    level: float

    def __str__(self) -> str:
        """Say it in one sentence."""
        return (
            f"{self.prompts:,} prompts show a difference of {self.delta:.3g} with a chance of {self.power:.0%} "
            f"at {100 * self.level:g}% confidence, where the difference on one prompt has a standard deviation of "
            f"{self.sd_diff:.3g}."
        )


def power(
    delta: float | None = None,
    *,
    prompts: int | None = None,
    sd_diff: float = 0.5,
    power: float | None = None,
    level: float = 0.95,
) -> SampleSize:
    """Say how many prompts are needed to see a difference between two models asked the same prompts.

    Of `delta`, `prompts` and `power` give two, or one of the first two: `power` is then 0.8. What is left out is
    found.

    Parameters
    ----------
    delta
        The difference between the mean scores that shall be seen, such as 0.05 for 5 points.
    prompts
        How many there are.
    sd_diff
        The standard deviation of the difference on one prompt. For scores of 0 or 1 it is about the square root of
        the share of prompts on which the models differ: 0.5 where they differ on a quarter.
    power
        The chance to see it.
    level
        Of confidence.

    Raises
    ------
    ParameterError
        Too few or too many are given, or one is out of range.

    Examples
    --------
    >>> power(delta=0.05, sd_diff=0.5).prompts
    785
    >>> print(power(prompts=200))
    200 prompts show a difference of 0.0991 with a chance of 80% at 95% confidence, where the difference on one \
prompt has a standard deviation of 0.5.
    """
    check_level(level)
    _check_positive("sd_diff", sd_diff)
    if power is not None and not 0 < power < 1:
        message = f"power is a chance between 0 and 1, not {power!r}."
        raise ParameterError(message)
    if delta is not None and prompts is not None:
        return _chance(delta, prompts, sd_diff, power, level)
    chance = _POWER if power is None else power
    reach = _reach(chance, level)
    if delta is not None:
        _check_positive("delta", delta)
        # (z of the level + z of the power)^2 sd^2 / delta^2: prompts of a paired z test. From 30 prompts on, t needs
        # about two more.
        return SampleSize(math.ceil((reach * sd_diff / delta) ** 2), delta, sd_diff, chance, level)
    if prompts is None:
        message = "power() needs delta=, the difference to be seen, or prompts=, how many there are."
        raise ParameterError(message)
    count = check_whole("prompts", prompts, 2)
    return SampleSize(count, reach * sd_diff / math.sqrt(count), sd_diff, chance, level)


def detectable_difference(standard_error: float, *, chance: float = _POWER, level: float = 0.95) -> float:
    """Return the difference that a comparison with such an error would find with such a chance.

    Examples
    --------
    >>> round(detectable_difference(0.02), 4)
    0.056
    """
    return _reach(chance, level) * standard_error


def _chance(delta: float, prompts: int, sd_diff: float, power: float | None, level: float) -> SampleSize:
    if power is not None:
        message = "power() takes two of delta, prompts and power, and finds the third."
        raise ParameterError(message)
    _check_positive("delta", delta)
    count = check_whole("prompts", prompts, 2)
    # The chance to end beyond the far bound, on the wrong side of 0, is left out: 0.1 % at a power of 20 %, less above.
    reach = delta * math.sqrt(count) / sd_diff - normal_quantile(level)
    return SampleSize(count, delta, sd_diff, statistics.NormalDist().cdf(reach), level)


def _reach(chance: float, level: float) -> float:
    return normal_quantile(level) + statistics.NormalDist().inv_cdf(chance)


def _check_positive(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        message = f"{name} is a number above 0, not {value!r}."
        raise ParameterError(message)
