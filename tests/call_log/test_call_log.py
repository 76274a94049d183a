"""The ledger keeps every call, and never costs an answer."""

import errno
import os
import pickle
import sqlite3
import stat
import threading
import time
import warnings

import pytest
from ledgers import begun, statuses, write

from toprouter_nb.call_log import COLUMNS, CallLog, CallRow
from toprouter_nb.errors import ParameterError, StorageError


@pytest.fixture
def path(tmp_path):
    """Return where a ledger shall be; neither it nor its folder is there yet."""
    return tmp_path / "data" / "ledger.sqlite"


def test_a_call_is_there_before_its_end(path):
    """A row is written when the call starts and replaced when it ends; other processes see both."""
    log, row = CallLog(path), begun("a")
    log.start(row)
    assert list(CallLog(path).select()) == [row]
    ended = row._replace(status="ok", served_model="any/model", prompt_tokens=3, cost_usd="0.0000001", seconds=0.5)
    log.finish(ended)
    assert [CallRow(*found) for found in CallLog(path).select()] == [ended]


def test_a_call_whose_start_was_lost_is_written_at_its_end(path):
    """The end of a call is kept also where the file of its start is gone."""
    log, row = CallLog(path), begun("a")
    log.start(row)
    path.unlink()
    log.finish(row._replace(status="ok"))
    assert statuses(path) == {"a": "ok"}


def test_another_file_at_the_path_is_written_from_then_on(path):
    """Where another process renamed the ledger, the next call goes to the new file, not to the renamed one."""
    log = CallLog(path)
    write(log, "a")
    path.rename(path.with_name("old"))
    write(log, "b")
    assert (statuses(path), statuses(path.with_name("old"))) == ({"b": "ok"}, {"a": "ok"})


def test_reading_makes_nothing(path):
    """A ledger that is not there holds no calls, and stays where it is: nowhere."""
    assert list(CallLog(path).select()) == []
    assert not path.parent.exists()


def test_the_file_is_for_its_owner_only(path):
    """Questions may be in it: nobody else may read it, nor what SQLite puts beside it."""
    log = CallLog(path)
    write(log, "a")
    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.glob("ledger.sqlite*")}
    assert {mode for name, mode in modes.items() if not name.endswith(".lock")} == {0o600}
    log.close()


def test_calls_can_be_chosen(path):
    """By time, model, conversation and id, in the columns wanted, those written first before the others."""
    log = CallLog(path)
    for number in range(5):
        row = begun(f"{9 - number}", conversation_id="odd" if number % 2 else "even")
        log.add([row._replace(started_at=float(number), served_model=f"served-{number}")])
    assert list(log.select(["id", "started_at"], since=3.0)) == [("6", 3.0), ("5", 4.0)]
    assert list(log.select(["id"], model="served-1")) == [("8",)]
    assert len(list(log.select(["id"], model="any/model"))) == 5
    assert list(log.select(["id"], conversation_id="odd")) == [("8",), ("6",)]
    assert list(log.select(["id"], ids=["5", "9", "none"])) == [("9",), ("5",)]
    assert list(log.select(["id"], ids=[])) == []


@pytest.mark.parametrize("columns", [["no"], [], ["id", "id; DROP TABLE calls"]])
def test_an_unknown_column_is_refused(path, columns):
    """The message lists the columns; nothing is read."""
    with pytest.raises(ParameterError, match=r"^The ledger has no column .*Its columns are: id, started_at"):
        CallLog(path).select(columns)


def test_many_calls_are_read_in_pages(path, monkeypatch):
    """Whatever the size of a page, every call is read once, and in order."""
    log = CallLog(path)
    write(log, *(f"{number:03}" for number in range(50)))
    expected = [(f"{number:03}",) for number in range(50)]
    for size in (1, 7, 49, 50, 51):
        monkeypatch.setattr("toprouter_nb.call_log.query._PAGE_ROWS", size)
        assert list(log.select(["id"])) == expected
        assert list(log.select(["id"], since=0.0)) == expected
    assert list(log.select(["id"], ids=[name for (name,) in expected * 30])) == expected * 3


def test_a_clock_that_goes_back_loses_nothing(path):
    """Calls stand in the order in which they were written, whatever the clock said."""
    log = CallLog(path)
    for name, moment in (("a", 300.0), ("b", 100.0), ("c", 200.0)):
        log.start(begun(name)._replace(started_at=moment))
    assert [name for (name,) in log.select(["id"])] == ["a", "b", "c"]


def test_memory_holds_the_calls_of_this_process():
    """A ledger in memory writes no file; closing it forgets."""
    log = CallLog(":memory:")
    write(log, "a", "b")
    assert [name for (name,) in log.select(["id"])] == ["a", "b"]
    log.close()
    assert list(log.select()) == []


@pytest.mark.parametrize("path_of_it", [":memory:", "file"])
def test_threads_share_one_ledger(path, path_of_it):
    """Four threads of 250 calls each: every row is there."""
    log = CallLog(path if path_of_it == "file" else path_of_it)
    names = [[f"{thread}-{number}" for number in range(250)] for thread in range(4)]
    threads = [threading.Thread(target=write, args=(log, *group)) for group in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(log.select(["id"]))) == 1000


def test_an_interrupt_between_two_writes_loses_neither(path):
    """What an interrupt left open is undone, and the next call is written."""
    log = CallLog(path)
    write(log, "a")
    log._connection.execute("BEGIN IMMEDIATE")
    write(log, "b")
    assert statuses(path) == {"a": "ok", "b": "ok"}


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path):
    """One warning names the file, the reason and the way on; further calls go on in silence."""
    (tmp_path / "file").write_text("in the way")
    log = CallLog(tmp_path / "file" / "ledger.sqlite")
    with pytest.warns(RuntimeWarning) as caught:
        write(log, "a", "b")
    (warning,) = caught
    reason = str(FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), f"{tmp_path}/file"))
    assert str(warning.message) == (
        f"Calls are not recorded: the ledger {tmp_path}/file/ledger.sqlite cannot be written ({reason}). "
        "Conversations go on; configure(ledger_path=...) names another file, ledger_path=False keeps none."
    )
    assert list(log.select()) == []


def test_a_folder_in_the_place_of_the_file_is_told_once(path):
    """A folder is not set aside: it is somebody's."""
    path.mkdir(parents=True)
    with pytest.warns(RuntimeWarning, match="cannot be written") as caught:
        write(CallLog(path), "a", "b")
    assert (len(caught), path.is_dir()) == (1, True)


@pytest.mark.parametrize("special", ["pipe", "/dev/null", "/dev/zero"])
def test_no_pipe_or_device_is_waited_for(path, special):
    """What is no file of bytes is one warning for writers and one typed error for readers, and nobody hangs."""
    if special == "pipe":
        path.parent.mkdir()
        os.mkfifo(path)
    log = CallLog(path if special == "pipe" else special)
    with pytest.warns(RuntimeWarning, match=r"cannot be written \(it is no regular file\)") as caught:
        write(log, "a", "b")
    assert len(caught) == 1
    with pytest.raises(StorageError, match="cannot be read"):
        list(log.select())


def test_a_locked_file_is_waited_for_once(path, monkeypatch):
    """Where another program keeps the file locked, one warning says so, and the next calls hardly wait."""
    monkeypatch.setattr("toprouter_nb.call_log.log.BUSY_SECONDS", 0.2)
    log = CallLog(path)
    write(log, "a")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.warns(RuntimeWarning, match="kept it locked") as caught:
        write(log, "b", "c")
    assert len(caught) == 1
    other.execute("ROLLBACK")
    other.close()
    write(log, "d")
    assert statuses(path) == {"a": "ok", "d": "ok"}


def test_a_file_that_is_locked_from_the_start_is_waited_for_once(path, monkeypatch):
    """Also where it was never opened: the first call waits its time, all further ones hardly; no reader skips rows."""
    log = CallLog(path)
    write(log, "a")
    log.close()
    monkeypatch.setattr("toprouter_nb.call_log.log.BUSY_SECONDS", 0.4)
    monkeypatch.setattr("toprouter_nb.call_log.database.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("UPDATE calls SET attempts = 1")
    log = CallLog(path)
    began = time.monotonic()
    with pytest.warns(RuntimeWarning, match="kept it locked") as caught:
        write(log, *map(str, range(4)))
    assert (len(caught), time.monotonic() - began < 1.5) == (1, True)
    with pytest.raises(StorageError, match="locked"):
        list(log.select())
    other.close()
    write(log, "b")
    assert statuses(path) == {"a": "ok", "b": "ok"}


def test_a_ledger_that_is_no_ledger_cannot_be_read(path):
    """Reading a damaged file is one typed error; it is not touched."""
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match=r"^The ledger .*ledger.sqlite cannot be read \(file is not a database\)\.$"):
        list(CallLog(path).select())
    assert path.read_bytes() == b"no database" * 100


def test_rows_are_plain_values():
    """A row is a tuple in the order of the columns; it pickles."""
    row = begun("a")
    assert (row._fields, pickle.loads(pickle.dumps(row))) == (COLUMNS, row)


def test_a_fork_shares_no_connection(path):
    """Parent and child write on after a fork, each by itself; no row of either is lost."""
    log = CallLog(path)
    write(log, "before")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads of the test run are nothing to this child
        child = os.fork()
    if child == 0:
        write(log, *(f"child-{number}" for number in range(100)))
        os._exit(0)
    write(log, *(f"parent-{number}" for number in range(100)))
    assert os.waitpid(child, 0)[1] == 0
    write(log, "after")
    assert len(statuses(path)) == 202
