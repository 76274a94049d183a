"""Tables of prompts on disk, read into frames: CSV, JSON lines, Parquet.

Knows nothing of which column means what. Texts of a CSV stay texts: "007" and "NA" are not read as numbers or gaps.
"""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten

# 128 MiB; Python's own limit of 128 KiB is less than one book chapter.
_LONGEST_FIELD = 2**27


def read_prompt_file(path: Path) -> pd.DataFrame:
    """Read a table; its kind is told by the suffix: .csv, .jsonl (or .ndjson), .parquet.

    Parameters
    ----------
    path
        Of a file in UTF-8, or Parquet.

    Returns
    -------
    DataFrame
        One row a record, all columns of dtype object, gaps as None.

    Raises
    ------
    ParameterError
        The file is missing, of another kind, empty, or damaged; the message names the line where there is one. Or it
        is a Parquet file, and pyarrow is not installed.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        message = (
            f"{_shown(path)} is no table that can be read: use {', '.join(_READERS)}, or pass a DataFrame. Prompts "
            "themselves come in a list; made ones are called 'demo/arithmetic' and the like."
        )
        raise ParameterError(message)
    if "\0" in str(path):
        message = f"{_shown(path)} is no path: it has a null byte."
        raise ParameterError(message)
    try:
        frame = reader(path)
    except UnicodeDecodeError:
        message = f"{_shown(path)} is not in UTF-8. Save it as UTF-8, or read it with pandas and pass the DataFrame."
        raise ParameterError(message) from None
    except OSError as error:
        message = f"{_shown(path)} cannot be read: {error.strerror or type(error).__name__}."
        raise ParameterError(message) from error
    if frame.empty:
        message = f"{_shown(path)} holds no prompts."
        raise ParameterError(message)
    return frame.astype(object).where(frame.notna(), None)


def _read_csv(path: Path) -> pd.DataFrame:
    # One limit for the process: raised where it is lower, for no reader has its own, and never taken from others.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    # Excel writes the mark that "-sig" takes off; `newline=""` is what `csv` needs to keep line ends inside of fields.
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            names = next(rows, [])
            records = []
            for row in rows:
                if row:
                    _check_width(path, rows.line_num, len(row), len(names))
                    records.append(row)
        except csv.Error as error:
            message = f"{_shown(path)} is damaged at line {rows.line_num}: {error}."
            raise ParameterError(message) from None
    if len(set(names)) < len(names):
        message = f"{_shown(path)} has two columns of one name. Give each column its own."
        raise ParameterError(message)
    return pd.DataFrame(records, columns=names, dtype=object)


def _check_width(path: Path, line: int, width: int, wanted: int) -> None:
    if width != wanted:
        message = f"{_shown(path)}, line {line} has {width} fields where the first line names {wanted}."
        raise ParameterError(message)


def _read_json_lines(path: Path) -> pd.DataFrame:
    records: list[Mapping[str, Any]] = []
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                records.append(_json_object(path, number, line))
    return pd.DataFrame({name: [record.get(name) for record in records] for name in _names(records)}, dtype=object)


def _json_object(path: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        message = f'{_shown(path)}, line {number} is no JSON object. Each line is one, such as {{"prompt": "..."}}.'
        raise ParameterError(message)
    return record


def _names(records: list[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record))


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        message = "Parquet files need pyarrow: pip install 'toprouter_nb[parquet]'."
        raise ParameterError(message) from None
    try:
        table = parquet.read_table(path)
    except pa.ArrowException as error:
        message = f"{_shown(path)} is no Parquet file that can be read: {shorten(render_plain(str(error)), 200)}"
        raise ParameterError(message) from None
    columns = {name: table.column(place).to_pylist() for place, name in enumerate(table.column_names)}
    return pd.DataFrame(columns, dtype=object)


def _shown(path: Path) -> str:
    return shorten(render_plain(str(path)), 200)


_READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}
