"""A whole number that somebody passed: checked, with a message that says what it is for.

Knows nothing of what the number is used for but its name.
"""

import numbers

from .errors import ParameterError
from .plain import render_plain, shorten


def check_whole(name: str, value: object, low: int | None = None, high: int | None = None) -> int:
    """Return a whole number as an int, whichever library's number it is.

    Raises
    ------
    ParameterError
        It is no whole number, or not between `low` and `high`; None means no bound.

    Examples
    --------
    >>> check_whole("repeats", 0, 1)
    Traceback (most recent call last):
    toprouter_nb.errors.ParameterError: repeats must be a whole number of 1 or more, not 0.
    """
    if not isinstance(value, bool) and isinstance(value, numbers.Integral):
        number = int(value)
        if (low is None or number >= low) and (high is None or number <= high):
            return number
    bound = "" if low is None else f" of {low:,} or more" if high is None else f" from {low:,} to {high:,}"
    message = f"{name} must be a whole number{bound}, not {shorten(render_plain(repr(value)), 60)}."
    raise ParameterError(message)
