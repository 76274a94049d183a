"""Opens the SQLite file of a run, does things in one step, and turns SQLite's errors into ours.

Knows nothing of what is in the tables.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ..errors import StorageError
from ..plain import render_plain, shorten
from . import store_schema

# SQLite's busy timeout: a commit takes milliseconds, so that only a disk that hangs lasts as long.
_WAIT_SECONDS = 30.0
# SQLite says the second of a file that is shorter than it says itself, and the last two where tables are missing.
_DAMAGE = ("malformed", "disk I/O error", "not a database", "no such table", "no such column")


def open_for_writing(file: Path, *, is_power_safe: bool = False) -> sqlite3.Connection:
    """Open a run's file for writing; make it where it is missing, migrate it where it is old.

    Raises
    ------
    StorageError
        It is another program's file, of a newer version, damaged, or cannot be written.
    """
    with typed_errors(file):
        connection = sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        with _closed_on_error(connection):
            # Readers and one writer at once (sqlite.org/wal.html). NORMAL syncs at checkpoints only: what is
            # committed outlives the process in any case, and the machine's power only with FULL.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if is_power_safe else 'NORMAL'}")
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                store_schema.create(connection)
            store_schema.bring_up_to_date(connection)
        return connection


def open_for_reading(file: Path) -> sqlite3.Connection:
    """Open a run's file for reading, also while another process writes to it.

    Raises
    ------
    StorageError
        There is none, or it is another program's, of a newer version, or damaged.
    """
    if not file.exists():
        message = f"There is no run in {str(file.parent)!r}. open_run() takes the folder that an Experiment made."
        raise StorageError(message)
    # `mode=ro` (sqlite.org/uri.html) neither makes the file nor writes to it; `as_uri` quotes a "?" in its name.
    address = f"{file.resolve().as_uri()}?mode=ro"
    with typed_errors(file):
        connection = sqlite3.connect(
            address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        with _closed_on_error(connection):
            store_schema.check_version(connection)
        return connection


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection whose file was refused: whoever keeps the error would keep the file locked with it."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextlib.contextmanager
def step(connection: sqlite3.Connection) -> Iterator[None]:
    """Do several things in one step: all of them, or none. A step inside of another is a part of that.

    Raises
    ------
    StorageError
        It could not be done; the disk is full, for one.
    """
    # SQLite has no transactions inside of others; the outer one decides.
    if connection.in_transaction:
        yield
        return
    with typed_errors(connection):
        # Take the write lock now: a reader that turns writer later can be refused at once, whatever the timeout.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def typed_errors(place: Path | sqlite3.Connection) -> Iterator[None]:
    """Turn SQLite's errors about a file into one of ours that says what to do.

    Parameters
    ----------
    place
        The file, or a connection to it.
    """
    try:
        yield
    except sqlite3.Error as error:
        file = place if isinstance(place, Path) else _file_of(place)
        shown = shorten(render_plain(str(file)), 200)
        message = f"The run's file {shown} cannot be used: {error}. {_hint(error, file)}"
        raise StorageError(message) from None


def _file_of(connection: sqlite3.Connection) -> Path:
    try:
        return Path(connection.execute("PRAGMA database_list").fetchone()[2])
    except sqlite3.Error:  # it is closed
        return Path("rows.sqlite")


def _hint(error: sqlite3.Error, file: Path) -> str:
    text = str(error)
    if "full" in text:
        return "The disk is full. Every row so far is kept: make room and run again to go on."
    if isinstance(error, sqlite3.DatabaseError) and any(sign in text for sign in _DAMAGE):
        return _advice_on_damage(file)
    if "readonly" in text or "unable to open" in text:
        return "It cannot be opened for writing. Check who may write to the folder."
    if "locked" in text:
        return "Another process holds it. Wait for that, and run again."
    return "Every finished row is kept; run again to go on."


def _advice_on_damage(file: Path) -> str:
    journal = file.parent / "journal"
    kept = f"Rows of a cluster's workers are in {shorten(str(journal), 200)}. " if journal.exists() else ""
    return (
        "The file is damaged, or no SQLite file, or its disk fails. Restore a copy, or run under another name or dir, "
        f"which asks every cell again. {kept}What export() wrote is not touched."
    )
