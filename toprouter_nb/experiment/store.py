"""The file of one run: rows, scores, prompts and manifest in SQLite, one row for each cell.

Knows nothing of calls, of grids or of frames. One object may write at a time; any number may read meanwhile.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from .row import COLUMNS, FINAL, Row, decode_row, encode_row, pack, unpack
from .store_file import open_for_reading, open_for_writing, step, typed_errors

# Rows held at once, and values of one statement: SQLite takes 32,766 since 3.32 (sqlite.org/limits.html).
_BLOCK = 1_000
_FINAL = ", ".join(f"'{status}'" for status in FINAL)
_INSERT = f"INSERT INTO rows ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_SELECT = ", ".join(f"rows.{name}" for name in COLUMNS)
_WHOLE = f"{_SELECT}, prompts.prompt, prompts.reference FROM rows LEFT JOIN prompts USING (prompt_id)"


class Store:
    """One run's file.

    Life: `create` or `read`; then any of the rest; `close`.

    Parameters
    ----------
    connection
        Open, of a file that was checked.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def create(cls, file: Path, *, is_power_safe: bool = False) -> Self:
        """Open a run's file for writing, as `store_file.open_for_writing`.

        Parameters
        ----------
        is_power_safe
            True: no row is lost when the power fails, for several times the time of a commit. Rows survive the death
            of the process in either case.
        """
        return cls(open_for_writing(file, is_power_safe=is_power_safe))

    @classmethod
    def read(cls, file: Path) -> Self:
        """Open a run's file for reading, as `store_file.open_for_reading`."""
        return cls(open_for_reading(file))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # --- rows

    def add_rows(self, rows: Sequence[Row]) -> int:
        """Enter rows in one step; when this returns they are durable. Returns how many were new.

        A finished row is never replaced: another one for its cell is dropped, and what it cost is booked as spent. A
        row that ended in an error gives way, and what it cost is booked, too.
        """
        with self.step():
            known = self._known([row.row_key for row in rows])
            new = []
            for row in rows:
                if row.lost_nano_usd:
                    self.book(row.lost_nano_usd, "attempts whose end is not known, at worst", row.kind)
                if row.row_key in known and not self._make_way(row, *known[row.row_key]):
                    continue
                known[row.row_key] = (row.status, row.cost_nano_usd)
                new.append(encode_row(row))
            self._connection.executemany(_INSERT, new)
        return len(new)

    def rows(self, where: str = "place IS NOT NULL", values: Sequence[Any] = (), *, limit: int = -1) -> Iterator[Row]:
        """Yield rows with their prompts, in the order of their places, a block at a time.

        Parameters
        ----------
        where
            A condition of ours in SQL; never made of a user's text, which goes into `values`.
        """
        query = f"SELECT {_WHOLE} WHERE {where} ORDER BY place LIMIT ?"
        for values_of_row in self.select(query, (*values, limit)):
            yield _decode(values_of_row)

    def next_rows(self, where: str, values: Sequence[Any], *, limit: int) -> list[tuple[int, Row]]:
        """Return rows in the order they were entered, each with its number in that order."""
        query = f"SELECT rows.rowid, {_WHOLE} WHERE {where} ORDER BY rows.rowid LIMIT ?"
        return [(number, _decode(columns)) for number, *columns in self.select(query, (*values, limit))]

    def select(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query of ours, a block at a time."""
        with typed_errors(self._connection), contextlib.closing(self._connection.execute(query, values)) as cursor:
            while block := cursor.fetchmany(_BLOCK):
                yield from block

    def finished_places(self) -> Iterator[int]:
        """Yield the places that are done, in order; each block is a reading of its own, so that writing goes on."""
        last = -1
        # Answered by the index `rows_place` alone. A long cursor instead would pin the WAL, which could not be reset.
        query = f"SELECT place FROM rows WHERE place > ? AND status IN ({_FINAL}) ORDER BY place LIMIT {10 * _BLOCK}"
        while block := list(self.select(query, (last,))):
            for (last,) in block:
                yield last

    def finished_keys(self, keys: Sequence[bytes]) -> set[bytes]:
        """Return those of some row keys whose rows are done."""
        return {key for key, (status, _) in self._known(keys).items() if status in FINAL}

    def answer_of(self, request_key: bytes) -> Row | None:
        """Return a finished row of the very same request; None where there is none."""
        query = f"SELECT {_SELECT} FROM rows WHERE request_key = ? AND status IN ({_FINAL}) LIMIT 1"
        found = next(self.select(query, (request_key,)), None)
        return None if found is None else decode_row(found)

    def forget_places(self) -> None:
        """Take every row out of the plan, before another one is laid over them."""
        self._execute("UPDATE rows SET place = NULL WHERE place IS NOT NULL AND kind = 'answer'")

    def place_rows(self, places: Sequence[tuple[int, bytes]]) -> set[bytes]:
        """Give rows the places that a plan has for their keys; return the keys that have a row."""
        known = self._known([key for _, key in places])
        self._connection.executemany(
            "UPDATE rows SET place = ? WHERE row_key = ?", [pair for pair in places if pair[1] in known]
        )
        return set(known)

    # --- money

    def spent_nano_usd(self, kind: str = "answer") -> int:
        """Return what was paid, or may have been, in 10**-9 US dollars: the sum over all rows and what was booked."""
        query = (
            "SELECT (SELECT coalesce(sum(cost_nano_usd), 0) FROM rows WHERE kind = ?) + "
            "(SELECT coalesce(sum(cost_nano_usd), 0) FROM spent WHERE kind = ?)"
        )
        return int(next(self.select(query, (kind, kind)))[0])

    def book(self, cost_nano_usd: int, why: str, kind: str) -> None:
        """Note what was paid, or may have been, for a kind of rows, and stands in none of them."""
        self._execute("INSERT INTO spent VALUES (?, ?, ?, ?)", (time.time(), cost_nano_usd, why, kind))

    # --- prompts and manifest

    def add_prompts(self, prompts: Iterable[tuple[str, str, str, Any]]) -> None:
        """Enter prompts as (id, cluster, text, reference); one that is known is brought up to date."""
        with self.step():
            self._connection.executemany(
                "INSERT OR REPLACE INTO prompts VALUES (?, ?, ?, ?)",
                (
                    (prompt_id, cluster, pack(text), None if reference is None else json.dumps(reference, default=str))
                    for prompt_id, cluster, text, reference in prompts
                ),
            )

    def note(self, facts: Mapping[str, Any]) -> None:
        """Enter facts into the manifest by name; a known name gets the new value."""
        pairs = [(name, json.dumps(value, default=str)) for name, value in facts.items()]
        with self.step():
            self._connection.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", pairs)

    def scorers(self) -> dict[str, str]:
        """Return the version that each scorer was used in last, by name."""
        found = next(self.select("SELECT value FROM manifest WHERE name = 'scorers_used'"), None)
        return {} if found is None else dict(json.loads(found[0]))

    def facts(self) -> dict[str, Any]:
        """Return the manifest, and every start of the run with its end."""
        facts = {name: json.loads(value) for name, value in self.select("SELECT name, value FROM manifest")}
        starts = self.select("SELECT began_at, ended_at, ended, kind, facts FROM starts ORDER BY rowid")
        facts["starts"] = [
            {"began_at": began, "ended_at": ended_at, "ended": ended, "kind": kind, **json.loads(more)}
            for began, ended_at, ended, kind, more in starts
        ]
        return facts

    def begin(self, facts: Mapping[str, Any], kind: str = "answer") -> int:
        """Note that the run is started, and book what a start that never ended may have paid; return its number."""
        with self.step():
            lost = "SELECT at_risk_nano_usd, kind FROM starts WHERE ended IS NULL AND at_risk_nano_usd > 0"
            for at_risk, of_kind in list(self.select(lost)):
                self.book(at_risk, "calls under way when the process died", of_kind)
            self._execute("UPDATE starts SET ended = 'died' WHERE ended IS NULL")
            cursor = self._execute(
                "INSERT INTO starts (began_at, facts, kind) VALUES (?, ?, ?)",
                (time.time(), json.dumps(dict(facts), default=str), kind),
            )
        return int(cursor.lastrowid or 0)

    def risk(self, start: int, at_risk_nano_usd: int) -> None:
        """Note how much the calls under way of a start may cost together at most."""
        self._execute("UPDATE starts SET at_risk_nano_usd = ? WHERE rowid = ?", (at_risk_nano_usd, start))

    def end(self, start: int, how: str) -> None:
        """Note that a start ended, and how."""
        # An orderly end has nothing at risk; what calls cost stands in their rows.
        values = (time.time(), how, start)
        self._execute("UPDATE starts SET ended_at = ?, ended = ?, at_risk_nano_usd = 0 WHERE rowid = ?", values)

    def add_scores(self, scores: Iterable[Sequence[Any]]) -> None:
        """Enter scores as (row_key, scorer, version, value, passed, detail, error); a known one gets the new value."""
        with self.step():
            self._connection.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?)", scores)

    def step(self) -> contextlib.AbstractContextManager[None]:
        """Do several things in one step: all of them, or none."""
        return step(self._connection)

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        with typed_errors(self._connection):
            return self._connection.execute(statement, values)

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, tuple[str, int | None]]:
        found: dict[bytes, tuple[str, int | None]] = {}
        for start in range(0, len(keys), _BLOCK):
            block = keys[start : start + _BLOCK]
            marks = ", ".join("?" * len(block))
            query = f"SELECT row_key, status, cost_nano_usd FROM rows WHERE row_key IN ({marks})"
            found |= {key: (status, cost) for key, status, cost in self.select(query, block)}
        return found

    def _make_way(self, row: Row, status: str, cost: int | None) -> bool:
        """Make room for a row whose cell has one already; False where that one stays."""
        if status in FINAL:
            # Without attempts it was taken from another row, and that one's cost is counted already.
            if row.attempts and row.cost_nano_usd:
                self.book(row.cost_nano_usd, "the same cell asked twice", row.kind)
            return False
        if cost:
            self.book(cost, f"an attempt that ended in status {status}", row.kind)
        self._execute("DELETE FROM rows WHERE row_key = ?", (row.row_key,))
        self._execute("DELETE FROM scores WHERE row_key = ?", (row.row_key,))
        return True


def _decode(values: Sequence[Any]) -> Row:
    *columns, prompt, reference = values
    return decode_row(
        tuple(columns),
        prompt="" if prompt is None else unpack(prompt),
        reference=None if reference is None else json.loads(reference),
    )
