"""The ledger: writes each call twice, at its start and at its end, and reads them back.

Knows nothing of requests, prices or tables. What goes wrong here is told once and never costs an answer.
"""

import contextlib
import os
import sqlite3
import threading
import warnings
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import ParameterError
from ..plain import render_plain, shorten
from .database import (
    BUSY_SECONDS,
    NewerLedgerError,
    identity,
    is_damage,
    open_database,
    open_for_reading,
    set_aside,
)
from .row import COLUMNS, CallRow
from .schema import FINISH, INSERT, known_columns, migrate

MEMORY = ":memory:"
_PAGE_ROWS = 20_000
_IDS_AT_ONCE = 500
_SHOWN_CHARACTERS = 300
# Once a write waited in vain, the next ones do not wait as long, until one succeeds.
_IMPATIENT_SECONDS = 0.05


class CallLog:
    """The calls of this machine, in one file that many processes and threads may write.

    Life: `start` and later `finish` for each call; `select` at any time; `close`. A write that fails is told in one
    warning and then given up quietly; the file is looked for again with the next write.

    Parameters
    ----------
    path
        The file; made with its folder when the first call is written. ":memory:" keeps the calls in this process.

    Examples
    --------
    >>> log = CallLog(":memory:")
    >>> log.start(CallRow("a", 1.0, "started", requested_model="any/model"))
    >>> log.finish(CallRow("a", 1.0, "ok", requested_model="any/model", cost_usd="0.002", cost_source="billed"))
    >>> list(log.select(["status", "cost_usd"]))
    [('ok', '0.002')]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = MEMORY if path == MEMORY else Path(path).absolute()
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._is_impatient = False
        self._notices: list[str] = []
        self._has_told = False
        _FORKS.watch(self)

    def start(self, row: CallRow) -> None:
        """Write a call that is about to be sent."""
        self._write(INSERT, row)

    def finish(self, row: CallRow) -> None:
        """Write how it ended, in place of its start."""
        self._write(FINISH, row)

    def select(
        self,
        columns: Sequence[str] = COLUMNS,
        *,
        since: float | None = None,
        model: str | None = None,
        conversation_id: str | None = None,
        ids: Sequence[str] | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Yield calls, those written first before the others; calls written meanwhile may be among them.

        Parameters
        ----------
        columns
            Names out of `call_log.COLUMNS`, in the order wanted; None stands in one that an older file lacks.
        since
            Only calls started then or later, in seconds since the epoch.
        model
            Only calls that asked for this model, or were answered by it.
        conversation_id, ids
            Only calls of this conversation; only the calls of these ids.

        Raises
        ------
        ParameterError
            There is no such column.
        """
        unknown = [name for name in columns if name not in COLUMNS]
        if unknown or not columns:
            name = shorten(repr(unknown[0]), 60) if unknown else "nothing"
            message = f"The ledger has no column {name}. Its columns are: {', '.join(COLUMNS)}."
            raise ParameterError(message)
        conditions = [("started_at >= ?", [since])] if since is not None else []
        conditions += [("(requested_model = ? OR served_model = ?)", [model, model])] if model is not None else []
        conditions += [("conversation_id = ?", [conversation_id])] if conversation_id is not None else []
        if ids is None:
            return self._pages(columns, conditions)
        groups = [list(ids[start : start + _IDS_AT_ONCE]) for start in range(0, len(ids), _IDS_AT_ONCE)]
        chosen = [(f"id IN ({', '.join('?' * len(group))})", group) for group in groups]
        return (row for choice in chosen for row in self._pages(columns, [*conditions, choice], is_paged=False))

    def close(self) -> None:
        """Give the file back; the next call opens it again. What was kept in memory is gone."""
        with self._lock:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    # --- writing

    def _write(self, statement: str, row: CallRow) -> None:
        with self._lock:
            try:
                self._execute(statement, row)
            except (sqlite3.Error, OSError, NewerLedgerError) as error:
                self._recover(error, statement, row)
            notices, self._notices = self._notices, []
        for notice in notices:
            warnings.warn(notice, RuntimeWarning, stacklevel=2)

    def _execute(self, statement: str, row: CallRow) -> None:
        connection = self._ready()
        try:
            if connection.in_transaction:  # an interrupt came where even the next line was not reached
                connection.execute("ROLLBACK")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement, row)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        if self._is_impatient:
            self._wait_at_most(BUSY_SECONDS)

    def _ready(self) -> sqlite3.Connection:
        """Return the connection to the file that stands at the path now; another one may have taken its place."""
        if isinstance(self.path, str):
            if self._connection is None:
                self._connection = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
                migrate(self._connection)
            return self._connection
        if self._connection is not None and identity(self.path) != self._file:
            self.close()
        if self._connection is None:
            self._connection, aside = open_database(self.path)
            self._file = identity(self.path)
            if aside is not None:
                self._notices.append(self._spell_aside(aside))
        return self._connection

    def _recover(self, error: Exception, statement: str, row: CallRow) -> None:
        """Do what can be done about a failed write, and say what cannot."""
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            self._wait_at_most(_IMPATIENT_SECONDS)
            self._give_up(f"other processes kept it locked for {BUSY_SECONDS:g} s")
            return
        file, path = self._file, self.path
        self.close()
        if isinstance(error, NewerLedgerError):
            self._give_up(f"a newer toprouter_nb made it: {error}")
        elif file is None or isinstance(path, str) or not is_damage(error):
            self._give_up(str(error))
        else:
            self._replace(path, file, statement, row)

    def _replace(self, path: Path, file: tuple[int, int], statement: str, row: CallRow) -> None:
        """Set a damaged file aside and write to a new one."""
        try:
            aside = set_aside(path, file)
            if aside is not None:
                self._notices.append(self._spell_aside(aside))
            self._execute(statement, row)
        except (sqlite3.Error, OSError, NewerLedgerError) as error:
            self._give_up(str(error))

    def _wait_at_most(self, seconds: float) -> None:
        self._is_impatient = seconds < BUSY_SECONDS
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _give_up(self, reason: str) -> None:
        """Tell once why calls are not recorded; each further one is tried again, and fails quietly."""
        if self._has_told:
            return
        self._has_told = True
        reason = shorten(render_plain(reason), _SHOWN_CHARACTERS)
        self._notices.append(
            f"Calls are not recorded: the ledger {self.path} cannot be written ({reason}). Conversations go on; "
            "configure(ledger_path=...) names another file, ledger_path=False keeps none."
        )

    def _spell_aside(self, aside: Path) -> str:
        return (
            f"The ledger {self.path} was damaged, or no ledger of toprouter_nb. It was set aside as {aside.name}, "
            "and a new one was begun."
        )

    # --- reading

    def _pages(
        self, columns: Sequence[str], conditions: list[tuple[str, list[Any]]], *, is_paged: bool = True
    ) -> Iterator[tuple[Any, ...]]:
        """Read a bounded number of rows at a time, so that neither memory nor a writer waits for a slow reader."""
        where = "".join(f" AND {condition}" for condition, _ in conditions)
        values = [value for _, given in conditions for value in given]
        last: int | None = -1
        while last is not None:
            page, last = self._page(columns, where, values, last, is_paged=is_paged)
            yield from page

    def _page(
        self, columns: Sequence[str], where: str, values: list[Any], last: int, *, is_paged: bool
    ) -> tuple[list[tuple[Any, ...]], int | None]:
        """Return the rows after one, and the number of the last that was looked at; None where there are no more."""
        with self._reader() as connection:
            if connection is None:
                return [], None
            known = known_columns(connection)
            if not known:
                return [], None
            names = ", ".join(name if name in known else "NULL" for name in columns)
            edge = "SELECT rowid FROM calls WHERE rowid > ? ORDER BY rowid LIMIT 1 OFFSET ?"
            found = connection.execute(edge, (last, _PAGE_ROWS - 1)).fetchone() if is_paged else None
            until = " AND rowid <= ?" if found else ""
            query = f"SELECT {names} FROM calls WHERE rowid > ?{where}{until} ORDER BY rowid"  # noqa: S608  # names of ours
            rows = connection.execute(query, [last, *values, *(found or ())]).fetchall()
            return rows, found[0] if found else None

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection | None]:
        """Give a connection to read from; None where there is no ledger, or none that can be read."""
        with self._lock:
            if isinstance(self.path, str):
                yield self._ready()
                return
            if identity(self.path) is None:
                yield None
                return
            connection = open_for_reading(self.path)
            try:
                yield connection
            finally:
                connection.close()


class _Forks:
    """Closes every ledger before this process is forked: SQLite's locks are not for two processes to share.

    Parent and child open the file anew with their next call.
    """

    def __init__(self) -> None:
        self._logs: weakref.WeakSet[CallLog] = weakref.WeakSet()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._hold, after_in_parent=self._let_go, after_in_child=self._let_go)
        self._held: list[CallLog] = []

    def watch(self, log: CallLog) -> None:
        self._logs.add(log)

    def _hold(self) -> None:
        self._held = list(self._logs)
        for log in self._held:
            log._lock.acquire()  # noqa: SLF001  # they belong together
            if log.path != MEMORY:
                log.close()

    def _let_go(self) -> None:
        for log in self._held:
            log._lock.release()  # noqa: SLF001
        self._held = []


_FORKS = _Forks()
