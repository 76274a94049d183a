"""The tables of a run's file: made, told from foreign ones, and brought up to date.

Knows nothing of what the rows mean, nor of folders and locks.
"""

import sqlite3
from collections.abc import Callable, Mapping

from ..errors import StorageError
from .row import COLUMNS

VERSION = 1
# Written into the file's header, so that another program's database is never taken for ours.
# "tnbx"; `PRAGMA application_id` (sqlite.org/pragma.html).
APPLICATION_ID = 0x746E6278
_TYPES = {
    # Not the primary key: rows keep SQLite's own number, which is the order in which they were entered.
    "row_key": "BLOB NOT NULL UNIQUE",
    "request_key": "BLOB NOT NULL",
    "parent_key": "BLOB",
    # Of no type, so that a short text and a packed blob stay what they are.
    "answer": "",
    "reasoning": "",
}
_INTEGERS = ("place", "params_id", "repeat", "seed", "error_code", "cost_nano_usd", "attempts", "cache_hit")
_REALS = ("queue_s", "ttft_s", "latency_s", "retry_wait_s", "started_at")
_SCORES = (
    "row_key BLOB NOT NULL, scorer TEXT NOT NULL, scorer_version TEXT NOT NULL, value REAL, passed INTEGER, "
    "detail TEXT, error TEXT, PRIMARY KEY (row_key, scorer, scorer_version)"
)
_STARTS = (
    "began_at REAL NOT NULL, ended_at REAL, ended TEXT, at_risk_nano_usd INTEGER NOT NULL DEFAULT 0, "
    "facts TEXT NOT NULL, kind TEXT NOT NULL"
)


def _type_of(column: str) -> str:
    if column in _TYPES:
        return _TYPES[column]
    if column in _INTEGERS or column.endswith("_tokens"):
        return "INTEGER"
    return "REAL" if column in _REALS else "TEXT"


def _statements() -> list[str]:
    columns = ", ".join(f"{name} {_type_of(name)}".strip() for name in COLUMNS)
    return [
        f"CREATE TABLE rows ({columns})",
        # With the status, so that what is done is read from the index and no row is touched.
        "CREATE INDEX rows_place ON rows (place, status)",
        "CREATE INDEX rows_request ON rows (request_key)",
        f"CREATE TABLE scores ({_SCORES}) WITHOUT ROWID",
        "CREATE TABLE prompts (prompt_id TEXT PRIMARY KEY, cluster TEXT, prompt, reference TEXT) WITHOUT ROWID",
        "CREATE TABLE manifest (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        # What was or may have been paid and stands in no row: replaced errors, duplicates, calls a kill cut off.
        "CREATE TABLE spent (at REAL NOT NULL, cost_nano_usd INTEGER NOT NULL, why TEXT NOT NULL, kind TEXT NOT NULL)",
        f"CREATE TABLE starts ({_STARTS})",
    ]


# Version -> what brings a file of that version one version up.
MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {}


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, in one step."""
    script = ";".join(["BEGIN IMMEDIATE", *_statements()])
    connection.executescript(f"{script};PRAGMA application_id={APPLICATION_ID};PRAGMA user_version={VERSION};COMMIT")


def bring_up_to_date(
    connection: sqlite3.Connection,
    *,
    migrations: Mapping[int, Callable[[sqlite3.Connection], None]] = MIGRATIONS,
    version: int = VERSION,
) -> None:
    """Check that the file is a run's, and migrate an older one, each version in one step.

    Raises
    ------
    StorageError
        It is another program's file, or of a newer version of this package.
    """
    found = check_version(connection, version=version)
    while found < version:
        connection.execute("BEGIN IMMEDIATE")
        migrations[found](connection)
        found += 1
        connection.execute(f"PRAGMA user_version={found}")
        connection.execute("COMMIT")


def check_version(connection: sqlite3.Connection, *, version: int = VERSION) -> int:
    """Return the version of a run's file.

    Raises
    ------
    StorageError
        It is another program's file, or of a newer version of this package.
    """
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        message = "This folder's rows.sqlite was not written by toprouter_nb. Choose another name or dir."
        raise StorageError(message)
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > version:
        message = (
            f"This run was written by a newer toprouter_nb (format {found}; this one knows {version}). "
            "Update the package, or choose another name; nothing was changed."
        )
        raise StorageError(message)
    return found
