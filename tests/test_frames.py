"""Data frames as text tables for a model."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toprouter_nb.frames import CELL_CHARACTERS, COLUMNS, ROWS, TABLE_BYTES, is_frame, render_frame


def lines_of(frame: pd.DataFrame) -> list[str]:
    """Return the lines of the text a frame becomes."""
    return render_frame(frame).split("\n")


def test_whole_text_of_a_small_frame():
    """A small frame is written whole: size, types, names and values."""
    frame = pd.DataFrame({"legs": [2, 8], "kilograms": [0.5, 4.25], "is_bird": [True, False]})
    assert lines_of(frame) == [
        "DataFrame of 2 rows x 3 columns",
        "Types: legs int64, kilograms float64, is_bird bool",
        "",
        "| legs | kilograms | is_bird |",
        "| --- | --- | --- |",
        "| 2 | 0.5 | True |",
        "| 8 | 4.25 | False |",
    ]


def test_long_frame_is_cut_and_says_so():
    """Of ten thousand rows the first fifty are written, and the first line says so."""
    lines = lines_of(pd.DataFrame({"n": range(10_000)}))
    assert lines[0] == "DataFrame of 10,000 rows x 1 columns (first 50 of 10,000 rows)"
    assert lines[-1] == "| 49 |"


def test_wide_frame_is_cut_and_says_so():
    """Of many columns the first fifty are written, in the types too."""
    lines = lines_of(pd.DataFrame(np.zeros((2, 200), dtype=int)))
    assert lines[0] == "DataFrame of 2 rows x 200 columns (first 50 of 200 columns)"
    assert [line.count("|") for line in lines[3:]] == [COLUMNS + 1] * 4


@pytest.mark.parametrize("text", ["a" * 5_000, "ä" * 5_000, "|\n" * 500, "🦉" * 300])
def test_table_is_cut_at_its_bytes(text):
    """Rows are written as long as they fit, whatever they hold, and the first line says how many."""
    frame = pd.DataFrame({name: [text] * 40 for name in range(30)})
    table = render_frame(frame)
    assert len(table.encode()) <= TABLE_BYTES + 200
    shown = table.count("\n") - 4
    assert 0 < shown < 40
    assert f"(first {shown} of 40 rows)" in table


def test_longest_names_leave_room_for_rows():
    """Names of any length and letters do not fill the table."""
    table = render_frame(pd.DataFrame(np.zeros((3, 200)), columns=[f"{number}{'🦉' * 500}" for number in range(200)]))
    assert len(table.encode()) <= TABLE_BYTES + 200
    assert table.endswith("| 0 | 0 |")


@pytest.mark.parametrize(
    ("index", "name", "first"),
    [
        (pd.RangeIndex(2), None, "| 7 |"),
        (pd.RangeIndex(10, 12), None, "| 10 | 7 |"),
        (pd.RangeIndex(0, 4, 2), None, "| 0 | 7 |"),
        (pd.RangeIndex(2), "row", "| 0 | 7 |"),
        (pd.Index(["owl", "cat"]), "animal", "| owl | 7 |"),
        (pd.Index([3, 1]), None, "| 3 | 7 |"),
        (pd.date_range("2025-01-01", periods=2, freq="D"), "day", "| 2025-01-01 00:00:00 | 7 |"),
    ],
)
def test_index_is_written_where_it_says_something(index, name, first):
    """Only the index that pandas makes by itself is left out."""
    frame = pd.DataFrame({"a": [7, 8]}, index=index.rename(name))
    lines = lines_of(frame)
    assert lines[5] == first
    assert lines[3] == ("| a |" if first == "| 7 |" else f"| {name or '(index)'} | a |")


def test_levels_of_an_index_are_columns():
    """Every level of an index is a column with its name and type."""
    index = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["letter", None])
    lines = lines_of(pd.DataFrame({"a": [7, 8]}, index=index))
    assert lines[1].startswith("Types: letter ")
    assert lines[1].endswith(", (index) int64, a int64")
    assert lines[3:] == ["| letter | (index) | a |", "| --- | --- | --- |", "| x | 1 | 7 |", "| y | 2 | 8 |"]


def test_levels_of_columns_are_joined():
    """Nested columns keep every level of their names, and the names of the levels."""
    columns = pd.MultiIndex.from_tuples([("a", 2024), ("a", 2025)], names=["what", "year"])
    lines = lines_of(pd.DataFrame([[1, 2]], columns=columns))
    assert lines[2] == "Columns: what / year"
    assert lines[4] == "| a / 2024 | a / 2025 |"


def test_cells_cannot_leave_their_place():
    """A bar, a line break and a backslash in a cell or a name are escaped, so that every row is one line."""
    frame = pd.DataFrame({"a|b\n": ["x | y\r\n\tz\\"]})
    assert lines_of(frame)[3:] == [r"| a\|b\n |", "| --- |", r"| x \| y\r\n\tz\\ |"]


def test_long_cells_end_in_an_ellipsis():
    """A long text is cut, visibly."""
    cell = lines_of(pd.DataFrame({"a": ["x" * 1_000]}))[-1]
    assert cell == f"| {'x' * (CELL_CHARACTERS - 1)}… |"


def test_numbers_are_written_as_they_are_meant():
    """Sums of tenths, large and small numbers, single precision and missing values stay readable."""
    frame = pd.DataFrame(
        {
            "double": [0.1 + 0.2, 123_456_789.25, 1e-9, np.nan],
            "single": np.array([0.1, 1 / 3, 1e9, np.inf], dtype=np.float32),
            "whole": pd.array([1, 2**62, -1, None], dtype="Int64"),
        }
    )
    assert lines_of(frame)[5:] == [
        "| 0.3 | 0.1 | 1 |",
        "| 123456789.25 | 0.333333 | 4611686018427387904 |",
        "| 1e-09 | 1e+09 | -1 |",
        "| nan | inf | <NA> |",
    ]


@pytest.mark.parametrize(
    ("frame", "first"),
    [
        (pd.DataFrame(), "DataFrame of 0 rows x 0 columns"),
        (pd.DataFrame(index=range(3)), "DataFrame of 3 rows x 0 columns (first 0 of 3 rows)"),
        (pd.DataFrame({"a": []}), "DataFrame of 0 rows x 1 columns"),
    ],
)
def test_empty_frames_say_so(frame, first):
    """A frame without rows or columns is written by its size."""
    assert lines_of(frame)[0] == first


def test_doubled_names_keep_their_columns():
    """Two columns of one name are two columns."""
    frame = pd.DataFrame([[1, 2.5]], columns=["a", "a"])
    assert lines_of(frame)[1] == "Types: a int64, a float64"
    assert lines_of(frame)[-1] == "| 1 | 2.5 |"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.text(), st.integers(), st.floats()), min_size=3, max_size=3), max_size=60
    ),
    st.lists(st.text(), min_size=3, max_size=3),
)
def test_any_frame_is_a_table(rows, names):
    """Whatever is in a frame, the text has one line a row with the same number of bars, and the frame is unchanged."""
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    before = frame.copy(deep=True)
    head, table = render_frame(frame).split("\n\n| ")
    bars = {line.replace("\\\\", "").replace("\\|", "").count("|") for line in f"| {table}".split("\n")}
    assert bars == {4}
    assert table.count("\n") == 1 + min(len(rows), ROWS)
    assert head.startswith(f"DataFrame of {len(rows)} rows x 3 columns")
    pd.testing.assert_frame_equal(frame, before)


def test_only_frames_are_frames():
    """A series, an array and a list are no frames."""
    assert is_frame(pd.DataFrame())
    assert not any(is_frame(value) for value in (pd.Series([1]), np.zeros((2, 2)), [[1]], pd, None))


def test_pandas_is_not_loaded():
    """Asking whether something is a frame does not import pandas."""
    code = "import sys; from toprouter_nb.frames import is_frame; print(is_frame([]), 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
