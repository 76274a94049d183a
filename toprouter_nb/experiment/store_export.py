"""Writes the rows of a run to a Parquet or CSV file, a block at a time.

Knows nothing of runs. A file is written beside its place and moved there, so that nobody reads half of one.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ParameterError, StorageError
from ..plain import render_plain, shorten
from .results_frames import frame_blocks
from .store import Store

# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_rows(store: Store, file: Path) -> None:
    """Write the rows to a file; its ending says the format.

    Raises
    ------
    ParameterError
        The ending is neither `.parquet` nor `.csv`, or pyarrow is not installed.
    StorageError
        The file cannot be written.
    """
    writers = {".parquet": _write_parquet, ".csv": _write_csv}
    write = writers.get(file.suffix.lower())
    if write is None:
        message = f"export() writes .parquet and .csv, not {shorten(render_plain(file.name), 80)!r}."
        raise ParameterError(message)
    part = file.with_name(f".{file.name}.part")
    try:
        write(frame_blocks(store), part)
        part.replace(file)
    except OSError as error:
        message = f"{shorten(render_plain(str(file)), 200)} cannot be written ({error.strerror}). Give another place."
        raise StorageError(message) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _write_parquet(frames: Iterator[pd.DataFrame], file: Path) -> None:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        message = "A .parquet file needs pyarrow: pip install 'toprouter_nb[parquet]'. Or export to .csv."
        raise ParameterError(message) from None
    writer: Any = None
    try:
        for frame in frames:
            table = pa.Table.from_pandas(_plain(frame), preserve_index=False)
            # A block whose column is all missing has no type of its own.
            table = table if writer is None else table.cast(writer.schema)
            writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _write_csv(frames: Iterator[pd.DataFrame], file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="", errors="replace") as out:
        for number, frame in enumerate(frames):
            _guarded(_plain(frame)).to_csv(out, index=False, header=number == 0)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with types that are the same in every block: texts, not categories or mixed objects."""
    texts = [
        name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype) or frame[name].dtype == object
    ]
    return frame.assign(**{str(name): frame[name].astype("string") for name in texts})


def _guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would take for formulas: answers are not ours to trust."""
    texts = [str(name) for name in frame if frame[name].dtype == "string"]
    guarded = {}
    for name in texts:
        is_formula = frame[name].str.startswith(_FORMULA).fillna(value=False)
        guarded[name] = frame[name].mask(is_formula, "'" + frame[name])
    return frame.assign(**guarded)
