"""A teacher's one table of what students handed in."""

import json

import pandas as pd
import pytest

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.submissions import SUBMISSION_COLUMNS


def hand_in(folder, name, *records):
    """Write a notebook whose outputs keep these records."""
    outputs = [{"output_type": "display_data", "data": {}, "metadata": {"toprouter_nb": record}} for record in records]
    (folder / name).write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": outputs}], "nbformat": 4}))


def exchange(question, answer, **reply):
    """Return the record of an exchange."""
    said = {"text": answer, "requested_model": "any/model", "seconds": 1.0, **reply}
    return {
        "version": 1, "name": "tutor", "place": 0, "asked_at": "2026-01-01T10:00:00+01:00",
        "question": {"text": question, "images": []}, "reply": said,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Three good notebooks, a damaged one, a foreign one, and one with a damaged exchange between good ones."""
    hand_in(
        tmp_path, "ada.ipynb", exchange("q1", "a1", usage={"total_tokens": 7}, cost_usd="0.5"), exchange("q2", "a2")
    )
    hand_in(tmp_path, "bob.ipynb", exchange("=1+1", "\x1b[31m", is_partial=True, served_model="other/model"))
    hand_in(tmp_path, "cid.ipynb", exchange("q", "a"), {"version": 1, "reply": 3}, exchange("r", "b"))
    (tmp_path / "dan.ipynb").write_text('{"cells": [{')
    (tmp_path / "eve.ipynb").write_text('{"cells": [], "nbformat": 4}')
    (tmp_path / "fay.ipynb").mkdir()
    return tmp_path


def test_every_turn_is_a_row(folder):
    """Who, which turn, what was said by whom, the model, tokens, cost and time; columns as declared."""
    table = tr.collect(folder / "*.ipynb")
    assert list(table.columns) == [column.name for column in SUBMISSION_COLUMNS]
    ada = table[table.student == "ada"]
    assert list(zip(ada.turn, ada.role, ada.text, strict=True)) == [
        (1, "user", "q1"), (2, "assistant", "a1"), (3, "user", "q2"), (4, "assistant", "a2"),
    ]  # fmt: skip
    assert ada.total_tokens.dropna().tolist() == [7]
    assert ada.cost_usd.dropna().tolist() == [0.5]
    assert set(ada.asked_at) == {pd.Timestamp("2026-01-01T09:00:00Z")}
    bob = table[table.student == "bob"].iloc[1]
    assert (bob.model, bob.is_partial, bob.text) == ("other/model", True, "\x1b[31m")


def test_what_cannot_be_read_is_a_row_that_says_so(folder):
    """No notebook of thirty keeps a teacher from the others, and a damaged exchange costs no whole one."""
    table = tr.collect(str(folder / "*.ipynb"))
    broken = table[table.error.notna()]
    assert broken.student.tolist() == ["cid", "dan", "eve", "fay"]
    assert broken.turn.isna().all()
    assert table[table.student == "cid"].text.dropna().tolist() == ["q", "a", "r", "b"]
    assert "is no notebook" in broken.error.iloc[1]


def test_files_can_be_listed_or_found_in_folders(folder):
    """A list, a single file and `**` work; a list may name what is not there."""
    assert set(tr.collect([folder / "ada.ipynb", folder / "no.ipynb"]).student) == {"ada", "no"}
    assert set(tr.collect(folder / "bob.ipynb").student) == {"bob"}
    assert len(set(tr.collect(f"{folder.parent}/**/*.ipynb").student)) >= 6


def test_a_pattern_that_matches_nothing_is_a_typing_slip(folder):
    """It is told at once, and not an empty table later; so is what is no pattern."""
    for pattern in (folder / "*.ipnyb", []):
        with pytest.raises(ParameterError, match="No file matches"):
            tr.collect(pattern)
    with pytest.raises(ParameterError, match="takes a pattern or a list of files, not int"):
        tr.collect(3)
