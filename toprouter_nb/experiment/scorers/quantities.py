"""A scorer that reads a number out of the answer and compares it with the reference.

Knows how numbers are written; nothing of units.
"""

import decimal
import math
import re
from decimal import Decimal
from typing import Any, Literal

from ...errors import ParameterError
from ...plain import render_plain, shorten
from .function import Scorer, built_in
from .texts import references

# 1,234.5 or 1234.5 or .5, a sign in front, an exponent behind; each part can be read in one way only.
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z_.,])[-+\u2212]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)?"
    r"(?:(?<=[0-9])(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
)
# Digits beyond this are noise of a model in a loop, and arithmetic on them takes its time.
_LONGEST = 1_000
_PLACES = {"last": -1, "first": 0}


@built_in
def numeric(*, tol: float = 0.0, relative: float = 0.0, which: Literal["last", "first", "only"] = "last") -> Scorer:
    """Score 1 where a number of the answer is the reference, within a tolerance. No number is a wrong answer.

    Parameters
    ----------
    tol
        How far it may be off, in the reference's own unit.
    relative
        How far it may be off as a share of the reference; the larger of both counts.
    which
        The "last" number of the answer, the "first", or the "only" one: then more than one is a wrong answer.

    Returns
    -------
    Scorer
        Of rows whose reference is a number, a text that holds one, or a list of these.

    Raises
    ------
    ParameterError
        A tolerance is negative or no number, or `which` is none of these. For a row: its reference holds no number.

    Examples
    --------
    >>> numeric(tol=0.01)({"answer": "2 * pi is about 6.28.", "reference": "6.2832"})
    {'value': 1.0, 'passed': True, 'number': '6.28'}
    """
    for name, value in (("tol", tol), ("relative", relative)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            message = f"{name} is a number of 0 or more, not {shorten(repr(value), 40)}."
            raise ParameterError(message)
    if which not in (*_PLACES, "only"):
        message = f"which is 'last', 'first' or 'only', not {shorten(repr(which), 40)}."
        raise ParameterError(message)

    def score(row: Any) -> dict[str, Any]:
        wanted = [_reference(right) for right in references(row)]
        found = read_numbers(row.answer)
        if not found or (which == "only" and len(found) > 1):
            return {"value": 0.0, "passed": False, "number": None}
        number = found[_PLACES.get(which, 0)]
        is_right = any(_is_near(number, right, tol, relative) for right in wanted)
        return {"value": float(is_right), "passed": is_right, "number": shorten(str(number), 60)}

    said = [f"tol={tol!r}"] * bool(tol) + [f"relative={relative!r}"] * bool(relative)
    said += [f"which={which!r}"] * (which != "last")
    return Scorer(score, name=f"numeric({', '.join(said)})" if said else "numeric", version=1)


def read_numbers(text: str) -> list[Decimal]:
    """Return the numbers of a text, in order.

    Examples
    --------
    >>> [str(number) for number in read_numbers("From -1,234.5 to 6e3; not B12 or 1.2.3.")]
    ['-1234.5', '6E+3']
    """
    numbers = []
    for match in _NUMBER.finditer(text):
        rest = text[match.end() : match.end() + 2]
        # What goes on is a version, a date or a name, such as 1.2.3 or 1_000, and no number of the text.
        if len(match[0]) <= _LONGEST and not re.match(r"_|[.,][0-9]", rest):
            numbers.append(_decimal(match[0].replace(",", "").replace("\u2212", "-")))
    return numbers


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except decimal.InvalidOperation:  # an exponent beyond what a Decimal holds
        return Decimal("inf")


def _reference(value: object) -> Decimal:
    numbers = read_numbers(str(value)) if isinstance(value, str | int | float | Decimal) else []
    if len(numbers) != 1 or isinstance(value, bool):
        message = f"The reference {shorten(render_plain(repr(value)), 60)} is not one number."
        raise ParameterError(message)
    return numbers[0]


def _is_near(number: Decimal, right: Decimal, tol: float, relative: float) -> bool:
    # Wide enough that nothing of a plausible number is rounded; beyond its exponents a number is infinite, and wrong.
    with decimal.localcontext(decimal.Context(prec=100, traps=[])):
        # Through `repr`, so that 0.3 is three tenths and not the binary number below it: 6.5 is within 0.3 of 6.2.
        allowed = max(Decimal(repr(float(tol))), Decimal(repr(float(relative))) * abs(right))
        return abs(number - right) <= allowed
