"""Tables as files: read back as they were, whole or not at all, and no cell is a formula."""

import pickle
import subprocess
import sys
from decimal import Decimal
from pathlib import PurePosixPath

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from toprouter_nb.errors import ParameterError, StorageError
from toprouter_nb.tables import Table, table_of
from toprouter_nb.tables.columns import LEDGER_COLUMNS
from toprouter_nb.tables.files import disarm

FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201", "\n=1",
    '=HYPERLINK("http://evil.test")', "a;=1+1", "a\t=1", "x\n=cmd|' /C calc'!A0", "\xa0=1", "\u3000=1", "|calc",
    "\ufe66 1", "\u2212 1", "\u207c1", "#N/A", "#REF!", "#DIV/0!", 'a;"=1', 'a\t""=1',
]  # fmt: skip
HARMLESS = [
    "a-b",
    "google/gemini-3.5-flash",
    "",
    "1.5",
    "a=b",
    "x @ y",
    "a, -b",
    "日本",
    "don't",
    "#1",
    "#N/A!",
    '"=1"',
    "'=1",
]


def table(texts):
    """Make a table with these texts in a cell each, and the first as a name of a column."""
    return Table({"text": pd.array(texts, dtype="string"), str(texts[0]): range(len(texts))})


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_with_an_apostrophe(text):
    """Whatever opens a formula, behind white space, in full width, or after what may divide cells, is disarmed."""
    safe = disarm(text)
    assert safe != text
    assert disarm(safe) == safe
    for piece in safe.replace("\r", "\n").replace(";", "\n").replace("\t", "\n").split("\n"):
        assert piece.strip('" \xa0\u3000')[:1] not in tuple("=+-@\uff1d\uff0b\uff0d\uff20|#\ufe66\u2212\u207c")


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays(text):
    """Nothing else is touched."""
    assert disarm(text) == text


def test_hidden_characters_cannot_hide_a_formula():
    """What a program might strip before it looks is shown as an escape."""
    assert disarm("\ufeff=1") == "\\ufeff=1"
    assert disarm("\u200b=1") == "\\u200b=1"
    assert disarm("\x1b[2J") == "\\x1b[2J"


@pytest.mark.parametrize("write", ["to_csv", "save"])
def test_csv_holds_no_formula_in_cells_names_and_index(write, tmp_path):
    """Written by pandas' own method or by `save`, every text is safe; numbers are numbers still."""
    frame = table(FORMULAS[:4]).set_axis(["=a", "b", "c", "d"]).rename_axis("=index")
    file = tmp_path / "x.csv"
    getattr(frame, write)(file)
    read = pd.read_csv(file)
    assert read.columns.tolist() == ["'=index", "text", "'=1+1"]
    assert read["'=index"].tolist() == ["'=a", "b", "c", "d"]
    assert read["text"].tolist() == ["'=1+1", "'+1", "'-1", "'@SUM(A1)"]
    assert read["'=1+1"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("write", ["to_excel", "save"])
def test_excel_holds_no_formula_and_no_forbidden_byte(write, tmp_path):
    """Every cell of the sheet is a text or a number, and text that Excel forbids does not stop it."""
    file = tmp_path / "x.xlsx"
    getattr(table([*FORMULAS, "\x00\x1b", "x" * 40_000][: len(FORMULAS) + 1 + (write == "save")]), write)(file)
    cells = [cell for row in openpyxl.load_workbook(file).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert "\\x00\\x1b" in {cell.value for cell in cells}


def test_excel_takes_times_as_utc(tmp_path):
    """Times keep their hour."""
    frame = table_of(LEDGER_COLUMNS[:2], [("a", 0.0)])
    cell = openpyxl.load_workbook(frame.save(tmp_path / "x.xlsx")).active["B2"]
    assert cell.value.isoformat() == "1970-01-01T00:00:00"


def test_parquet_keeps_everything_as_it_is(tmp_path):
    """Values, dtypes and text are read back the same; a format that is no spreadsheet is not altered."""
    frame = table_of(LEDGER_COLUMNS, [("=1", 1.5, *[None] * (len(LEDGER_COLUMNS) - 2))])
    read = pd.read_parquet(frame.save(tmp_path / "x.parquet"))
    assert read.dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()
    pd.testing.assert_frame_equal(read.astype(frame.dtypes), pd.DataFrame(frame))


def test_a_file_is_replaced_whole_or_left_alone(tmp_path):
    """Where it cannot be written, the old one is there and nothing else is."""
    file = tmp_path / "x.csv"
    file.write_text("old")
    missing = tmp_path / "none" / "x.csv"
    with pytest.raises(StorageError, match="cannot be written"):
        table(["a"]).save(missing)
    assert table(["a"]).save(file) == file
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.csv"]


@pytest.mark.parametrize("name", ["x", "x.txt", "x.xls", ".csv", "x.csv.gz"])
def test_another_suffix_is_refused(name, tmp_path):
    """The message names those there are, and nothing is written."""
    with pytest.raises(ParameterError, match=r"one of \.csv, \.xlsx, \.parquet, by the suffix"):
        table(["a"]).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "package", "extra"), [("x.xlsx", "openpyxl", "excel"), ("x.parquet", "pyarrow", "parquet")]
)
def test_a_missing_package_is_named(name, package, extra, tmp_path):
    """Without the extra the error says what to install; CSV needs none."""
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from toprouter_nb.tables import usage_frame\n"
        "from toprouter_nb.errors import ParameterError\n"
        f"usage_frame([]).save({str(tmp_path / 'x.csv')!r})\n"
        f"try: usage_frame([]).save({str(tmp_path / name)!r})\n"
        "except ParameterError as error: print(error)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"need {package}: pip install 'toprouter_nb[{extra}]'" in ended.stdout


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path):
    """Nothing is cut off quietly."""
    with pytest.raises(ParameterError, match="1,048,575 rows"):
        Table({"calls": range(1_048_576)}).save(tmp_path / "x.xlsx")


def test_a_table_stays_one_and_can_be_made_plain():
    """What pandas makes of it, copies and pickles are tables with the safe methods; a plain frame is one step away."""
    frame = table(["=1", "b"])
    for made in (frame.head(1), frame[frame["text"] == "=1"], frame.assign(x=1), pickle.loads(pickle.dumps(frame))):
        assert type(made) is Table
        assert "'=1" in made.to_csv()
    assert type(pd.DataFrame(frame)) is pd.DataFrame
    assert frame.loc[0, "text"] == "=1"
    assert "'" not in frame.to_json()


def test_text_of_every_kind_is_safe(tmp_path):
    """A category, a dictionary of Arrow's, a path, an error, a list: none is written as a formula; numbers stay."""
    frame = Table(
        {
            "category": pd.Categorical(["=1", "b"]),
            "arrow": pd.array(["=1", "b"], pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))),
            "other": [PurePosixPath("=1"), ValueError("-1")],
            "list": [["=1"], "=1"],
            "number": [Decimal(-1), -2.5],
        },
        index=pd.CategoricalIndex(["=a", "b"]),
    )
    read = pd.read_csv(frame.save(tmp_path / "x.csv"), index_col=0)
    assert read.index.tolist() == ["'=a", "b"]
    assert read.iloc[0].tolist() == ["'=1", "'=1", "'=1", "['=1']", -1]
    assert read.iloc[1].tolist() == ["b", "b", "'-1", "'=1", -2.5]


def test_names_of_several_levels_are_saved(tmp_path):
    """Excel, too, takes a table that was pivoted."""
    frame = Table([[1, 2]], columns=pd.MultiIndex.from_tuples([("=1", "a"), ("b", "+c")]))
    names = [
        cell.value for row in openpyxl.load_workbook(frame.save(tmp_path / "x.xlsx")).active.iter_rows() for cell in row
    ]
    assert {"'=1", "'+c"} <= set(names)
