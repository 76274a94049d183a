"""Amounts of US dollars: read from whatever names one, calculated with exactly, spelled for people.

Knows nothing of what they are paid for. The decimal context of the caller, which a notebook may have changed, is
never used.
"""

import decimal
import re
from collections.abc import Iterable
from decimal import ROUND_UP, Decimal

# To calculate with, by its methods: no sum that is paid by anybody is rounded in it.
EXACT = decimal.Context(prec=200, traps=[decimal.InvalidOperation])
# ASCII digits only, and few of them: an exponent of its choice would let a server fill the memory.
_AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_MOST_CHARACTERS, _FINEST_PLACES = 60, 60
_SHOWN_DIGITS, _CENT_PLACES, _MOST_PLACES = 3, 2, 12


def read_usd(value: object, most: int) -> Decimal | None:
    """Read an amount from a number or a text, exactly as it is spelled there.

    Parameters
    ----------
    value
        Anything; a server may have sent it.
    most
        The largest amount that is believed, in US dollars.

    Returns
    -------
    Decimal or None
        None where it is no amount: no finite number, below 0, above `most`, or with more than 60 decimal places.

    Examples
    --------
    >>> read_usd("2.5e-6", 1), read_usd(0.1, 1), read_usd(-1, 1), read_usd("1e-99999", 1)
    (Decimal('0.0000025'), Decimal('0.1'), None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        text = str(value).strip()
    except ValueError:  # a whole number of thousands of digits
        return None
    if len(text) > _MOST_CHARACTERS or not _AMOUNT.fullmatch(text):
        return None
    amount = Decimal(text)
    places = -int(amount.as_tuple().exponent)
    return amount.copy_abs() if 0 <= amount <= most and places <= _FINEST_PLACES else None


def total_usd(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up, exactly.

    Examples
    --------
    >>> total_usd([Decimal("0.1"), Decimal("1E-30")])
    Decimal('0.100000000000000000000000000001')
    """
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def spell_usd(amount: Decimal) -> str:
    """Spell an amount for people: in cents, or with up to three digits where it is less; never less than it is.

    Examples
    --------
    >>> spell_usd(Decimal("1.5")), spell_usd(Decimal("0.00012345")), spell_usd(Decimal(0))
    ('$1.50', '$0.000124', '$0.00')
    """
    # Rounded up: what is left must not look enough for a call that it is not enough for.
    place = min(-_CENT_PLACES, amount.adjusted() - _SHOWN_DIGITS + 1) if amount else -_CENT_PLACES
    step = Decimal((0, (1,), max(place, -_MOST_PLACES)))
    spelled = f"{amount.quantize(step, ROUND_UP, EXACT):f}"
    cents = spelled.index(".") + 1 + _CENT_PLACES
    return f"${spelled[:cents]}{spelled[cents:].rstrip('0')}"
