"""A table of figures as safe HTML: units in its head, a row of totals, small bars beside the numbers.

Takes texts and shares that are ready to be shown; knows nothing of frames. The text is escaped, whatever it is.
"""

import dataclasses
from collections.abc import Sequence

from .cards import render_note, render_root
from .fragment import Html, escape
from .style import style_sheet

_DASH = '<span class="tr-none">\N{EN DASH}</span>'


@dataclasses.dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column that is shown.

    Attributes
    ----------
    name, unit
        Its head; "" for no unit.
    cells
        One text a row; None is shown as a dash.
    is_number
        True sets it to the right.
    bars
        For each row the length of its bar, 0 to 1; empty for no bars.
    total
        What stands in the row of totals; "" for nothing.
    """

    name: str
    unit: str
    cells: Sequence[str | None]
    is_number: bool = False
    bars: Sequence[float] = ()
    total: str = ""


def render_sheet(
    columns: Sequence[SheetColumn], *, notes: Sequence[str] = (), gap: int | None = None, left_out: int = 0
) -> Html:
    """Render a table as a piece that stands alone.

    Parameters
    ----------
    columns
        All with as many cells; the first names the rows.
    notes
        Remarks in small print below it.
    gap, left_out
        Before which row how many were left out; None where all are there.

    Examples
    --------
    >>> sheet = render_sheet([SheetColumn("model", "", ["a<b"]), SheetColumn("cost", "$", [None])])
    >>> "a&lt;b" in sheet, "tr-none" in sheet
    (True, True)
    """
    rows = [_row(columns, place) for place in range(len(columns[0].cells))]
    if gap is not None:
        rows.insert(gap, f'<tr><td class="tr-gap-row" colspan="{len(columns)}">{left_out:,} more rows</td></tr>')
    body = f"<thead><tr>{''.join(map(_head, columns))}</tr></thead><tbody>{''.join(rows)}</tbody>{_foot(columns)}"
    table = f'<div class="tr-table" role="region" aria-label="Table" tabindex="0"><table>{body}</table></div>'
    style = f"<style>{style_sheet('sheet.css')}</style>"
    return render_root(style, f'<div class="tr-sheet">{table}{"".join(map(render_note, notes))}</div>')


def _head(column: SheetColumn) -> str:
    unit = f'<span class="tr-unit">{escape(column.unit)}</span>' if column.unit else ""
    return f'<th scope="col"{_side(column)}>{escape(column.name)}{unit}</th>'


def _row(columns: Sequence[SheetColumn], place: int) -> str:
    first, *rest = columns
    cells = "".join(_td(column, place) for column in rest)
    return f'<tr><th scope="row"{_side(first)}>{_cell(first, place)}</th>{cells}</tr>'


def _td(column: SheetColumn, place: int) -> str:
    return f"<td{_side(column)}>{_cell(column, place)}</td>"


def _cell(column: SheetColumn, place: int) -> str:
    text = column.cells[place]
    if text is None:
        return _DASH
    length = column.bars[place] if column.bars else 0
    bar = f'<span class="tr-bar" style="width:{length:.1%}"></span>' if length else ""
    return f"{escape(text)}{bar}"


def _foot(columns: Sequence[SheetColumn]) -> str:
    if not any(column.total for column in columns):
        return ""
    first, *rest = columns
    cells = "".join(f"<td{_side(column)}>{escape(column.total)}</td>" for column in rest)
    return f'<tfoot><tr><th scope="row"{_side(first)}>{escape(first.total or "Total")}</th>{cells}</tr></tfoot>'


def _side(column: SheetColumn) -> str:
    return ' class="tr-right"' if column.is_number else ""
