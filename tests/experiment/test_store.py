"""A run's file keeps what was told to be kept, and says clearly when it cannot be used."""

import contextlib
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest

from toprouter_nb.errors import StorageError
from toprouter_nb.experiment import store_schema
from toprouter_nb.experiment.results_frames import errors_frame
from toprouter_nb.experiment.row import Row
from toprouter_nb.experiment.store import Store
from toprouter_nb.experiment.store_file import open_for_writing, typed_errors
from toprouter_nb.experiment.store_folder import RunFolder, file_system_of


def row(number, **changes):
    """Return a row of a cell."""
    key = number.to_bytes(16)
    fixed = {"model": "m", "prompt_id": "p", "place": number, "answer": str(number), "attempts": 1}
    return Row(row_key=key, request_key=key, **(fixed | {"cost_nano_usd": 10} | changes))


@pytest.fixture
def store(tmp_path):
    """Open a new run's file."""
    made = Store.create(tmp_path / "rows.sqlite")
    yield made
    made.close()


def test_the_message_of_an_error_is_that_of_the_first_row(store):
    """Of many rows that failed alike, the table shows what went wrong first."""
    failed = {"status": "error", "error_type": "ServerError", "error_code": 500}
    said = ("overloaded, try later", "an internal error", "bad luck")
    store.add_rows([row(number, error_message=text, **failed) for number, text in enumerate(said)])
    found = errors_frame(store)
    assert found[["count", "message"]].values.tolist() == [[3, "overloaded, try later"]]


def test_rows_come_back_as_they_went(store):
    """Every column survives, long answers and odd letters too."""
    rows = [
        row(1, answer="é\x00\ud800" * 500, reasoning="r" * 1000),
        row(2, seed=2**40, cost_nano_usd=None, ttft_s=0.5),
        row(3, answer="short \ud800", reasoning="\ud800"),
    ]
    store.add_rows(rows)
    assert list(store.rows()) == rows


def test_a_finished_row_is_never_replaced(store):
    """A second answer to a finished cell is dropped, and what it cost is booked."""
    assert store.add_rows([row(1, answer="first")]) == 1
    assert store.add_rows([row(1, answer="second", cost_nano_usd=7)]) == 0
    assert [kept.answer for kept in store.rows()] == ["first"]
    assert store.spent_nano_usd() == 17


def test_an_error_gives_way_and_its_cost_stays(store):
    """What failed attempts cost counts for ever, in the row or beside it."""
    store.add_rows([row(1, status="error", cost_nano_usd=3, lost_nano_usd=5)])
    assert list(store.finished_places()) == []
    store.add_rows([row(1)])
    assert [kept.status for kept in store.rows()] == ["ok"]
    assert store.spent_nano_usd() == 10 + 3 + 5


def test_a_start_that_never_ended_is_booked_once(store):
    """Calls under way at a death are booked at their worst by the next start, and by no other."""
    store.risk(store.begin({}), 40)
    second = store.begin({})
    assert store.spent_nano_usd() == 40
    store.risk(second, 50)
    store.end(second, "done")
    store.begin({})
    assert store.spent_nano_usd() == 40
    assert [start["ended"] for start in store.facts()["starts"]] == ["died", "done", None]


def test_finished_places_come_in_order_however_many(store):
    """Reading what is done needs no order of writing and ends at any size of block."""
    store.add_rows([row(number) for number in range(11_000, 0, -1)])
    assert list(store.finished_places()) == list(range(1, 11_001))


def test_a_newer_file_is_refused_and_unchanged(tmp_path):
    """A file of a newer version is neither read nor written, and the message says so."""
    file = tmp_path / "rows.sqlite"
    Store.create(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version={store_schema.VERSION + 1}")
    connection.close()
    for open_ in (Store.create, Store.read):
        with pytest.raises(StorageError, match="was written by a newer toprouter_nb"):
            open_(file)


def test_an_older_file_is_migrated_in_one_step(tmp_path):
    """Each version is brought up by its own step; one that fails leaves the file as it was."""
    file = tmp_path / "rows.sqlite"
    Store.create(file).close()
    connection = open_for_writing(file)
    steps = {store_schema.VERSION: lambda made: made.execute("ALTER TABLE rows ADD COLUMN extra TEXT")}
    store_schema.bring_up_to_date(connection, migrations=steps, version=store_schema.VERSION + 1)
    assert "extra" in [column[1] for column in connection.execute("PRAGMA table_info(rows)")]
    broken = {store_schema.VERSION + 1: lambda made: made.execute("no such statement")}
    with pytest.raises(sqlite3.Error):
        store_schema.bring_up_to_date(connection, migrations=broken, version=store_schema.VERSION + 2)
    connection.rollback()
    assert connection.execute("PRAGMA user_version").fetchone()[0] == store_schema.VERSION + 1
    connection.close()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"not a database" * 100, "damaged, or no SQLite file"), (b"", "There is no run|not written by toprouter_nb")],
)
def test_a_foreign_or_damaged_file_is_refused(tmp_path, content, message):
    """Garbage is told from a run."""
    (tmp_path / "rows.sqlite").write_bytes(content)
    with pytest.raises(StorageError, match=message):
        Store.read(tmp_path / "rows.sqlite")


@pytest.mark.parametrize("open_", [Store.create, Store.read])
def test_a_refused_file_is_let_go(tmp_path, open_):
    """Whoever keeps the error of a refused file does not keep the file: another program may use it at once."""
    file = tmp_path / "rows.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE own (a)")
    with pytest.raises(StorageError, match="was not written by toprouter_nb") as kept:
        open_(file)
    with contextlib.closing(sqlite3.connect(file, timeout=0)) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",), kept


@pytest.mark.parametrize("kept", [4096, 20_000, -4096])
def test_a_damaged_file_is_told_with_its_place_and_what_to_do(tmp_path, kept):
    """A file that was cut off names itself, and does not say that running again helps."""
    file = tmp_path / "rows.sqlite"
    store = Store.create(file)
    store.add_rows([row(number, answer=f"{number}" * 50) for number in range(300)])
    store.close()
    file.write_bytes(file.read_bytes()[:kept])
    (tmp_path / "journal").mkdir()
    advice = "Restore a copy, or run under another name or dir.*workers are in .*journal.*export"
    with pytest.raises(StorageError, match=rf"{re.escape(str(file))} cannot be used.*damaged.*{advice}"):
        list(Store.read(file).rows())
    with pytest.raises(StorageError, match=advice):
        list(Store.create(file).finished_places())


def test_a_failing_disk_is_not_told_to_run_again(tmp_path, store):
    """What SQLite calls an I/O error is damage, too; so is a text that cannot be unpacked."""
    error = sqlite3.OperationalError("disk I/O error")
    with pytest.raises(StorageError, match=r"damaged.*its disk fails\. Restore a copy"), typed_errors(tmp_path):
        raise error
    store.add_rows([row(1, answer="long" * 200)])
    store._execute("UPDATE rows SET answer = ?", (b"garbage",))
    with pytest.raises(StorageError, match="A text in the run's file is damaged"):
        list(store.rows())


def test_another_programs_database_is_refused(tmp_path):
    """A database that is not ours is not written to."""
    file = tmp_path / "rows.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE own (a)")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="was not written by toprouter_nb"):
        Store.create(file)


def test_a_folder_of_other_files_is_refused(tmp_path):
    """A run is not begun in a folder that holds something else."""
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(StorageError, match="holds other files and no run"):
        RunFolder(tmp_path).prepare()


def test_a_network_drive_is_refused(tmp_path, monkeypatch):
    """SQLite's locks do not hold there, so it is said before anything is written."""
    monkeypatch.setattr("toprouter_nb.experiment.store_folder.file_system_of", lambda _: "nfs4")
    with pytest.raises(StorageError, match=r"is on a network drive \(nfs4\)"):
        RunFolder(tmp_path / "run").prepare()


def test_this_machines_own_drive_is_known(tmp_path):
    """The system's list of drives is read as it stands."""
    assert file_system_of(tmp_path) not in ("", "nfs")


def test_too_little_room_is_told_before_the_first_call(tmp_path, monkeypatch):
    """The rows of the plan must fit on the disk."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=80 * 2**20))
    RunFolder(tmp_path).prepare(rows=1_000)
    with pytest.raises(StorageError, match=r"has 84 MB left and this run needs about 217 MB.*nothing was asked"):
        RunFolder(tmp_path).prepare(rows=100_000)


def test_a_lock_is_free_when_its_holder_dies(tmp_path):
    """One driver at a time, across processes; a dead one holds nothing."""
    code = (
        "import sys, pathlib; from toprouter_nb.experiment.store_folder import RunFolder\n"
        "folder = RunFolder(pathlib.Path(sys.argv[1])); folder.lock(); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        folder = RunFolder(tmp_path)
        assert folder.is_driven
        with pytest.raises(StorageError, match=rf"is being driven already, by process {other.pid} since"):
            folder.lock()
        other.kill()
        other.wait()
        assert not folder.is_driven
        folder.lock()
        assert folder.is_driven
        folder.unlock()


def test_a_full_disk_is_one_clear_error_and_loses_nothing(tmp_path):
    """When the file cannot grow, the rows before are there and the error says what to do."""
    file = tmp_path / "rows.sqlite"
    store = Store.create(file)
    store.add_rows([row(1)])
    pages = next(store.select("PRAGMA page_count"))[0]
    next(store.select(f"PRAGMA max_page_count={pages + 2}"))
    with pytest.raises(StorageError, match=r"The disk is full\. Every row so far is kept"):
        store.add_rows([row(number, answer=f"{number}" * 3000) for number in range(2, 400)])
    assert [kept.place for kept in Store.read(file).rows()] == [1]
    store.close()
