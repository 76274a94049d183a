"""The one way cells become rows: so many lanes, each asks, hands its row in, and goes on when that is durable.

Knows nothing of where rows go: the same function runs on this machine and on a worker of a cluster.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ..errors import StorageError
from .row import Row
from .run_caller import Caller, CapReachedError
from .run_feed import Feed


async def run_chunk(
    feed: Feed, caller: Caller, sink: Callable[[Row], Awaitable[None]], *, lanes: int, is_cancelled: asyncio.Event
) -> str:
    """Ask what the feed hands out, until it hands out no more; return why it ended.

    Parameters
    ----------
    feed
        The cells.
    caller
        Makes a row of a cell.
    sink
        Takes a row; when it returns, the row is durable.
    lanes
        How many calls may be under way.
    is_cancelled
        Set to break off the calls under way, too.

    Returns
    -------
    str
        "done", "budget", "disk", or what the feed was stopped with.

    Raises
    ------
    StorageError
        Rows can no longer be written; those handed in before are safe.
    """
    tasks = [asyncio.create_task(_lane(feed, caller, sink)) for _ in range(lanes)]
    watch: asyncio.Task[Any] = asyncio.create_task(is_cancelled.wait())
    try:
        while tasks and not watch.done():
            done, _ = await asyncio.wait([*tasks, watch], return_when=asyncio.FIRST_COMPLETED)
            tasks = [task for task in tasks if task not in done]
            # `result()` raises what a lane died of: a disk that is full ends the run here and not silently.
            for task in done:
                task.result()
    finally:
        for task in (*tasks, watch):
            task.cancel()
        await asyncio.gather(*tasks, watch, return_exceptions=True)
    return feed.stopped or "stopped"


async def _lane(feed: Feed, caller: Caller, sink: Callable[[Row], Awaitable[None]]) -> None:
    try:
        while (found := await feed.take()) is not None:
            cell, queue_s = found
            await sink(await caller.ask(cell, queue_s))
    except CapReachedError:
        feed.stop("budget")
    except StorageError:
        feed.stop("disk")
        raise
