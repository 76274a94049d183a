"""Cells become arrays: exact, missing where they fit nowhere, and the same with and without pyarrow."""

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal

import pandas as pd
import pytest

from toprouter_nb.tables.cells import array_of, join_arrays, text_dtype

ODD = [None, "x", b"\xff", 10**400, float("nan"), float("inf"), object]
EVERYTHING = """
import sys
if {blocked}:
    sys.modules["pyarrow"] = None
import json
from toprouter_nb.tables import LEDGER_COLUMNS, summarise, table_of, usage_frame
from toprouter_nb.tables.cells import text_dtype
row = ("a", 1.7e9, "ok", None, "n\u00e4me", None, "m", None, None, 2**60, 1, None, None, None, "0.1", "billed",
       1.5, 0.5, 1.0, "stop", None, 1, 1, None, None, None)
frame = table_of(LEDGER_COLUMNS, [row, (*row[:4], b"odd", *row[5:9], "many", *row[10:])] * 3)
by = summarise(frame, "model")
print(json.dumps([text_dtype().storage, [str(dtype) for dtype in frame.dtypes], frame.to_csv(), by.to_csv(),
    frame["conversation_name"].str.upper().isna().sum().item(), usage_frame([]).dtypes.astype(str).tolist(),
    frame._repr_html_()]))
"""


@pytest.mark.parametrize(
    ("dtype", "cells", "expected"),
    [
        ("Int64", [1, None, 2**53 + 1, -(2**63) + 1, True], [1, pd.NA, 2**53 + 1, -(2**63) + 1, 1]),
        ("Int64", [2**53 + 1, "x"], [2**53 + 1, pd.NA]),
        ("Int64", [2**63, 1], [pd.NA, 1]),
        ("Float64", [1, "0.25", Decimal("0.1"), None], [1.0, 0.25, 0.1, pd.NA]),
        ("boolean", [1, 0, None, True, False], [True, False, pd.NA, True, False]),
        ("string", ["a", None, "\u00e9\U0001f600"], ["a", pd.NA, "\u00e9\U0001f600"]),
        ("string", [5, "a\ud800", b"x"], ["5", "a?", pd.NA]),
    ],
)
def test_values_are_kept_exactly(dtype, cells, expected):
    """What fits is there as it was; a whole number beyond 64 bits, or bytes, are missing."""
    array = array_of(dtype, cells)
    assert str(array.dtype) == dtype
    assert array.tolist() == expected


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "datetime64[ns, UTC]"])
def test_a_cell_of_another_kind_is_missing_and_spoils_no_other(dtype):
    """Text, bytes and numbers that are none among a million good cells are missing alone."""
    array = array_of(dtype, [1, *ODD, 0])
    assert pd.isna(array).tolist() == [False, *[True] * len(ODD), False]


def test_times_are_utc_to_the_microsecond_and_missing_where_no_calendar_reaches():
    """Seconds since 1970 become times; those of a clock gone mad are missing."""
    cells = [0.000001, 1.7e9, None, 1e300, -1e11, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    array = array_of("datetime64[ns, UTC]", cells)
    assert array[0].isoformat() == "1970-01-01T00:00:00.000001+00:00"
    assert array[1].isoformat() == "2023-11-14T22:13:20+00:00"
    assert pd.isna(array).tolist() == [False, False, True, True, True, False]
    assert str(array.dtype) == "datetime64[ns, UTC]"


@pytest.mark.parametrize("dtype", ["string", "Int64", "Float64", "boolean", "datetime64[ns, UTC]"])
def test_no_cells_make_an_empty_array_of_the_dtype_and_pieces_join(dtype):
    """The dtype never depends on what is in the column, nor on how many pieces it came in."""
    empty, one = array_of(dtype, ()), array_of(dtype, [None])
    joined = join_arrays([empty, one, one])
    assert str(joined.dtype) == str(empty.dtype) == dtype
    assert len(joined) == 2


def test_text_lies_in_arrows_memory_where_it_is_installed():
    """With pyarrow there, the column of text is an Arrow array."""
    assert text_dtype().storage == array_of("string", ["a"]).dtype.storage == "pyarrow"


def test_tables_are_the_same_without_pyarrow():
    """Dtypes, values, sums and views do not depend on whether pyarrow is installed; only the storage of text does."""
    told = []
    for blocked in (False, True):
        code = EVERYTHING.replace("{blocked}", str(blocked))
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        told.append(json.loads(ended.stdout))
    (with_it, *arrow), (without, *python) = told
    assert (with_it, without) == ("pyarrow", "python")
    assert arrow == python
