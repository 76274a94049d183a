r"""The strings of a JSON text, each with its place in the document and where its characters stand.

Knows nothing of notebooks. A JSON library gives the values only; here a few characters of a file are changed and the
rest stays, byte for byte.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

# Possessive (`*+`): on a text without its closing quote an ordinary `*` would try every end.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,]')
_UNIT = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u.{4}|\\.|[^\\]+", re.DOTALL)

Place = tuple[str | int, ...]


class Literal(NamedTuple):
    """One string of a JSON text.

    Attributes
    ----------
    path
        The keys and indices that lead to it; a key of an object has the path of its object.
    start, end
        Where it begins and ends in the JSON text, quotes included.
    value
        What it says.
    """

    path: Place
    start: int
    end: int
    value: str


def read_literals(text: str) -> Iterator[Literal]:
    """Yield the strings of a JSON text, keys included, in their order.

    Linear, and without recursion.

    Parameters
    ----------
    text
        Valid JSON.

    Examples
    --------
    >>> [(literal.path, literal.value) for literal in read_literals('{"a": ["b", 1, "c"]}')]
    [((), 'a'), (('a', 0), 'b'), (('a', 2), 'c')]
    """
    # Of each open container the key or the index it stands at; None in an object where a key comes next.
    places: list[str | int | None] = []
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in "{[":
            places.append(None if mark == "{" else 0)
        elif mark in "}]":
            places.pop()
        elif mark == ",":
            places[-1] = places[-1] + 1 if isinstance(places[-1], int) else None
        elif mark == '"':
            value = json.loads(token.group(), strict=False)
            path = [place for place in places if place is not None]
            yield Literal(tuple(path), *token.span(), value)
            if places and places[-1] is None:
                places[-1] = value


def spans_in_text(text: str, literal: Literal, runs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    r"""Yield where characters of a literal's value stand in the JSON text; escapes count with all their characters.

    Parameters
    ----------
    text
        The JSON text.
    literal
        One of its strings.
    runs
        Begin and end of each run in `literal.value`, in order and apart from each other.

    Examples
    --------
    >>> text = r'["a\u0062c\nd"]'
    >>> literal, = read_literals(text)
    >>> [text[start:end] for start, end in spans_in_text(text, literal, [(1, 3), (3, 4)])]
    ['\\u0062c', '\\n']
    """
    wanted = iter([place for run in runs for place in run])
    place = next(wanted, None)
    found: list[int] = []
    count = 0
    for unit in _UNIT.finditer(text, literal.start + 1, literal.end - 1):
        is_plain = text[unit.start()] != "\\"
        size = unit.end() - unit.start() if is_plain else 1
        # A run may begin in the middle of plain letters, and never in the middle of an escape.
        while place is not None and place < count + size:
            found.append(unit.start() + place - count if is_plain else unit.start())
            place = next(wanted, None)
        count += size
    if place is not None:
        found.append(literal.end - 1)
    return zip(found[::2], found[1::2], strict=True)
