"""Writes a pandas DataFrame as a text table that a model can read.

Knows frames by their methods only: pandas is never imported here.
"""

from collections.abc import Iterator
from typing import Any

from .foreign import is_of
from .plain import shorten

# What a person would look at, and about 8,000 tokens at most: more is a matter for code, not for a model's eyes.
ROWS = 50
COLUMNS = 50
TABLE_BYTES = 32 * 1_024
CELL_CHARACTERS = 200
NAME_CHARACTERS = 40
# As many as the type holds for sure.
_DIGITS = {"float16": 3, "float32": 6}
_MOST_DIGITS = 12
# What would end a cell or a row of the table.
_ESCAPES = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def is_frame(source: object) -> bool:
    """Say whether `source` is a pandas DataFrame.

    Examples
    --------
    >>> is_frame([[1, 2]])
    False
    """
    return is_of(source, "pandas", "DataFrame")


def render_frame(frame: Any) -> str:
    r"""Write a DataFrame as a text: its size, its types, and a Markdown table of its first rows and columns.

    Cells hold values as Python writes them, floats with at most 12 digits; a bar or a line break inside is escaped
    with a backslash, and what is longer than 200 characters ends in an ellipsis. The index is written wherever it
    says more than 0, 1, 2 and so on. What is left out is said in the first line.

    Parameters
    ----------
    frame
        A pandas DataFrame; it is not changed.

    Returns
    -------
    str
        At most 50 rows, 50 columns and 32 KiB, whichever comes first.

    Examples
    --------
    >>> import pandas as pd
    >>> print(render_frame(pd.DataFrame({"legs": [2, 8], "kilograms": [0.5, 4.2]}, index=[11, 12])))
    DataFrame of 2 rows x 2 columns
    Types: (index) int64, legs int64, kilograms float64
    <BLANKLINE>
    | (index) | legs | kilograms |
    | --- | --- | --- |
    | 11 | 2 | 0.5 |
    | 12 | 8 | 4.2 |
    """
    shown = frame.iloc[:ROWS, :COLUMNS]
    levels = _index_levels(frame.index)
    names = [*levels, *(_name(column) for column in shown.columns)]
    if not names:
        return _title(frame, 0)
    types = [*_index_types(frame.index, len(levels)), *(str(kind) for kind in shown.dtypes)]
    head = ["Types: " + ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))]
    if any(name is not None for name in frame.columns.names):
        head.append(f"Columns: {_name(tuple(frame.columns.names))}")
    head += ["", _row(names), _row(["---"] * len(names))]
    rows = _fitting(_rows(shown, has_index=bool(levels)), TABLE_BYTES - len("\n".join(head).encode("utf-8", "replace")))
    return "\n".join([_title(frame, len(rows)), *head, *rows])


def _title(frame: Any, shown_rows: int) -> str:
    rows, columns = frame.shape
    cuts = [
        f"first {shown:,} of {there:,} {what}"
        for shown, there, what in ((shown_rows, rows, "rows"), (min(columns, COLUMNS), columns, "columns"))
        if shown < there
    ]
    return f"DataFrame of {rows:,} rows x {columns:,} columns" + (f" ({', '.join(cuts)})" if cuts else "")


def _index_levels(index: Any) -> list[str]:
    """Return the names of the index's levels; none for the index that pandas makes by itself."""
    is_default = is_of(index, "pandas", "RangeIndex") and index.start == 0 and index.step == 1
    if is_default and index.name is None:
        return []
    return [_name("(index)" if name is None else name) for name in index.names]


def _index_types(index: Any, levels: int) -> list[str]:
    if not levels:
        return []
    return [str(kind) for kind in index.dtypes] if is_of(index, "pandas", "MultiIndex") else [str(index.dtype)]


def _rows(shown: Any, *, has_index: bool) -> Iterator[str]:
    is_nested = is_of(shown.index, "pandas", "MultiIndex")
    digits = [_DIGITS.get(str(kind), _MOST_DIGITS) for kind in shown.dtypes]
    for label, *values in shown.itertuples(name=None):
        labels = [] if not has_index else label if is_nested else [label]
        cells = [_cell(value, most) for value, most in zip(values, digits, strict=True)]
        yield _row([*(_cell(part, _MOST_DIGITS) for part in labels), *cells])


def _fitting(rows: Iterator[str], most_bytes: int) -> list[str]:
    """Return as many of the first rows as fit into `most_bytes`."""
    fitting: list[str] = []
    for row in rows:
        most_bytes -= len(row.encode("utf-8", "replace")) + 1
        if most_bytes < 0:
            break
        fitting.append(row)
    return fitting


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _name(column: object) -> str:
    """Write a column's name; the levels of a nested one are joined."""
    parts = column if isinstance(column, tuple) else (column,)
    text = " / ".join("(unnamed)" if part is None else str(part) for part in parts)
    return shorten(text, NAME_CHARACTERS).translate(_ESCAPES)


def _cell(value: object, digits: int) -> str:
    text = f"{value:.{digits}g}" if isinstance(value, float) else str(value)
    return shorten(text, CELL_CHARACTERS).translate(_ESCAPES)
