"""Where the ledger is, and when it is looked for."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from toprouter_nb.call_log import current_log, data_folder
from toprouter_nb.settings import Settings, configure


def test_the_tests_write_to_a_folder_of_their_own():
    """Nothing a test does ends up in the ledger of whoever runs it."""
    assert Path(tempfile.gettempdir()) in data_folder().parents
    assert current_log(Settings()).path == data_folder() / "ledger.sqlite"


def test_the_folder_can_be_named(monkeypatch, tmp_path):
    """`TOPROUTER_DATA_DIR` names it; else it is the user's data folder."""
    monkeypatch.setenv("TOPROUTER_DATA_DIR", str(tmp_path))
    assert current_log(Settings()).path == tmp_path / "ledger.sqlite"
    monkeypatch.delenv("TOPROUTER_DATA_DIR")
    assert data_folder().name == "toprouter_nb"


def test_who_writes_the_same_file_shares_one_log(tmp_path):
    """Settings that name the same file give the same log; another file another one."""
    one, same = (current_log(Settings(ledger_path=tmp_path / "a")) for _ in range(2))
    assert one is same
    assert current_log(Settings(ledger_path=tmp_path / "b")) is not one
    assert current_log(Settings(ledger_path=":memory:")) is current_log(Settings(ledger_path=":memory:"))


def test_a_ledger_may_be_switched_off():
    """`ledger_path=False` is no path, and None puts it back."""
    assert current_log(configure(ledger_path=False)) is None
    assert current_log(configure(ledger_path=None)) is not None


@pytest.mark.parametrize("statement", ["import toprouter_nb", "from toprouter_nb import Conversation; Conversation()"])
def test_nothing_is_opened_before_the_first_call(statement, tmp_path, monkeypatch):
    """SQLite is not even loaded, and no folder is made."""
    monkeypatch.setenv("TOPROUTER_DATA_DIR", str(tmp_path / "data"))
    code = f"{statement}; import sys; print('sqlite3' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert (told, (tmp_path / "data").exists()) == ("False\n", False)
