"""Prompts with right answers, made by chance: no data set, unlimited, and in nobody's training data.

Knows nothing of frames or models. The same name, count and seed always give the same prompts.
"""

import datetime as dt
import json
import random
from collections.abc import Callable, Mapping
from fractions import Fraction

from ..errors import ParameterError
from ..plain import render_plain, shorten

_MOST = 100_000
# fmt: off
_WORDS = (
    "banana", "cinnamon", "raspberry", "committee", "parallel", "statistics", "bookkeeper", "mississippi",
    "tomorrow", "address", "occurrence", "balloon", "possession", "accommodate", "giraffe", "millennium",
    "broccoli", "caterpillar", "saxophone", "umbrella", "harmonica", "pineapple",
)
_NAMES = (
    "Ada", "Ben", "Chloe", "Dev", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona", "Nils",
    "Olga", "Paul", "Rosa", "Sven", "Tara", "Uma",
)
_THINGS = (
    "lamp", "chair", "desk", "cup", "plate", "spoon", "clock", "shelf", "basket", "mirror", "kettle", "pillow",
)
# fmt: on
# (from, to, how many of `to` make one of `from`): all exact by definition.
_UNITS = (
    ("kilometres", "metres", Fraction(1000)),
    ("hours", "minutes", Fraction(60)),
    ("metres", "centimetres", Fraction(100)),
    ("kilograms", "grams", Fraction(1000)),
    ("days", "hours", Fraction(24)),
    ("inches", "centimetres", Fraction(254, 100)),
    ("litres", "millilitres", Fraction(1000)),
    ("minutes", "seconds", Fraction(60)),
)
# With 36,500 days on, leap years and one century that is none (2100) are among the dates.
_FIRST_DAY = dt.date(2001, 1, 1)


def make_demo(name: str, count: int, seed: int) -> list[dict[str, str]]:
    """Make prompts with references.

    Parameters
    ----------
    name
        One of `DEMOS`.
    count
        How many, no two the same: 1 to 100,000.
    seed
        A whole number.

    Returns
    -------
    list of dict
        With "prompt" and "reference", both texts.

    Raises
    ------
    ParameterError
        The name is unknown, or the count is out of range.

    Examples
    --------
    >>> make_demo("sorting", 1, seed=1)[0]["reference"]
    '19, 33, 76, 82, 87, 88'
    """
    make = DEMOS.get(name)
    if make is None:
        message = f"There are no prompts demo/{shorten(render_plain(name), 40)}. There are: {', '.join(DEMOS)}."
        raise ParameterError(message)
    if not 1 <= count <= _MOST:
        message = f"n of demo prompts is from 1 to {_MOST:,}, not {count:,}."
        raise ParameterError(message)
    # Seeded by text, which Python hashes the same way in every release (`random.seed`, version 2).
    chance = random.Random(f"{name} {seed}")  # noqa: S311  # a reproducible sample, not a secret
    made: dict[str, str] = {}
    while len(made) < count:
        prompt, reference = make(chance)
        made.setdefault(prompt, reference)
    return [{"prompt": prompt, "reference": reference} for prompt, reference in made.items()]


def _arithmetic(chance: random.Random) -> tuple[str, str]:
    first, second = chance.randint(2, 999), chance.randint(2, 999)
    sign, result = chance.choice([("+", first + second), ("-", first - second), ("*", first * second)])
    return f"What is {first} {sign} {second}? Answer with the number alone.", str(result)


def _dates(chance: random.Random) -> tuple[str, str]:
    day = _FIRST_DAY + dt.timedelta(days=chance.randrange(36_500))
    days = chance.randint(2, 400)
    asked = f"Which date is {days} days after {day.isoformat()}? Answer as YYYY-MM-DD, with the date alone."
    return asked, (day + dt.timedelta(days=days)).isoformat()


def _json(chance: random.Random) -> tuple[str, str]:
    buyer, items = chance.choice(_NAMES), chance.sample(_THINGS, 3)
    lines = [{"item": item, "count": chance.randint(1, 20)} for item in items]
    order = {"order": chance.randint(1_000, 9_999), "buyer": {"name": buyer}, "lines": lines}
    wanted = chance.choice(lines)
    asked = (
        f"Here is an order:\n{json.dumps(order)}\nWhat is the count of {wanted['item']}? Answer with the number alone."
    )
    return asked, str(wanted["count"])


def _letters(chance: random.Random) -> tuple[str, str]:
    words = chance.sample(_WORDS, chance.randint(3, 4))
    letter = chance.choice(sorted(set("".join(words))))
    asked = f"How often does the letter {letter} occur in: {' '.join(words)}? Answer with the number alone."
    return asked, str("".join(words).count(letter))


def _sorting(chance: random.Random) -> tuple[str, str]:
    values = chance.sample(range(10, 100), chance.randint(4, 7))
    listed = ", ".join(map(str, values))
    asked = f"Sort from smallest to largest: {listed}. Answer with the numbers alone, separated by commas."
    return asked, ", ".join(map(str, sorted(values)))


def _units(chance: random.Random) -> tuple[str, str]:
    source, target, factor = chance.choice(_UNITS)
    amount = Fraction(chance.randint(1, 40_000), chance.choice((1, 2, 4)))
    asked = f"How many {target} are {_decimal(amount)} {source}? Answer with the number alone."
    return asked, _decimal(amount * factor)


def _decimal(value: Fraction) -> str:
    """Write a number exactly, without trailing zeros; the denominators here divide 10,000."""
    whole, rest = divmod(value.numerator * 10_000 // value.denominator, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


DEMOS: Mapping[str, Callable[[random.Random], tuple[str, str]]] = {
    "arithmetic": _arithmetic,
    "dates": _dates,
    "json": _json,
    "letters": _letters,
    "sorting": _sorting,
    "units": _units,
}
