"""Enters rows in groups: a lane hands in a row and goes on when it is durable.

Knows nothing of calls. One commit serves all rows that arrived while the last one was made, or in 20 ms.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .row import Row
from .store import Store

# Unseen beside a call's seconds, and at 1,000 calls a second one commit for 20 rows.
GROUP_SECONDS = 0.02


class _Group:
    """The rows of one commit, and those who wait for it."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.done = asyncio.Event()
        self.error: BaseException | None = None


class RowWriter:
    """Writes rows from inside an event loop.

    Life: `put` from any number of tasks; `run` for another statement on the same connection; `close`.

    Parameters
    ----------
    store
        Used in the writer's own thread only, until `close`.
    also
        Called in that thread after each group.
    """

    def __init__(self, store: Store, also: Callable[[], None]) -> None:
        self._store = store
        self._also = also
        self._group = _Group()
        self._task: asyncio.Task[None] | None = None
        # One thread: SQLite's commit blocks, and a loop that waits for the disk makes every lane wait.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="toprouter_nb-rows")

    async def put(self, row: Row) -> None:
        """Hand a row in; when this returns, it is durable.

        Raises
        ------
        StorageError
            It could not be written; the disk is full, for one.
        """
        group = self._group
        group.rows.append(row)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._commit())
        await group.done.wait()
        if group.error is not None:
            raise group.error

    async def run(self, work: Callable[..., Any], *values: Any) -> Any:
        """Call a method of the store in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)

    async def close(self) -> None:
        """Write what is left, and end the thread."""
        if self._task is not None:
            await self._task
        self._thread.shutdown(wait=False)

    def _enter(self, rows: list[Row]) -> None:
        self._store.add_rows(rows)
        self._also()

    async def _commit(self) -> None:
        while self._group.rows:
            await asyncio.sleep(GROUP_SECONDS)
            # Before the commit: what is handed in meanwhile waits for the next one, and not for luck.
            group, self._group = self._group, _Group()
            try:
                await self.run(self._enter, group.rows)
            except BaseException as error:  # noqa: BLE001  # those who wait must be told, whatever it is
                group.error = error
            group.done.set()
        self._task = None
