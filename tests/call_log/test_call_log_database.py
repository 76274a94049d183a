"""The file of the ledger: made, migrated, set aside, or left alone."""

import random
import shutil
import sqlite3
import warnings
from pathlib import Path

import pytest
from ledgers import begun, statuses, write

from toprouter_nb.call_log import COLUMNS, CallLog, CallRow
from toprouter_nb.call_log.database import open_database
from toprouter_nb.call_log.schema import STEPS, VERSION

DATA = Path(__file__).parents[1] / "data"
GOLDEN = [DATA / f"ledger_v{version}.sqlite" for version in range(1, VERSION + 1)]


@pytest.fixture
def path(tmp_path):
    """Return where a ledger shall be."""
    return tmp_path / "ledger.sqlite"


def set_aside(path):
    """Return the names of what was set aside, without what SQLite puts beside a file."""
    return [found for found in path.parent.glob("*.set-aside-*") if not found.name.endswith(("-wal", "-shm"))]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.stem)
def test_every_released_version_is_read_and_migrated(golden, path):
    """A ledger of any version opens: its calls are as they were, what it lacks is None, and new calls go to it."""
    shutil.copy(golden, path)
    read = [CallRow(*found) for found in CallLog(path).select()]
    assert [(row.id[-1], row.status, row.cost_usd) for row in read] == [
        ("1", "ok", "0.00012"),
        ("2", "error", None),
        ("3", "started", None),
    ]
    assert (read[0].provider, read[0].reasoning_tokens, read[2].prompt_text, read[0].priced_at) == (
        *("Some Provider", 2),
        "What is a p-value?",
        None,
    )
    log = CallLog(path)
    log.finish(begun("new", prompt_text="Why?")._replace(status="ok", priced_at=7.0))
    written = [CallRow(*found) for found in log.select()]
    assert (written[:3], written[3].priced_at) == (read, 7.0)
    log.close()


def test_the_golden_files_are_of_every_version():
    """A step added to the schema needs a golden file of the version it leads to."""
    versions = [sqlite3.connect(golden).execute("PRAGMA user_version").fetchone()[0] for golden in GOLDEN]
    assert versions == list(range(1, len(STEPS) + 1))


def test_a_newer_ledger_is_read_and_never_written(path):
    """What a newer version made is left alone: known columns are read, one warning says that nothing is recorded."""
    shutil.copy(GOLDEN[-1], path)
    newer = sqlite3.connect(path, isolation_level=None)
    newer.execute("ALTER TABLE calls ADD COLUMN mood TEXT")
    newer.execute("ALTER TABLE calls DROP COLUMN priced_at")
    newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    newer.close()
    before, log = path.read_bytes(), CallLog(path)
    with pytest.warns(RuntimeWarning, match=rf"a newer toprouter_nb made it: version {VERSION + 1}") as caught:
        write(log, "a", "b")
    assert len(caught) == 1
    assert [len(row) for row in log.select()] == [len(COLUMNS)] * 3
    assert list(log.select(["id", "priced_at"], since=1_795_000_100.0)) == [("0" * 31 + "3", None)]
    assert path.read_bytes() == before


FOREIGN = {
    "text": b"id,cost\n1,2\n" * 50,
    "zeros": bytes(5000),
    "a head cut off": GOLDEN[0].read_bytes()[:60],
    "cut in the middle": GOLDEN[0].read_bytes()[:2000],
    "a damaged head": b"SQLite format 3\0" + random.Random(1).randbytes(3000),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_ledger_is_set_aside(content, path):
    """The file is renamed, never deleted; one warning says so, and the calls stand in a new one."""
    path.write_bytes(content)
    with pytest.warns(RuntimeWarning) as caught:
        write(CallLog(path), "a", "b")
    (aside,) = set_aside(path)
    (warning,) = caught
    assert str(warning.message) == (
        f"The ledger {path} was damaged, or no ledger of toprouter_nb. It was set aside as {aside.name}, and a new "
        "one was begun."
    )
    assert aside.read_bytes() == content
    assert statuses(path) == {"a": "ok", "b": "ok"}


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE songs (name TEXT)", "INSERT INTO songs VALUES ('Yesterday')"],
        ["CREATE TABLE calls (id TEXT)", "PRAGMA user_version = 7"],
        ["CREATE TABLE calls (id TEXT)", f"PRAGMA application_id = {0x7470724C}", f"PRAGMA user_version = {VERSION}"],
    ],
    ids=["another program", "calls of another program", "columns missing"],
)
def test_another_programs_database_is_set_aside_whole(statements, path):
    """Its data is all there under the new name, also what was still in its write-ahead log."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    for statement in statements:
        other.execute(statement)
    with pytest.warns(RuntimeWarning, match="set aside"):
        write(CallLog(path), "a")
    (aside,) = set_aside(path)
    assert sqlite3.connect(aside).execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    assert statuses(path) == {"a": "ok"}
    other.close()


def test_damage_behind_a_sound_head_is_set_aside_too(path):
    """Where only a write finds the damage, the file is renamed with one warning, and the call is written anew."""
    log = CallLog(path)
    write(log, *(f"{number}" for number in range(300)))
    log.close()
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 60_000)
    with pytest.warns(RuntimeWarning, match="was damaged") as caught:
        write(log, *(f"later-{number}" for number in range(50)))
    assert (len(caught), len(set_aside(path))) == (1, 1)
    assert statuses(path)["later-49"] == "ok"


def damage_and_write(path, seed):
    """Change some bytes of a ledger at random and write to it; return how many warnings that gave."""
    chance = random.Random(seed)
    content = bytearray(GOLDEN[-1].read_bytes())
    for _ in range(chance.choice((1, 5, 50, 500))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content[: chance.choice((len(content), chance.randrange(1, len(content))))])
    log = CallLog(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        write(log, "a", "b")
        log.close()
    return len(caught)


@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(1000, 1500), marks=pytest.mark.slow)], ids=len)
def test_random_damage_never_costs_an_answer(seeds, tmp_path):
    """Whatever bytes are changed: no exception reaches the caller, and there is at most one warning."""
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        assert damage_and_write(folder / "ledger.sqlite", seed) <= 1, seed


def test_two_who_find_the_same_damage_set_it_aside_once(path):
    """The second one sees that there is a new file already, and leaves that alone."""
    path.write_bytes(b"damaged" * 100)
    first, aside = open_database(path)
    second, nothing = open_database(path)
    assert (aside in set_aside(path), nothing, len(set_aside(path))) == (True, None, 1)
    first.close()
    second.close()
