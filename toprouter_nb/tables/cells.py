"""Cells of Python values in, one pandas array of the declared dtype out; what fits no column is missing.

Knows nothing of tables or columns' names. Quick for a million clean cells, patient with the odd one.
"""

import datetime as dt
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .columns import Dtype

_INT64_MAX = 2**63 - 1
_EXACT_INT = 2**53  # up to here a float holds every whole number
# Of datetime64[ns], in seconds since 1970, a day inside its bounds.
_FIRST_SECOND, _LAST_SECOND = (pd.Timestamp.min.timestamp() + 86_400, pd.Timestamp.max.timestamp() - 86_400)


def array_of(dtype: Dtype, cells: Sequence[Any]) -> Any:
    """Return the cells as a pandas array.

    Parameters
    ----------
    dtype
        Of `Column.dtype`. Times are seconds since 1970, UTC.
    cells
        Python values, None = missing. They may come from a server or a damaged file: a cell that is of another type,
        too large or not finite is missing.

    Examples
    --------
    >>> array_of("Int64", [1, None, "x"]).tolist()
    [1, <NA>, <NA>]
    """
    try:
        return _MAKERS[dtype](cells)
    except (ValueError, TypeError, OverflowError, UnicodeError):  # a cell no column can hold: look at each
        return _MAKERS[dtype]([_CHECKS[dtype](cell) for cell in cells])


@functools.cache
def text_dtype() -> "pd.StringDtype[Any]":
    """Return pandas' type of text: in Arrow's memory where pyarrow is installed, else Python's; both named "string"."""
    try:
        return pd.StringDtype("pyarrow")
    except ImportError:
        return pd.StringDtype("python")


def join_arrays(arrays: Sequence[Any]) -> Any:
    """Join the arrays of one column's pieces."""
    return arrays[0] if len(arrays) == 1 else type(arrays[0])._concat_same_type(arrays)  # noqa: SLF001  # as pandas' documentation of extension arrays names it


def _texts(cells: Sequence[Any]) -> Any:
    if text_dtype().storage == "python":
        return pd.array(np.array(cells, dtype=object), dtype=text_dtype())
    import pyarrow as pa

    # Large strings: 64-bit offsets, as pandas itself makes; 32-bit ones end at 2 GiB of text in a column.
    return pd.arrays.ArrowStringArray(pa.chunked_array([pa.array(cells, pa.large_string())]))


def _floats(cells: Sequence[Any]) -> Any:
    values, missing = _numbers(cells)
    return pd.arrays.FloatingArray(values, missing)


def _integers(cells: Sequence[Any]) -> Any:
    values, missing = _numbers(cells)
    # The quick way, through floats, is exact up to 2**53; a seed or a count beyond goes cell by cell.
    if np.abs(values).max(initial=0) < _EXACT_INT:
        return pd.arrays.IntegerArray(values.astype(np.int64), missing)
    return pd.array([pd.NA if whole is None else whole for whole in map(_whole, cells)], dtype="Int64")


def _booleans(cells: Sequence[Any]) -> Any:
    values, missing = _numbers(cells)
    return pd.arrays.BooleanArray(values != 0, missing)


def _times(cells: Sequence[Any]) -> Any:
    values, missing = _numbers(cells)
    missing |= (values < _FIRST_SECOND) | (values > _LAST_SECOND)
    # A float of seconds holds microseconds and no more; nanoseconds would be noise.
    micros = np.rint(np.where(missing, 0, values) * 1e6).astype(np.int64).astype("datetime64[us]")
    micros[missing] = np.datetime64("NaT")
    return pd.array(micros.astype("datetime64[ns]"), dtype="datetime64[ns]").tz_localize("UTC")


def _numbers(cells: Sequence[Any]) -> tuple[Any, Any]:
    """Return floats and where they are missing; numpy reads None as not a number, and decimals in text."""
    values = np.array(cells, dtype=np.float64)
    missing = ~np.isfinite(values)
    values[missing] = 0
    return values, missing


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, bytes):
        return None
    return str(cell).encode("utf-8", "replace").decode("utf-8")


def _number(cell: Any) -> float | None:
    try:
        return None if isinstance(cell, bytes) else float(cell)
    except (ValueError, TypeError, OverflowError):
        return None


def _whole(cell: Any) -> int | None:
    number = _number(cell)
    if number is None or not math.isfinite(number):
        return None
    whole = cell if isinstance(cell, int) else int(number)
    return whole if abs(whole) <= _INT64_MAX else None


def _time(cell: Any) -> float | None:
    return cell.timestamp() if isinstance(cell, dt.datetime) else _number(cell)


_MAKERS: dict[Dtype, Callable[[Sequence[Any]], Any]] = {
    "string": _texts,
    "Int64": _integers,
    "Float64": _floats,
    "boolean": _booleans,
    "datetime64[ns, UTC]": _times,
}
_CHECKS: dict[Dtype, Callable[[Any], Any]] = {
    "string": _text,
    "Int64": _whole,
    "Float64": _number,
    "boolean": _number,
    "datetime64[ns, UTC]": _time,
}
