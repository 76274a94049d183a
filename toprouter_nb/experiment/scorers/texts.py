"""Scorers that compare an answer with the reference as text: the same, within it, alike.

Knows nothing of numbers, patterns or JSON.
"""

import math
import re
import unicodedata
from collections import Counter
from typing import Any

from ...errors import ParameterError
from .function import Scorer, built_in

# Three letters tell words apart and forgive endings; two meet by chance, four miss every typing error.
_GRAM = 3


@built_in
def exact(*, ignore_case: bool = False) -> Scorer:
    r"""Score 1 where the answer is the reference, but for white space around it.

    Parameters
    ----------
    ignore_case
        Whether "paris" is "Paris".

    Returns
    -------
    Scorer
        Of rows whose reference is a text or a number, or a list of those any of which is right.

    Examples
    --------
    >>> exact()({"answer": " Paris\n", "reference": "Paris"})
    True
    """

    def score(row: Any) -> bool:
        answer = _form(row.answer, ignore_case=ignore_case)
        return any(answer == _form(right, ignore_case=ignore_case) for right in references(row))

    return Scorer(score, name=_name("exact", ignore_case=ignore_case), version=1)


@built_in
def contains(text: str | None = None, *, ignore_case: bool = False, whole_words: bool = False) -> Scorer:
    """Score 1 where the answer contains a text.

    Parameters
    ----------
    text
        What to look for; None looks for the reference, or for any of them where it is a list.
    ignore_case
        Whether "paris" is found in "Paris."
    whole_words
        Whether "14" is not found in "140".

    Examples
    --------
    >>> contains(whole_words=True)({"answer": "It is 140.", "reference": "14"})
    False
    """

    def score(row: Any) -> bool:
        answer = _form(row.answer, ignore_case=ignore_case)
        wanted = references(row) if text is None else [text]
        return any(_is_in(_form(part, ignore_case=ignore_case), answer, whole_words=whole_words) for part in wanted)

    if text is not None and (not isinstance(text, str) or not text.strip()):
        message = "scorers.contains looks for a text that is not empty, or for the reference when none is given."
        raise ParameterError(message)
    options = {"text": text, "ignore_case": ignore_case, "whole_words": whole_words}
    return Scorer(score, name=_name("contains", **options), version=1)


@built_in
def similarity(*, passing: float | None = None) -> Scorer:
    """Score from 0 to 1 how alike answer and reference are: the cosine of their counts of three-letter pieces.

    Case and white space do not count. It takes time in proportion to the lengths, and is the same both ways.

    Parameters
    ----------
    passing
        From which score on an answer passes; None lets none pass or fail.

    Examples
    --------
    >>> round(similarity()({"answer": "The cat sat.", "reference": "The cats sat."}), 2)
    0.8
    """

    def score(row: Any) -> Any:
        value = max(_alike(row.answer, right) for right in references(row))
        return value if passing is None else {"value": value, "passed": value >= passing}

    if passing is not None and not 0 <= passing <= 1:
        message = f"passing is a score from 0 to 1, not {passing!r}."
        raise ParameterError(message)
    return Scorer(score, name=_name("similarity", passing=passing), version=1)


def references(row: Any) -> list[Any]:
    """Return the right answers of a row, at least one.

    Raises
    ------
    ParameterError
        The prompt has none.
    """
    reference = row.reference
    right = list(reference) if isinstance(reference, list | tuple | set | frozenset) else [reference]
    if not right or any(entry is None for entry in right):
        message = "This prompt has no reference to compare with. Add a column reference to the prompts."
        raise ParameterError(message)
    return right


def _form(value: object, *, ignore_case: bool) -> str:
    """Bring a text to the form in which it is compared."""
    # An accent is one letter or two, by the model's whim, and looks the same.
    text = unicodedata.normalize("NFC", str(value)).strip()
    return text.casefold() if ignore_case else text


def _is_in(part: str, text: str, *, whole_words: bool) -> bool:
    if not whole_words:
        return part in text
    # Not `\b`: after "C++" it would ask for a letter.
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def _alike(first: object, second: object) -> float:
    one, other = _grams(str(first)), _grams(str(second))
    if not one or not other:
        return float(one == other)
    shared = sum(count * other[gram] for gram, count in one.items())
    lengths = sum(n * n for n in one.values()) * sum(n * n for n in other.values())
    return min(shared / math.sqrt(lengths), 1.0)


def _grams(text: str) -> Counter[str]:
    words = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    # The blanks at the ends make the beginnings and endings of words pieces of their own.
    padded = f" {words} " if words else ""
    return Counter(padded[place : place + _GRAM] for place in range(len(padded) - _GRAM + 1))


def _name(name: str, **options: object) -> str:
    """Spell a scorer with what was not left at its default, which is part of what its scores mean."""
    said = ", ".join(f"{option}={value!r}" for option, value in options.items() if value not in (None, False))
    return f"{name}({said})"[:200] if said else name
