"""The table of the ledger: its columns in SQL, its version, and the steps from each older version to this one.

Knows nothing of where the file is or who writes it.
"""

import sqlite3

from .row import COLUMNS

# "tprL": in the head of the file, so that another program's database is known as such.
APPLICATION_ID = 0x7470724C

_FIRST = """
CREATE TABLE calls (
    id TEXT PRIMARY KEY, started_at REAL NOT NULL, status TEXT NOT NULL, conversation_id TEXT, conversation_name TEXT,
    base_url TEXT, requested_model TEXT, served_model TEXT, provider TEXT, prompt_tokens INTEGER,
    completion_tokens INTEGER, total_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER, cost_usd TEXT,
    cost_source TEXT, seconds REAL, first_token_seconds REAL, tokens_per_second REAL, finish_reason TEXT,
    error_kind TEXT, attempts INTEGER, is_streamed INTEGER, request_id TEXT, prompt_text TEXT
)"""
# Step n leads from version n to version n + 1. A step is never changed once it was in a release: add another.
STEPS = (
    _FIRST,
    "ALTER TABLE calls ADD COLUMN priced_at REAL",
)
VERSION = len(STEPS)

_NAMES = ", ".join(COLUMNS)
_SET = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
INSERT = f"INSERT INTO calls ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608  # names of ours
# What is known before a call is sent. The others are NULL, and cost as much to write as those that are not.
STARTED = (
    *("id", "started_at", "status", "conversation_id", "conversation_name", "base_url", "requested_model"),
    *("cost_source", "attempts", "is_streamed", "prompt_text"),
)
START = (
    f"INSERT INTO calls ({', '.join(STARTED)}) VALUES ({', '.join('?' * len(STARTED))}) "  # noqa: S608  # as above
    "ON CONFLICT (id) DO NOTHING"  # a write that was interrupted may be made again
)
# The row of the start may be gone by the end of the call: set aside, or deleted with its file.
FINISH = f"{INSERT} ON CONFLICT (id) DO UPDATE SET {_SET}"


def version_of(connection: sqlite3.Connection) -> int | None:
    """Return the version of a ledger, 0 for a new file; None where the database is another program's."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION_ID and version > 0:
        return int(version)
    # An empty file that carries another program's mark is that program's, though it holds nothing yet.
    is_empty = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    return 0 if is_empty and not application and not version else None


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a ledger to this version, within the transaction that is open; nothing where it is there already.

    Examples
    --------
    >>> connection = sqlite3.connect(":memory:", isolation_level=None)
    >>> migrate(connection)
    >>> version_of(connection) == VERSION
    True
    """
    for step in STEPS[version_of(connection) or 0 :]:
        connection.execute(step)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def known_columns(connection: sqlite3.Connection) -> frozenset[str]:
    """Return which of our columns a ledger has; one of another version may lack some."""
    found = {name for _, name, *_ in connection.execute("PRAGMA table_info(calls)")}
    return frozenset(found.intersection(COLUMNS))
