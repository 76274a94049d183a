"""The one style sheet of all our HTML, as text that travels with each piece.

Knows nothing of what it styles; style.css is the source, scoped to `.tr-root`.
"""

import functools
import re
from importlib import resources

from .fragment import Html


@functools.cache
def style_tag() -> Html:
    """Return the style sheet as one `<style>` element, without needless white space.

    Examples
    --------
    >>> style_tag()[:16]
    '<style>.tr-root{'
    """
    return Html(f"<style>{style_sheet()}</style>")


@functools.cache
def style_sheet(name: str = "style.css") -> str:
    """Return a style sheet's text on one line, without its comments, for a view that has its own place for it."""
    return squeeze(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def squeeze(sheet: str) -> str:
    """Return a style sheet on one line without its comments: what shows a piece of ours carries it along.

    Examples
    --------
    >>> squeeze("/* Ours. */ .tr-a > p { margin: 0; }")
    '.tr-a>p{margin:0;}'
    """
    joined = re.sub(r"(?:/\*.*?\*/|\s)+", " ", sheet, flags=re.DOTALL)
    # A colon without a space after it stays: in `li:has` a space would mean another thing.
    return re.sub(r" ?([{};,>]|: ) ?", lambda match: match[1].strip(), joined).strip()
