"""The ledger: writes each call twice, at its start and at its end, and reads them back.

Knows nothing of requests, prices or tables. What goes wrong here is told once and never costs an answer.
"""

import contextlib
import itertools
import operator
import os
import sqlite3
import threading
import warnings
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StorageError
from ..plain import render_plain, shorten
from .database import (
    BUSY_SECONDS,
    UNUSABLE,
    NewerLedgerError,
    identity,
    is_busy,
    is_damage,
    open_database,
    open_for_reading,
    set_aside,
)
from .forks import Forks
from .query import Query, queries
from .row import COLUMNS, CallRow
from .schema import FINISH, START, STARTED, migrate

if TYPE_CHECKING:
    import asyncio

    from .group import Group

MEMORY = ":memory:"
_SHOWN_CHARACTERS = 300
# Once a write waited in vain, the next ones do not wait as long, until one succeeds.
_IMPATIENT_SECONDS = 0.05
_KNOWN_AT_START = operator.attrgetter(*STARTED)
_Step = tuple[str, Sequence[tuple[Any, ...]]]  # a statement, and the values of each line it is for


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
        # Reentrant: `forks` holds it while it has the file closed, and a signal may end a call while one is written.
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._is_impatient = False
        self._notices: list[str] = []
        self._has_told = False
        self._groups: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Group] = weakref.WeakKeyDictionary()
        _FORKS.watch(self)

    def start(self, row: CallRow) -> None:
        """Write a call that is about to be sent: what can be known of it by then, `schema.STARTED`."""
        self._write((START, [_KNOWN_AT_START(row)]))

    def finish(self, row: CallRow) -> None:
        """Write how it ended, in place of its start."""
        self._write((FINISH, [row]))

    def add(self, rows: Sequence[CallRow]) -> None:
        """Write calls that have ended, in one step: for whoever makes thousands of them."""
        self._write((FINISH, rows))

    def group(self) -> "Group":
        """Return what takes lines in the running event loop, and writes them together."""
        import asyncio  # here, like the next: in a running loop it is there, and who blocks does without

        loop = asyncio.get_running_loop()
        group = self._groups.get(loop)
        if group is None:
            from .group import Group

            group = self._groups[loop] = Group(self._write_both)
        return group

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
        StorageError
            What stands at the path is no ledger that can be read.
        """
        asked = queries(columns, since=since, model=model, conversation_id=conversation_id, ids=ids)
        return itertools.chain.from_iterable(map(self._pages, asked))

    def close(self) -> None:
        """Give the file back; the next call opens it again. What was kept in memory is gone."""
        with self.lock:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    def close_file(self) -> None:
        """Do so, but for what is kept in memory."""
        if self.path != MEMORY:
            self.close()

    # --- writing

    def _write_both(self, started: Sequence[CallRow], ended: Sequence[CallRow]) -> None:
        self._write((START, [_KNOWN_AT_START(row) for row in started]), (FINISH, ended))

    def _write(self, *steps: _Step) -> None:
        with self.lock:
            try:
                self._execute(steps)
            except (*UNUSABLE, OSError, NewerLedgerError) as error:
                self._recover(error, steps)
            notices, self._notices = self._notices, []
        for notice in notices:
            # Outside of the lock: a warning may run anybody's code, or be an error.
            warnings.warn(notice, RuntimeWarning, stacklevel=2)

    def _execute(self, steps: Sequence[_Step]) -> None:
        connection = self._ready()
        try:
            if connection.in_transaction:  # an interrupt came where even the next line was not reached
                connection.execute("ROLLBACK")
            if len(steps) == 1 and len(steps[0][1]) == 1:
                # A statement is a transaction of its own, and three of them cost more than one.
                connection.execute(steps[0][0], steps[0][1][0])
            else:
                connection.execute("BEGIN IMMEDIATE")
                for statement, rows in steps:
                    connection.executemany(statement, rows)
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
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
            with contextlib.suppress(sqlite3.Error):  # SQLite leaves that out when it closes a file that was moved
                self._connection.execute("PRAGMA wal_checkpoint")
            self.close()
        if self._connection is None:
            self._connection, aside = open_database(
                self.path, _IMPATIENT_SECONDS if self._is_impatient else BUSY_SECONDS
            )
            self._file = identity(self.path)
            if aside is not None:
                self._notices.append(self._spell_aside(aside))
        return self._connection

    def _recover(self, error: Exception, steps: Sequence[_Step]) -> None:
        """Do what can be done about a failed write, and say what cannot."""
        if is_busy(error):
            self._wait_at_most(_IMPATIENT_SECONDS)
            self._give_up(f"other processes kept it locked for {BUSY_SECONDS:g} s")
            return
        file, path = self._file, self.path
        self.close()
        if isinstance(error, NewerLedgerError):
            self._give_up(f"a newer toprouter_nb made it: {error}")
        elif file is None or isinstance(path, str) or not is_damage(error):
            self._give_up(error)
        else:
            self._replace(path, file, steps)

    def _replace(self, path: Path, file: tuple[int, int], steps: Sequence[_Step]) -> None:
        """Set a damaged file aside and write to a new one."""
        try:
            aside = set_aside(path, file)
            if aside is not None:
                self._notices.append(self._spell_aside(aside))
            self._execute(steps)
        except (*UNUSABLE, OSError, NewerLedgerError) as error:
            self._give_up(error)

    def _wait_at_most(self, seconds: float) -> None:
        self._is_impatient = seconds < BUSY_SECONDS
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def _give_up(self, reason: Exception | str) -> None:
        """Tell once why calls are not recorded; each further one is tried again, and fails quietly."""
        if self._has_told:
            return
        self._has_told = True
        self._notices.append(
            f"Calls are not recorded: the ledger {self.path} cannot be written ({_spell(reason)}). Conversations go "
            "on; configure(ledger_path=...) names another file, ledger_path=False keeps none."
        )

    def _spell_aside(self, aside: Path) -> str:
        return (
            f"The ledger {self.path} was damaged, or no ledger of toprouter_nb. It was set aside as {aside.name}, "
            "and a new one was begun."
        )

    # --- reading

    def _pages(self, query: Query) -> Iterator[tuple[Any, ...]]:
        """Read a bounded number of rows at a time, so that neither memory nor a writer waits for a slow reader."""
        last: int | None = -1
        while last is not None:
            with self._reader() as connection:
                page, last = ([], None) if connection is None else query.page(connection, last)
            yield from page

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection | None]:
        """Give a connection to read from; None where there is no ledger.

        Raises
        ------
        StorageError
            What stands at the path is no ledger that can be read.
        """
        with self.lock:
            if isinstance(self.path, str):
                yield self._ready()
            elif identity(self.path) is None:
                yield None
            else:
                try:
                    with contextlib.closing(open_for_reading(self.path)) as connection:
                        yield connection
                except (*UNUSABLE, OSError) as error:
                    message = f"The ledger {self.path} cannot be read ({_spell(error)})."
                    raise StorageError(message) from None


def _spell(error: Exception | str) -> str:
    return shorten(render_plain(str(error)), _SHOWN_CHARACTERS)


_FORKS = Forks()
