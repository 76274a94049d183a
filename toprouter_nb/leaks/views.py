"""What a person sees of marked-up text, with the way back to where it stands.

Knows nothing of secrets.
"""

import bisect
import re
from collections.abc import Iterator
from typing import NamedTuple

# Colours of a terminal, and tags: both may stand in the middle of a word. Bounded, for a page may hold a lone "<".
_MARKUP = re.compile(r"\x1b\[[0-9;]{0,40}m|</?[a-zA-Z][^<>]{0,1000}>")
_BLANK = re.compile(r"\s+")


class View(NamedTuple):
    """A text with some of its characters left out.

    Attributes
    ----------
    text
        What is left.
    places
        Where each kept stretch begins in `text`.
    origins
        Where each kept stretch begins in the text it was taken from.
    """

    text: str
    places: list[int]
    origins: list[int]

    def runs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield where `text[start:end]` stands in the text it was taken from, stretch by stretch."""
        index = bisect.bisect_right(self.places, start) - 1
        while start < end:
            stop = self.places[index + 1] if index + 1 < len(self.places) else len(self.text)
            shift = self.origins[index] - self.places[index]
            yield start + shift, min(end, stop) + shift
            start, index = stop, index + 1


def without_markup(text: str) -> View:
    r"""Leave out tags and terminal colours.

    Examples
    --------
    >>> view = without_markup("a<b>b\x1b[1mc</b>")
    >>> view.text, list(view.runs(1, 3))
    ('abc', [(4, 5), (9, 10)])
    """
    return _without(_MARKUP, text)


def without_blanks(text: str) -> View:
    r"""Leave out white space, as encoded data may be broken into lines.

    Examples
    --------
    >>> without_blanks("YWJj\nZGVm\n").text
    'YWJjZGVm'
    """
    return _without(_BLANK, text)


def _without(left_out: re.Pattern[str], text: str) -> View:
    view = View("", [], [])
    kept: list[str] = []
    place = position = 0
    for start, end in [*(match.span() for match in left_out.finditer(text)), (len(text), len(text))]:
        if start > position:
            kept.append(text[position:start])
            view.places.append(place)
            view.origins.append(position)
            place += start - position
        position = end
    return view._replace(text="".join(kept))
