"""The lines of the calls in one event loop, written in one step for all that came in one turn of it.

Knows nothing of SQL or files. With many calls at once, a step for each line would be a quarter of all they cost.
"""

import asyncio
from collections.abc import Callable, Sequence

from .row import CallRow


class Group:
    """Collects lines and writes them together.

    Life: `start` and later `finish` for each call, inside the loop; `written` after either, before the call goes on.

    Parameters
    ----------
    write
        Writes the calls that begin, and those that have ended, in one step.
    """

    def __init__(self, write: Callable[[Sequence[CallRow], Sequence[CallRow]], None]) -> None:
        self._write = write
        self._started: list[CallRow] = []
        self._ended: list[CallRow] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._is_due = False

    def start(self, row: CallRow) -> None:
        """Take a call that is about to be sent."""
        self._started.append(row)
        self._schedule()

    def finish(self, row: CallRow) -> None:
        """Take a call that has ended; one that ended badly is written at once, for nobody may come to wait for it."""
        self._ended.append(row)
        if row.status == "ok":
            self._schedule()
        else:
            self.flush()

    async def written(self) -> None:
        """Wait until what was taken is in the file: to the end of this turn of the loop."""
        if self._started or self._ended:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    def _schedule(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Write what was taken, and let those who wait go on."""
        started, ended, waiters = self._started, self._ended, self._waiters
        self._started, self._ended, self._waiters, self._is_due = [], [], [], False
        try:
            if started or ended:
                self._write(started, ended)
        except BaseException:  # an interrupt: nothing, or all, was written
            self._started, self._ended = started + self._started, ended + self._ended
            raise
        finally:
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
