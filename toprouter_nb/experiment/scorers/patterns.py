"""A scorer that looks for a pattern in the answer, in bounded time whatever the pattern.

Knows patterns through the `regex` package: it can be stopped and lets other threads run, as the standard `re` cannot.
"""

from typing import Any

import regex as regexes

from ...errors import ParameterError
from ...plain import render_plain, shorten
from .function import Scorer, built_in
from .texts import references

_SHOWN = 80


@built_in
def regex(pattern: str, *, group: int | str | None = None, ignore_case: bool = False, seconds: float = 1.0) -> Scorer:
    r"""Score 1 where a pattern is found in the answer; or where what its group caught is the reference.

    Parameters
    ----------
    pattern
        A regular expression in Python's syntax. `^` and `$` match at lines, `.` matches line breaks.
    group
        The number or name of a group of the pattern: the last thing it caught is compared with the reference, white
        space around it left out. None asks only whether the pattern is found.
    ignore_case
        Whether "paris" matches "Paris".
    seconds
        How long one answer may take. A pattern that takes longer gives that row an error, no score.

    Raises
    ------
    ParameterError
        The pattern is none, or has no such group.

    Examples
    --------
    >>> regex(r"Answer: (\w+)", group=1)({"answer": "Hm.\nAnswer: Paris.", "reference": "Paris"})
    True
    """
    # Answers have many lines: "^Answer:" must find the last of them.
    flags = regexes.MULTILINE | regexes.DOTALL | (regexes.IGNORECASE if ignore_case else 0)
    compiled = _compile(pattern, flags)
    if group is not None and group not in compiled.groupindex and group not in range(1, compiled.groups + 1):
        message = f"The pattern has no group {shorten(repr(group), 40)}. It has {compiled.groups}."
        raise ParameterError(message)

    def score(row: Any) -> bool:
        if group is None:
            return _search(compiled, row.answer, seconds) is not None
        found = _last(compiled, row.answer, seconds)
        caught = None if found is None else found[group]
        return caught is not None and any(caught.strip() == str(right).strip() for right in references(row))

    said = f"regex({shorten(render_plain(pattern), _SHOWN)!r}" + ("" if group is None else f", group={group!r}")
    return Scorer(score, name=said + (", ignore_case=True)" if ignore_case else ")"), version=1)


def _compile(pattern: object, flags: int) -> Any:
    if not isinstance(pattern, str) or not pattern:
        message = f"A pattern is a text that is not empty, not {shorten(repr(pattern), 40)}."
        raise ParameterError(message)
    try:
        return regexes.compile(pattern, flags)
    except regexes.error as error:
        message = f"The pattern {shorten(render_plain(pattern), _SHOWN)!r} is no regular expression: {error}."
        raise ParameterError(message) from None


def search_within(pattern: str, text: str, seconds: float = 1.0) -> bool:
    r"""Say whether a pattern is found in a text, within so many seconds.

    Raises
    ------
    ParameterError
        The pattern is none, or took longer.

    Examples
    --------
    >>> search_within(r"^\d+$", "42")
    True
    """
    return _search(_compile(pattern, 0), text, seconds) is not None


def _search(compiled: Any, text: str, seconds: float) -> Any:
    try:
        return compiled.search(text, timeout=seconds)
    except TimeoutError:
        raise _too_slow(seconds) from None


def _last(compiled: Any, text: str, seconds: float) -> Any:
    """Return the last match: models tend to come to their answer at the end."""
    found = None
    try:
        for match in compiled.finditer(text, timeout=seconds):
            found = match
    except TimeoutError:
        raise _too_slow(seconds) from None
    return found


def _too_slow(seconds: float) -> ParameterError:
    message = f"The pattern took longer than {seconds:g} s on this answer. Avoid nested repetitions such as (a+)+."
    return ParameterError(message)
