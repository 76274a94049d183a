"""Scores finished rows, in a thread of its own: a scorer that raises or hangs costs a score, never a row.

Knows nothing of calls. What is scored is read from the file, so a kill loses nothing and a new scorer costs no call.
"""

import json
import math
import queue
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import ParameterError
from ..plain import render_plain, shorten
from .row import FINAL, Row, mend_text
from .store import Store

SCORER_SECONDS = 30.0
# Scores follow rows by a moment; looking oftener would read the file for nothing.
_LOOK_SECONDS = 0.2
# Rows scored between two commits: what a kill makes score again.
_BLOCK = 200
# Each hang costs a whole limit and leaves a thread behind; by three it is the scorer, not the row.
_HANGS = 3
_ERROR_CHARACTERS = 500
_LEFT_OUT = (
    f"Not scored: the scorer hung for {_HANGS} rows before this one. Mend it, or raise scorer_seconds, and run again."
)
_FINAL = ", ".join(f"'{status}'" for status in FINAL)
_RETURNED = 'A scorer returns a finite number, a truth value, a dict with "value", or None for no score, not {}.'
_Outcome = tuple[float | None, int | None, str | None]
Score = tuple[bytes, str, str, float | None, int | None, str | None, str | None]


class ScorerLike(Protocol):
    """What a scorer is: a function of a row, with a name and a version."""

    @property
    def name(self) -> str:
        """Its name in the table."""

    @property
    def version(self) -> object:
        """Changed where its scores may differ."""

    def __call__(self, row: Row) -> Any:
        """Return a number, a truth value, a dict with "value", or None."""


class Scoring:
    """Brings the scores of a run up to date.

    Life: `start` while rows come in, then `finish`; or `run` once over what is there.

    Parameters
    ----------
    file
        The run's file.
    scorers
        Each row that ended well gets a score of each.
    seconds
        A scorer that takes longer for a row is taken to hang; after three such rows it is left out, and each row that
        is left says so in the place of a score, until the next start.
    """

    def __init__(self, file: Path, scorers: Sequence[ScorerLike], *, seconds: float = SCORER_SECONDS) -> None:
        self.error: BaseException | None = None
        self._file = file
        self._scorers = list(scorers)
        self._seconds = seconds
        # How far each was, by the order of entry: a row that was passed over is not looked at again in this start.
        self._last = {self._name(scorer): 0 for scorer in scorers}
        self._hangs: dict[str, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="toprouter_nb-scores", daemon=True)
        self._worker = _Worker()

    def start(self) -> None:
        """Begin to score rows as they come."""
        if self._scorers:
            self._thread.start()

    def finish(self) -> None:
        """Score what is left, and end."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        if self.error is not None:
            raise self.error

    def run(self) -> int:
        """Score what is there and has no score yet; return how many scores were made."""
        reader, writer, made = Store.read(self._file), Store.create(self._file), 0
        try:
            used = reader.scorers()
            if used != (now := used | dict(map(self._name, self._scorers))):
                writer.note({"scorers_used": now})
            for scorer in self._scorers:
                while scores := self._block(reader, scorer):
                    writer.add_scores(scores)
                    made += len(scores)
        finally:
            reader.close()
            writer.close()
        return made

    def _loop(self) -> None:
        try:
            while not self._end.wait(_LOOK_SECONDS):
                self.run()
            self.run()
        except Exception as error:  # noqa: BLE001  # whoever waits for the end gets it
            self.error = error

    def _block(self, reader: Store, scorer: ScorerLike) -> list[Score]:
        """Score the next rows that have no score of this scorer."""
        name = self._name(scorer)
        where = (
            f"rows.rowid > ? AND status IN ({_FINAL}) AND rows.kind = 'answer' AND NOT EXISTS (SELECT 1 FROM scores "
            "WHERE scores.row_key = rows.row_key AND scorer = ? AND scorer_version = ? AND error IS NOT ?)"
        )
        rows = list(reader.next_rows(where, (self._last[name], *name, _LEFT_OUT), limit=_BLOCK))
        scores: list[Score] = []
        for number, row in rows:
            is_left_out = self._hangs.get(name[0], 0) >= _HANGS
            left_out: Score = (row.row_key, *name, None, None, None, _LEFT_OUT)
            scores.append(left_out if is_left_out else self._score(scorer, row))
            self._last[name] = number
        return scores

    def _score(self, scorer: ScorerLike, row: Row) -> Score:
        name = self._name(scorer)
        outcome = self._worker.call(scorer, row, self._seconds)
        if outcome is None:
            self._hangs[name[0]] = self._hangs.get(name[0], 0) + 1
            self._worker = _Worker()  # the old thread cannot be ended; it ends with the process
            outcome = f"The scorer took longer than {self._seconds:g} s."
        if isinstance(outcome, str):
            return (row.row_key, *name, None, None, None, outcome)
        return (row.row_key, *name, *outcome, None)

    @staticmethod
    def _name(scorer: ScorerLike) -> tuple[str, str]:
        return scorer.name, str(scorer.version)


class _Worker:
    """A thread that calls scorers one after another, so that one that hangs can be left behind."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[tuple[ScorerLike, Row]] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[_Outcome | str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def call(self, scorer: ScorerLike, row: Row, seconds: float) -> _Outcome | str | None:
        """Return what came of a row: its score, an error in words, or None where nothing came in time."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="toprouter_nb-scorer", daemon=True)
            self._thread.start()
        self._tasks.put((scorer, row))
        try:
            return self._results.get(timeout=seconds)
        except queue.Empty:
            return None

    def _run(self) -> None:
        while True:
            scorer, row = self._tasks.get()
            try:
                outcome: _Outcome | str = _read(scorer(row))
            except BaseException as error:  # noqa: BLE001  # a user's code may fail in any way, sys.exit() included
                outcome = _say(error)
            self._results.put(outcome)


def _say(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # an error of a user's own may not even know its words
        text = "an error without words"
    return shorten(mend_text(f"{type(error).__name__}: {text}"), _ERROR_CHARACTERS)


def _read(value: Any) -> _Outcome:
    """Take what a scorer returned: the number, whether it passed, and details as JSON."""
    detail = None
    passed = None
    if isinstance(value, dict):
        if "value" not in value and "passed" not in value:
            raise ParameterError(_RETURNED.format("a dict without it"))
        detail = json.dumps({name: said for name, said in value.items() if name != "value"}, default=str)
        value, passed = value.get("value"), value.get("passed")
    if value is None:
        return None, None if passed is None else int(bool(passed)), detail
    try:
        number = float("no number" if isinstance(value, str | bytes) else value)
        if math.isinf(number):
            raise ValueError  # noqa: TRY301  # no mean could be made of it
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(_RETURNED.format(shorten(render_plain(repr(value)), 60))) from None
    # A score of 0 or 1 says by itself whether the answer passed; 0.7 does not.
    if passed is None and number in (0.0, 1.0):
        passed = number == 1.0
    return number, None if passed is None else int(bool(passed)), detail
