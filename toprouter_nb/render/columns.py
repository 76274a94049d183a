"""Pieces side by side: as many as there are in one row, which scrolls where they need more room.

Knows nothing of what is in them.
"""

from collections.abc import Sequence

from .fragment import Html, escape
from .style import style_sheet


def render_columns(columns: Sequence[tuple[str, Html]]) -> Html:
    """Render pieces with their titles side by side; one without a title is that piece alone.

    Examples
    --------
    >>> render_columns([("", Html("<p>x</p>"))])
    '<p>x</p>'
    >>> render_columns([("a & b", Html("<p>x</p>"))]).count("a &amp; b")
    2
    """
    if len(columns) == 1 and not columns[0][0]:
        return columns[0][1]
    shown = "".join(
        f'<section class="tr-column" aria-label="{escape(title)}"><div class="tr-title">{escape(title)}</div>'
        f"{piece}</section>"
        for title, piece in columns
    )
    return Html(f'<style>{style_sheet("columns.css")}</style><div class="tr-columns">{shown}</div>')
