"""Tables as files: CSV, Excel, Parquet; written in one step, and no text in a sheet acts as a formula.

Knows nothing of columns' meanings.
"""

import datetime as dt
import io
import numbers
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten

# What opens a formula in one spreadsheet or another, in full width too; also after what may divide cells where a
# program splits the line in its own way, as Excel does with semicolons, and takes the quotes there for its own.
_SIGNS = r"=+\-@|\uff1d\uff0b\uff0d\uff20\uff5c\ufe66\ufe62\ufe63\ufe6b\u207a\u207b\u207c\u208a\u208b\u208c\u2212"
# An error's name alone in a cell is that error, in Excel's files as in CSV.
_ERRORS = r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)$"
_OPENS = re.compile(rf'(^|[;\t\r\n]"*)([^\S\t\r\n]*)(?=[{_SIGNS}\t\r]|{_ERRORS})')
# Excel's own limits, less the row of names ("Excel specifications and limits").
_MOST_ROWS, _MOST_CHARACTERS = 1_048_575, 32_767


def disarm(text: str) -> str:
    r"""Return text that no spreadsheet takes for a formula: with an apostrophe before what opens one.

    What would act on a screen is shown as an escape, too.

    References
    ----------
    OWASP, "CSV Injection".

    Examples
    --------
    >>> disarm("=HYPERLINK(1)"), disarm("a-b"), disarm("a;=1")
    ("'=HYPERLINK(1)", 'a-b', "a;'=1")
    """
    return _OPENS.sub(r"\1\2'", render_plain(text))


def as_sheet(frame: pd.DataFrame, *, has_zones: bool = True) -> pd.DataFrame:
    """Return a plain frame whose texts, in cells, names and index, no spreadsheet takes for formulas."""
    sheet = pd.DataFrame(frame).rename(columns=_disarmed, index=_disarmed)
    sheet.columns = sheet.columns.set_names([_disarmed(name) for name in sheet.columns.names])
    sheet.index = sheet.index.set_names([_disarmed(name) for name in sheet.index.names])
    changed = {place: _column(sheet.iloc[:, place], has_zones=has_zones) for place in range(sheet.shape[1])}
    for place, column in changed.items():
        if column is not None:
            sheet.isetitem(place, column)
    return sheet


def save_frame(frame: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a file of the kind its suffix names; see `Table.save`."""
    file = Path(path).expanduser()
    kind = file.suffix.lower()
    if kind not in _WRITERS:
        shown = shorten(repr(file.suffix), 20)
        message = f"A table is saved as one of {', '.join(_WRITERS)}, by the suffix of the file, not as {shown}."
        raise ParameterError(message)
    try:
        content = _WRITERS[kind](frame)
    except ImportError as error:
        package, extra = _NEEDS[kind]
        message = f"{kind} files need {package}: pip install 'toprouter_nb[{extra}]'. Or save the table as .csv."
        raise ParameterError(message) from error
    _write(file, content)
    return file


def save_csv(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write CSV to a file, whatever its suffix, in one step."""
    _write(path, _csv(frame))


def _write(path: str | os.PathLike[str], content: bytes) -> None:
    from ..archive.storage import write_whole

    write_whole(path, content)


def _disarmed(value: Any) -> Any:
    """Return what can stand in a sheet instead of a value: itself, or the safe text of what would be written."""
    if isinstance(value, numbers.Number | dt.timedelta):
        return value
    text = str(value)
    safe = disarm(text)
    return value if safe == text else safe


def _column(cells: "pd.Series[Any]", *, has_zones: bool) -> Any:
    """Return what shall stand in a column instead; None where it can stay."""
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return None if has_zones else cells.dt.tz_convert("UTC").dt.tz_localize(None)
    if not _may_hold_text(cells.dtype):
        return None
    values = cells.astype(object)
    try:
        # Each different text is looked at once: a ledger repeats few of them a million times.
        codes, texts = pd.factorize(values)
    except TypeError:  # lists and the like
        return values.map(_disarmed).to_numpy()
    safe = [_disarmed(text) for text in texts]
    return None if list(texts) == safe else pd.Series([None, *safe], dtype=object).take(codes + 1).to_numpy()


def _may_hold_text(dtype: Any) -> bool:
    kinds = pd.api.types
    return not (kinds.is_numeric_dtype(dtype) or kinds.is_datetime64_any_dtype(dtype) or dtype.kind == "m")


def _csv(frame: pd.DataFrame) -> bytes:
    text: str = as_sheet(frame).to_csv(index=_has_labels(frame), lineterminator="\n")
    return text.encode("utf-8", "backslashreplace")


def _excel(frame: pd.DataFrame) -> bytes:
    if len(frame) > _MOST_ROWS:
        message = f"An Excel sheet holds {_MOST_ROWS:,} rows, and the table has {len(frame):,}. Save .csv or .parquet."
        raise ParameterError(message)
    sheet = as_sheet(frame, has_zones=False).map(lambda cell: cell[:_MOST_CHARACTERS] if type(cell) is str else cell)
    stream = io.BytesIO()
    sheet.to_excel(stream, index=_has_labels(frame), sheet_name="usage", engine="openpyxl", freeze_panes=(1, 0))
    return stream.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    content: bytes = pd.DataFrame(frame).to_parquet(index=_has_labels(frame), engine="pyarrow")
    return content


def _has_labels(frame: pd.DataFrame) -> bool:
    """Say whether the index says more than 0, 1, 2 and so on."""
    is_count = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    return not is_count or frame.columns.nlevels > 1  # pandas writes names of several levels only beside an index


_WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {".csv": _csv, ".xlsx": _excel, ".parquet": _parquet}
_NEEDS = {".csv": ("pandas", "dev"), ".xlsx": ("openpyxl", "excel"), ".parquet": ("pyarrow", "parquet")}
