"""How far a run is, as numbers: sums over its rows, the pace of the last while, and where it is heading.

Knows nothing of how it is shown.
"""

import dataclasses
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from .row import FINAL, NANO
from .run_engine import Engine
from .store import Store

# Long enough for slow answers to be in it, short enough to follow a limit that was raised.
_PACE_SECONDS = 30.0
_FINAL = ", ".join(f"'{status}'" for status in FINAL)
# Reading the sums again takes at most this share of the time.
_SHARE = 0.05
_TALLY = (
    f"SELECT count(*), coalesce(sum(status IN ({_FINAL})), 0), coalesce(sum(status = 'error'), 0), "
    "sum(cost_nano_usd), coalesce(sum(cost_nano_usd IS NULL), 0) FROM rows "
    "WHERE kind = ? AND (place IS NOT NULL OR kind <> 'answer')"
)

_FIRST_ERROR = (
    "SELECT error_message FROM rows WHERE kind = ? AND status = 'error' "
    "AND (place IS NOT NULL OR kind <> 'answer') ORDER BY rowid LIMIT 1"
)
_OPEN = ("running", "paused", "stopping")


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """How far a run is.

    Attributes
    ----------
    planned, done, errors
        Cells of the grid; finished; ended in an error, to be asked again by the next run.
    spent_usd, projected_usd
        US dollars: of all rows, attempts of unknown end at their worst included; and of the whole grid at this pace.
        None = not known.
    eta_seconds
        Until the end at the pace of the last half minute; None = not known.
    per_second
        Rows a second in that time.
    refused
        Calls refused with 429 since the start.
    phase
        "running", "paused", "stopping", or why it ended: "done", "stopped", "budget", "dead", "disk", "error".
    dead
        Models that are no longer asked, each with the reason.
    failure
        The first error's words where the run has ended, or rests, and every cell so far ended in an error; else "".
    """

    planned: int
    done: int
    errors: int
    spent_usd: float | None
    projected_usd: float | None
    eta_seconds: float | None
    per_second: float
    refused: int
    phase: str
    dead: dict[str, str]
    failure: str = ""


class Progress:
    """Reads how far a run is.

    Life: `look`, as often as wanted: it reads the file only as often as that is cheap.

    Parameters
    ----------
    store
        The run's file, for reading.
    engine
        What runs it; None where another process does, or nobody.
    kind
        Of the rows: "answer", or "judge" for verdicts.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine | None,
        *,
        kind: str = "answer",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kind = kind
        self._store = store
        self._engine = engine
        self._clock = clock
        self._next_look = 0.0
        self._seen: deque[tuple[float, int]] = deque()
        self._tally: tuple[Any, ...] = (0, 0, 0, None, 0)
        self._spent = 0
        self._planned = int(store.facts().get("planned") or 0)
        if kind != "answer" and engine is not None:
            self._planned = next(store.select(_TALLY, (kind,)))[1] + engine.missing

    def look(self, *, is_last: bool = False) -> State:
        """Return how far it is.

        Parameters
        ----------
        is_last
            True reads the file whatever it takes.
        """
        now = self._clock()
        if is_last or now >= self._next_look:
            self._tally = next(self._store.select(_TALLY, (self._kind,)))
            self._spent = self._store.spent_nano_usd(self._kind)
            # The sums take longer the more rows there are; so the looks grow rarer by themselves.
            self._next_look = now + (self._clock() - now) / _SHARE
        _, done, errors, cost, unpriced = self._tally
        pace = self._pace(now, done + errors)
        left = self._planned - done - errors
        engine = self._engine
        # One row of unknown cost makes the sum a lower bound, which is not what "spent" says.
        known = done and cost is not None and not unpriced
        phase = _phase(engine)
        return State(
            planned=self._planned,
            done=done,
            errors=errors,
            spent_usd=self._spent / NANO if known else None,
            projected_usd=(self._spent + cost / done * max(left, 0)) / NANO if known else None,
            eta_seconds=left / pace if pace > 0 and left > 0 else None,
            per_second=pace,
            refused=engine.refused if engine is not None else 0,
            phase=phase,
            dead=engine.dead if engine is not None else {},
            failure=self._first_error() if errors and not done and phase not in _OPEN else "",
        )

    def _first_error(self) -> str:
        """Return the words of the first error; a message always has some."""
        found = next(self._store.select(_FIRST_ERROR, (self._kind,)), ("",))
        return str(found[0]) or "an error without words"

    def _pace(self, now: float, count: int) -> float:
        self._seen.append((now, count))
        while now - self._seen[0][0] > _PACE_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        return (count - before) / (now - since) if now > since else 0.0


def _phase(engine: Engine | None) -> str:
    if engine is None:
        return ""
    if not engine.is_running:
        return engine.ended
    if engine.is_stopping:
        return "stopping"
    return "paused" if engine.is_paused else "running"
