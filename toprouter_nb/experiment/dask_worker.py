"""What a worker of a cluster does with a chunk of cells: the same as this machine, with a journal instead of the store.

Knows nothing of Dask: a plain function with a loop of its own, so that the worker's own loop stays free.
"""

import asyncio
import dataclasses
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..client import Client
from ..errors import SettingsError
from ..params import is_local_id
from ..settings import Settings, require_key
from ..tracking import Account
from .grid import Cell
from .lanes import run_chunk
from .row import Row
from .run_caller import Caller
from .run_cap import Cap
from .run_feed import Feed
from .run_gate import Gate
from .run_keys import Keys
from .run_prices import Prices
from .store_journal import LOOK_SECONDS, Journal


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chunk:
    """A part of a run, as it is sent to a worker; the key is not in it, for a pickled secret is empty.

    Attributes
    ----------
    cells
        What to ask.
    settings, prices, lanes, is_streamed, unseeded, max_retries
        How; as for a run on one machine.
    folder
        Of its journals; None where the workers share no folder with the driver: rows are handed back at the end.
    allowance
        10**-9 US dollars that may be spent on it; None = no limit.
    requests_per_minute, tokens_per_minute
        This chunk's part of the known limits, by model.
    """

    cells: Sequence[Cell]
    settings: Settings
    prices: Prices
    lanes: int
    is_streamed: bool
    unseeded: frozenset[str]
    max_retries: int
    folder: str | None
    allowance: int | None
    requests_per_minute: dict[str, float] | None
    tokens_per_minute: dict[str, float] | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a chunk ended.

    Attributes
    ----------
    ended
        Why: as `run_chunk` returns it.
    refused
        Calls refused with 429.
    dead
        Why each model that is no longer asked is not.
    rows
        Those made, where the workers share no folder with the driver; with a folder they are in its journal.
    """

    ended: str
    refused: int = 0
    dead: dict[str, str] = dataclasses.field(default_factory=dict)
    rows: list[Row] = dataclasses.field(default_factory=list)


def probe(file: str, nonce: str, settings: Settings, *, needs_key: bool) -> dict[str, Any]:
    """Say what a worker has: the driver's folder, a key, and which version."""
    try:
        shares = Path(file).read_text("utf-8") == nonce
    except OSError:
        shares = False
    return {"shares": shares, "has_key": not needs_key or _has_key(settings), "version": __version__}


def work(chunk: Chunk) -> Outcome:
    """Ask the cells of a chunk that no earlier attempt has finished."""
    return asyncio.run(_work(chunk))


async def _work(chunk: Chunk) -> Outcome:
    journal = None if chunk.folder is None else Journal(Path(chunk.folder))
    try:
        return await _ask(chunk, journal)
    finally:
        if journal is not None:
            journal.close()


async def _ask(chunk: Chunk, journal: Journal | None) -> Outcome:
    done = [] if journal is None else journal.done()
    finished = {row.place for row in done if row.is_final}
    cells = [cell for cell in chunk.cells if cell.index not in finished]
    models = {cell.model for cell in chunk.cells}
    gate = Gate(
        models,
        Cap(_left(chunk, done, journal)),
        lanes=chunk.lanes,
        requests_per_minute=chunk.requests_per_minute,
        tokens_per_minute=chunk.tokens_per_minute,
    )
    caller = Caller(
        Client(_with_key(chunk.settings, models)),
        gate,
        account=Account(trackers=()),
        keys=Keys(chunk.settings.base_url),
        prices=chunk.prices,
        max_retries=chunk.max_retries,
        is_streamed=chunk.is_streamed,
        unseeded=chunk.unseeded,
        worker=socket.gethostname(),
    )
    feed = Feed(iter(cells), wait=lambda cell: gate.wait(cell.model, caller.tokens(cell)), is_dead=gate.is_dead)
    rows: list[Row] = []
    is_cancelled = asyncio.Event()

    async def sink(row: Row) -> None:
        rows.append(row) if journal is None else journal.add(row)

    watch = asyncio.create_task(_watch(journal, feed))
    try:
        ended = await run_chunk(feed, caller, sink, lanes=min(chunk.lanes, len(cells) or 1), is_cancelled=is_cancelled)
    finally:
        watch.cancel()
    return Outcome(ended=ended, refused=gate.refused, dead=gate.dead(), rows=rows)


async def _watch(journal: Journal | None, feed: Feed) -> None:
    """Begin no more calls once a newer attempt has taken over."""
    while journal is not None:
        if journal.is_outrun():
            feed.stop("outrun")
            return
        await asyncio.sleep(LOOK_SECONDS)


def _left(chunk: Chunk, done: list[Row], journal: Journal | None) -> int | None:
    """Return what may still be spent: calls an earlier attempt had under way when it died may be paid."""
    if chunk.allowance is None:
        return None
    # Each earlier attempt may have died with all its lanes under way, and nobody knows which cells those were.
    worst = max(chunk.prices.worst(cell.model, cell.prompt.turns, cell.params) for cell in chunk.cells)
    lost = 0 if journal is None else worst * min(chunk.lanes, len(chunk.cells)) * len(journal.earlier)
    return max(0, chunk.allowance - lost - sum((row.cost_nano_usd or 0) + row.lost_nano_usd for row in done))


def _with_key(settings: Settings, models: set[str]) -> Settings:
    return settings if all(map(is_local_id, models)) else require_key(settings, ask=False)


def _has_key(settings: Settings) -> bool:
    try:
        return bool(require_key(settings, ask=False).api_key)
    except SettingsError:
        return False
