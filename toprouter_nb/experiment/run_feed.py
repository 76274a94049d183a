"""Hands the missing cells to the lanes: each as soon as its model may be asked, whatever other models wait for.

Knows nothing of keys, of how calls are made or of what they cost.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator

from .grid import Cell

# So many cells of models that must wait are held back while others go on.
_HELD_CELLS = 5_000
# `stop` and `pause` come from other threads and wake nobody; this is how soon they are seen.
_LOOK_SECONDS = 0.25


class Feed:
    """The cells still to be asked.

    Life: `take` from any number of lanes, until it returns None. `pause`, `resume` and `stop` at any time, from any
    thread.

    Parameters
    ----------
    cells
        In the order they shall be asked.
    wait
        Returns the seconds until a cell may be asked; 0.0 = now, and it counts as asked.
    is_dead
        Says whether a model is not to be asked any more.

    Attributes
    ----------
    stopped
        Why no more is handed out: "" while there is more, else "done", or what `stop` was told.
    """

    def __init__(self, cells: Iterator[Cell], *, wait: Callable[[Cell], float], is_dead: Callable[[str], bool]) -> None:
        self.stopped = ""
        self.is_paused = False
        self._cells = cells
        self._wait = wait
        self._is_dead = is_dead
        self._held: dict[str, deque[Cell]] = {}
        self._count = 0
        self._door = asyncio.Lock()  # one lane looks at a time: a hundred sleepers would all wake for one place

    async def take(self) -> tuple[Cell, float] | None:
        """Return the next cell and how long the lane waited for it; None where there is no more."""
        since = time.monotonic()
        async with self._door:
            while not self.stopped:
                seconds = _LOOK_SECONDS
                if not self.is_paused:
                    found = self._next()
                    if isinstance(found, Cell):
                        return found, time.monotonic() - since
                    if found is None:
                        self.stopped = self.stopped or "done"
                        return None
                    seconds = min(found, _LOOK_SECONDS)
                await asyncio.sleep(seconds)
        return None

    def pause(self) -> None:
        """Hand nothing out for now; calls under way go on."""
        self.is_paused = True

    def resume(self) -> None:
        """Go on after a pause."""
        self.is_paused = False

    def stop(self, why: str) -> None:
        """Hand nothing out any more."""
        self.stopped = self.stopped or why

    def _next(self) -> Cell | float | None:
        """Return a cell that may be asked now, or the seconds until one may be, or None where there is no more."""
        soonest = float("inf")
        for model, held in list(self._held.items()):
            if self._is_dead(model):
                self._count -= len(held)
                del self._held[model]
            elif held:
                seconds = self._wait(held[0])
                if seconds <= 0:
                    self._count -= 1
                    self._held[model] = self._held.pop(model)  # the next look begins with another model
                    return held.popleft()
                soonest = min(soonest, seconds)
        while self._count < _HELD_CELLS:
            cell = next(self._cells, None)
            if cell is None:
                return None if soonest == float("inf") else soonest
            if self._is_dead(cell.model):
                continue
            held = self._held.setdefault(cell.model, deque())
            # One waits already: later cells of that model line up behind it, unasked, or its rate would be spent twice.
            seconds = float("inf") if held else self._wait(cell)
            if seconds <= 0:
                return cell
            held.append(cell)
            self._count += 1
            soonest = min(soonest, seconds)
        return soonest
