"""A question to the ledger: which columns of which calls, read a page at a time.

Knows nothing of files; it is handed a connection for each page.
"""

import dataclasses
import sqlite3
from collections.abc import Sequence
from typing import Any

from ..errors import ParameterError
from ..plain import shorten
from .row import COLUMNS
from .schema import known_columns

# Some milliseconds of reading: a longer page would keep the WAL from being folded in, and its rows in memory.
_PAGE_ROWS = 5_000
# Below the 999 values that SQLite before 3.32 takes in one statement (sqlite.org/limits.html).
_IDS_AT_ONCE = 500

Rows = list[tuple[Any, ...]]


@dataclasses.dataclass(frozen=True)
class Query:
    """Columns and conditions.

    Attributes
    ----------
    columns
        In the order wanted.
    conditions
        In SQL, each with its values.
    is_paged
        False where the conditions bound the number of rows by themselves.
    """

    columns: Sequence[str]
    conditions: tuple[tuple[str, Sequence[Any]], ...]
    is_paged: bool = True

    def page(self, connection: sqlite3.Connection, last: int) -> tuple[Rows, int | None]:
        """Return the rows after one, and the number of the last that was looked at; None where there are no more.

        A ledger of another version may lack a column, in which None stands then, or all of them.
        """
        known = known_columns(connection)
        if not known:
            return [], None
        # Pages are cut by row number, not by OFFSET over what matches: each row is looked at once, however few do.
        edge = self._edge(connection, last)
        names = ", ".join(name if name in known else "NULL" for name in self.columns)
        conditions = "".join(f" AND {condition}" for condition, _ in self.conditions)
        until = "" if edge is None else " AND rowid <= ?"
        text = f"SELECT {names} FROM calls WHERE rowid > ?{conditions}{until} ORDER BY rowid"  # noqa: S608  # our names
        values = [value for _, given in self.conditions for value in given]
        rows = connection.execute(text, [last, *values, *([] if edge is None else [edge])]).fetchall()
        return rows, edge

    def _edge(self, connection: sqlite3.Connection, last: int) -> int | None:
        """Return the last row of the next page; None where that is the last page."""
        if not self.is_paged:
            return None
        text = "SELECT rowid FROM calls WHERE rowid > ? ORDER BY rowid LIMIT 1 OFFSET ?"
        found = connection.execute(text, (last, _PAGE_ROWS - 1)).fetchone()
        return None if found is None else int(found[0])


def queries(
    columns: Sequence[str],
    *,
    since: float | None = None,
    model: str | None = None,
    conversation_id: str | None = None,
    ids: Sequence[str] | None = None,
) -> list[Query]:
    """Put into queries what `CallLog.select` was asked; several where there are many ids.

    Raises
    ------
    ParameterError
        There is no such column.

    Examples
    --------
    >>> queries(["status"], since=0.5)
    [Query(columns=['status'], conditions=(('started_at >= ?', [0.5]),), is_paged=True)]
    """
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or not columns:
        name = shorten(repr(unknown[0]), 60) if unknown else "of no name"
        message = f"The ledger has no column {name}. Its columns are: {', '.join(COLUMNS)}."
        raise ParameterError(message)
    conditions: list[tuple[str, Sequence[Any]]] = [("started_at >= ?", [since])] if since is not None else []
    conditions += [("(requested_model = ? OR served_model = ?)", [model, model])] if model is not None else []
    conditions += [("conversation_id = ?", [conversation_id])] if conversation_id is not None else []
    if ids is None:
        return [Query(columns, tuple(conditions))]
    groups = [ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE)]
    chosen = [(f"id IN ({', '.join('?' * len(group))})", group) for group in groups]
    return [Query(columns, (*conditions, choice), is_paged=False) for choice in chosen]
