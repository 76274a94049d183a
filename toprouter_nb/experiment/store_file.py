"""Opens the SQLite file of a run, does things in one step, and turns SQLite's errors into ours.

Knows nothing of what is in the tables.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ..errors import StorageError
from . import store_schema

_WAIT_SECONDS = 30.0


def open_for_writing(file: Path, *, is_power_safe: bool = False) -> sqlite3.Connection:
    """Open a run's file for writing; make it where it is missing, migrate it where it is old.

    Raises
    ------
    StorageError
        It is another program's file, of a newer version, damaged, or cannot be written.
    """
    with typed_errors(str(file)):
        connection = sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
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
    address = f"{file.resolve().as_uri()}?mode=ro"
    with typed_errors(str(file)):
        connection = sqlite3.connect(
            address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        store_schema.check_version(connection)
        return connection


@contextlib.contextmanager
def step(connection: sqlite3.Connection) -> Iterator[None]:
    """Do several things in one step: all of them, or none. A step inside of another is a part of that.

    Raises
    ------
    StorageError
        It could not be done; the disk is full, for one.
    """
    if connection.in_transaction:
        yield
        return
    with typed_errors("rows.sqlite"):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def typed_errors(name: str) -> Iterator[None]:
    """Turn SQLite's errors into one of ours that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        message = f"The run's file {name} cannot be used: {error}. {_hint(str(error))}"
        raise StorageError(message) from None


def _hint(text: str) -> str:
    if "full" in text:
        return "The disk is full. Every row so far is kept: make room and run again to go on."
    if "malformed" in text or "not a database" in text:
        return "The file is damaged, or no SQLite file. Restore a copy, or choose another name."
    if "readonly" in text or "unable to open" in text:
        return "It cannot be opened for writing. Check who may write to the folder."
    if "locked" in text:
        return "Another process holds it. Wait for that, and run again."
    return "Every finished row is kept; run again to go on."
