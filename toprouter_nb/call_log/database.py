"""Opens the file of the ledger: made where it is missing, migrated where it is older, set aside where it is none.

Knows nothing of calls; what it hands out is a connection that is ready to write, or the reason why there is none.
"""

import contextlib
import datetime as dt
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from .row import COLUMNS
from .schema import VERSION, known_columns, migrate, version_of

# How long a write waits for other kernels. A write takes about 0.1 ms, so this is only for a disk that hangs.
BUSY_SECONDS = 10.0
# The low byte of an extended code (sqlite.org/rescode.html): SQLITE_CORRUPT_INDEX and its like are damage, too.
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class NewerLedgerError(Exception):
    """The file was made by a newer version, whose columns this one does not know: it is read and never written."""


class ForeignFileError(Exception):
    """The file is a database of another program, or lacks what a ledger has."""


# What a file that is no sound ledger ends in; SQLite quotes damaged names, which Python then cannot decode.
UNUSABLE = (sqlite3.Error, ForeignFileError, UnicodeDecodeError)


def open_database(path: Path, busy_seconds: float = BUSY_SECONDS) -> tuple[sqlite3.Connection, Path | None]:
    """Open the ledger for writing.

    Parameters
    ----------
    path
        The file; made with its folder where it is missing.
    busy_seconds
        How long to wait for other processes, now and with each write.

    Returns
    -------
    tuple
        The connection, and where a file that could not be used was set aside; None where there was none.

    Raises
    ------
    OSError, sqlite3.Error
        It cannot be opened, made or written here.
    NewerLedgerError
        A newer version of this package made it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path, busy_seconds)
    try:
        with _closing_on_error(connection):
            if _is_ready(connection):
                return connection, None
    except UNUSABLE as error:
        if is_busy(error):
            raise
    # What is wrong is looked at again, and mended, while no other process does.
    connection.close()
    with _alone(path):
        return _make_ready(path, busy_seconds)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the ledger as it stands, also where neither it nor its folder can be written.

    Raises
    ------
    OSError, sqlite3.Error
        It cannot be read.
    """
    _check_regular(path)
    address = path.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        version_of(connection)
    except sqlite3.OperationalError as error:  # its folder lacks the files a reader would share with a writer
        connection.close()
        if is_busy(error):
            raise
        # Read without locks: right for a file that nobody can write, and seen as it stands where somebody yet does.
        return sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    return connection


def set_aside(path: Path, file: tuple[int, int]) -> Path | None:
    """Rename a file that is no ledger, and what belongs to it; None where another process did so already.

    Parameters
    ----------
    path
        Where it stands.
    file
        Which file it was, as `identity` returned it.
    """
    with _alone(path):
        return _rename(path) if identity(path) == file else None


def identity(path: Path) -> tuple[int, int] | None:
    """Return which file stands at a path; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # asked before every write, and twice as fast as Path.stat
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_damage(error: Exception) -> bool:
    """Say whether an error means that the file is damaged, or no ledger at all."""
    if isinstance(error, ForeignFileError | UnicodeDecodeError):
        return True
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def is_busy(error: Exception) -> bool:
    """Say whether an error means that other processes kept the file locked."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _make_ready(path: Path, busy_seconds: float) -> tuple[sqlite3.Connection, Path | None]:
    """Open, migrate or replace the file, while no other process does."""
    aside = None
    while True:
        connection = _connect(path, busy_seconds)
        try:
            with _closing_on_error(connection):
                if not _is_ready(connection):
                    _prepare(connection)
                return connection, aside
        except UNUSABLE as error:
            if aside is not None or not is_damage(error):
                raise
        aside = _rename(path)


def _check_regular(path: Path) -> None:
    """Refuse a folder, and a pipe or device, in which SQLite would wait for ever.

    Raises
    ------
    OSError
        It is one.
    """
    if path.exists() and not path.is_file():
        message = "it is no regular file"
        raise OSError(message)


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    _check_regular(path)
    # Questions may be in it: for nobody but its owner, as are the files that SQLite puts beside it.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


def _is_ready(connection: sqlite3.Connection) -> bool:
    """Say whether the file is a ledger of this version; sets what holds for one connection only."""
    version = version_of(connection)
    if version is None or (version == VERSION and len(known_columns(connection)) < len(COLUMNS)):
        raise ForeignFileError
    if version > VERSION:
        message = f"version {version}, and this package knows {VERSION}"
        raise NewerLedgerError(message)
    # In WAL mode a commit then survives the process, not the power (sqlite.org/pragma.html#pragma_synchronous).
    connection.execute("PRAGMA synchronous = NORMAL")
    return version == VERSION and connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def _prepare(connection: sqlite3.Connection) -> None:
    # Some network drives know no shared memory; there it stays what it is, which is slower and as safe.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    migrate(connection)
    connection.execute("COMMIT")


@contextlib.contextmanager
def _closing_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _rename(path: Path) -> Path:
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = path.with_name(f"{path.name}.set-aside-{now}")
    path.rename(aside)
    # What is in the WAL belongs to that file: left behind, SQLite would play it into the new one.
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    return aside


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from making, migrating or setting aside the same ledger; gives up waiting, not going on."""
    # Imported here: its package brings the embedded server along, and a ledger that is in order needs no lock of ours.
    from ..local.lock import LOOK_SECONDS, try_lock

    deadline = time.monotonic() + BUSY_SECONDS
    with path.with_name(path.name + ".lock").open("ab") as file:
        while not try_lock(file) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        yield
