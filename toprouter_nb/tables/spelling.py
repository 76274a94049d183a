"""How the values of a column are written for people: thousands apart, decimals under each other, times in UTC.

Values in, texts out; None stands for what is missing. Used by the view in notebooks and by the command line.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from ..plain import render_plain, shorten
from .columns import Column

_TEXT_CHARACTERS = 80
_MOST_DECIMALS = 10
# How many digits are worth reading, and at most how many places after the point.
_DIGITS = {"seconds": (4, 2), "tokens / second": (4, 1), "US dollars": (3, _MOST_DECIMALS)}
_OTHER_DIGITS = (4, _MOST_DECIMALS)


def spell_column(column: Column | None, values: Iterable[Any]) -> list[str | None]:
    """Write the values of one column, all with as many decimals.

    Parameters
    ----------
    column
        What is declared of it; None for a column that is none of ours.
    values
        Python values; None = missing.

    Examples
    --------
    >>> from toprouter_nb.tables.columns import COLUMNS
    >>> spell_column(COLUMNS["cost_usd"], [0.00042, 1234.5, 0, None])
    ['0.00042', '1,234.50000', '0', None]
    """
    listed = list(values)
    numbers = [value for value in listed if is_number(value)]
    decimals = count_decimals(column, numbers)
    only_days = all(value.time() == dt.time() for value in listed if isinstance(value, dt.datetime))
    return [None if value is None else _spell(value, decimals, only_days=only_days) for value in listed]


def spell_number(value: Decimal | float, decimals: int) -> str:
    """Write one number.

    Examples
    --------
    >>> spell_number(1234567, 0), spell_number(Decimal("0.5"), 2)
    ('1,234,567', '0.50')
    """
    return "0" if value == 0 else f"{value:,.{decimals}f}" if math.isfinite(value) else str(value)


def count_decimals(column: Column | None, numbers: Sequence[Any]) -> int:
    """Return how many places after the point show what is worth reading of all these numbers."""
    if all(isinstance(number, int) for number in numbers):
        return 0
    digits, most = _DIGITS.get(column.unit, _OTHER_DIGITS) if column else _OTHER_DIGITS
    places = max(min(_places(number, digits), most) for number in numbers)
    return places if places == 0 else max(places, min(2, most))


def is_number(value: object) -> bool:
    """Say whether a value is a number; True and False are none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _places(number: float, digits: int) -> int:
    """Return the places after the point that show so many digits of a number, without zeros at the end."""
    if number == 0 or not math.isfinite(number):
        return 0
    exponent = Decimal(f"{number:.{digits - 1}e}").normalize().as_tuple().exponent
    return max(0, -int(exponent))


def _spell(value: Any, decimals: int, *, only_days: bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if only_days else f"{value:%Y-%m-%d %H:%M:%S}"
    return spell_number(value, decimals) if is_number(value) else shorten(render_plain(str(value)), _TEXT_CHARACTERS)
