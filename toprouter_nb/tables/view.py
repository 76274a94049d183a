"""A table as people see it in a notebook: which columns and rows are shown, with which totals and remarks.

Knows nothing of HTML: `render.sheet` draws what is decided here.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from ..render.fragment import Html
from ..render.sheet import SheetColumn, render_sheet
from .columns import COLUMNS, Column
from .money import exact_usd
from .spelling import count_decimals, is_number, spell_column, spell_number

_UNITS = {"US dollars": "USD", "US dollars / 1,000,000 tokens": "USD / 1M tokens", "-": ""}
_ASKED, _SERVED = "requested_model", "served_model"
_COST, _DASH = "cost_usd", "\N{EN DASH}"


def render_view(frame: pd.DataFrame) -> Html | None:
    """Render a table: empty columns left out and named; of many rows the first and the last, as pandas does.

    Parameters
    ----------
    frame
        Any frame; it is not changed.

    Returns
    -------
    Html or None
        None where it has no column of ours, or names of columns that are no texts; pandas shows such a frame better.
    """
    names = list(frame.columns)
    is_ours = any(isinstance(name, str) and name in COLUMNS for name in names)
    if frame.columns.nlevels > 1 or not is_ours or len(set(names)) < len(names):
        return None
    has_values = frame.notna().any()
    empty = [name for name in names if len(frame) and not has_values[name]]
    told_twice = [_SERVED] if _SERVED not in empty and _is_as_asked(frame) else []
    if len(empty) == len(names):  # a table of nothing but dashes says more than no table
        empty = []
    kept = [name for name in names if name not in (*empty, *told_twice)]
    shown, gap = _rows(frame)
    columns = [*_labels(shown), *(_column(frame, shown, name) for name in kept)]
    notes = [*_money_notes(frame), *([f"Empty, and not shown: {', '.join(map(str, empty))}."] if empty else [])]
    notes += ["Not shown: served_model, which is always the one asked for."] if told_twice else []
    notes += [] if len(frame) else ["No calls yet." if "calls" in names or _COST in names else "No rows."]
    return render_sheet(columns, notes=notes, gap=gap, left_out=len(frame) - len(shown))


def unpriced_calls(frame: pd.DataFrame) -> tuple[int, int]:
    """Return of how many calls the cost is not known, and of how many in all; for a table of calls, or of groups."""
    if all(name in frame and is_numeric_dtype(frame[name].dtype) for name in ("unpriced_calls", "calls")):
        return int(frame["unpriced_calls"].sum()), int(frame["calls"].sum())
    return (int(frame[_COST].isna().sum()), len(frame)) if _COST in frame else (0, len(frame))


def spell_total(column: Column, values: "pd.Series[Any]", cells: Sequence[Any]) -> str | None:
    """Write the sum of a column with as many decimals as the cells that are shown above it; None for no sum."""
    total: Any = exact_usd(values) if column.name == _COST else values.sum(min_count=1)
    if total is None or total is pd.NA:
        return None
    return spell_number(total, count_decimals(column, [*filter(is_number, cells), total]))


def to_python(values: "pd.Series[Any]") -> list[Any]:
    """Return a column as Python values, None where one is missing."""
    return [None if is_missing else value for value, is_missing in zip(values.tolist(), values.isna(), strict=True)]


def _is_as_asked(frame: pd.DataFrame) -> bool:
    """Say whether every call was answered by the model it asked for, as far as is known."""
    if frame.empty or not {_ASKED, _SERVED} <= set(frame.columns):
        return False
    return bool((frame[_SERVED].isna() | (frame[_SERVED] == frame[_ASKED]).fillna(value=False)).all())


def _rows(frame: pd.DataFrame) -> tuple[pd.DataFrame, int | None]:
    """Return the rows to show, and before which of them some are left out."""
    most, least = pd.get_option("display.max_rows"), pd.get_option("display.min_rows")
    if not most or len(frame) <= most:
        return frame, None
    half = max(1, min(least or most, most) // 2)
    return pd.concat([frame.head(half), frame.tail(half)]), half


def _labels(shown: pd.DataFrame) -> list[SheetColumn]:
    """Return the index as columns; none where it only counts the rows."""
    index = shown.index
    if index.nlevels == 1 and index.name is None and _is_count(index):
        return []
    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    return [_plain_column("" if level.name is None else str(level.name), level) for level in levels]


def _is_count(index: "pd.Index[Any]") -> bool:
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _plain_column(name: str, values: Iterable[Any]) -> SheetColumn:
    listed = to_python(pd.Series(list(values), dtype=object))
    return SheetColumn(name, "", spell_column(None, listed), any(map(is_number, listed)))


def _column(frame: pd.DataFrame, shown: pd.DataFrame, name: Any) -> SheetColumn:
    column = COLUMNS.get(name)
    values = to_python(shown[name])
    numbers = [value for value in values if is_number(value)]
    is_numeric = column.dtype in ("Int64", "Float64") if column else bool(numbers)
    if column is None or not numbers or not is_numeric_dtype(frame[name].dtype):  # somebody else's by now
        return SheetColumn(str(name), _unit(column), spell_column(column, values), is_numeric)
    bars = _bars(values) if column.has_bars and len(numbers) > 1 else ()
    total = spell_total(column, frame[name], numbers) or _DASH if column.adds_up and len(frame) > 1 else ""
    return SheetColumn(column.name, _unit(column), spell_column(column, values), True, bars, total)  # noqa: FBT003  # is_number


def _unit(column: Column | None) -> str:
    """Return the unit for the head of a column; "" where its name says it already."""
    if column is None or column.unit.replace(" / ", "_per_").removesuffix("s") in column.name:
        return ""
    return _UNITS.get(column.unit, column.unit)


def _bars(values: Sequence[Any]) -> list[float]:
    known = [max(0.0, float(value)) if is_number(value) else 0.0 for value in values]
    longest = max(known)
    return [length / longest for length in known] if longest > 0 else []


def _money_notes(frame: pd.DataFrame) -> list[str]:
    unpriced, calls = unpriced_calls(frame)
    if not unpriced:
        return []
    what = f"{unpriced:,} of {calls:,} calls" if calls > 1 else "this call"
    return [f"The cost of {what} is not known" + (", and not in the total." if unpriced < calls else ".")]
