"""Runs an experiment on a Dask cluster: chunks of cells to the workers, their rows back into the one store.

Knows nothing of calls: a worker makes them as this machine would. Needs the extra `[dask]`.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConnectFailedError, ParameterError, SettingsError
from ..params import is_local_id
from ..settings import Settings
from ..whole import check_whole
from .dask_money import ChunkMoney
from .dask_worker import Chunk, Outcome, probe, work
from .grid import Cell
from .run_engine import Engine
from .run_gate import Limits
from .run_spec import RunSpec, check_lanes
from .store import Store
from .store_journal import Journals

# A task costs the scheduler about a millisecond, a cell its call: at 500 the cluster's share cannot be measured.
_CHUNK_CELLS = 500
# Where no folder is shared, a lost worker takes the rows of its chunk with it.
_LOOSE_CHUNK_CELLS = 50
# One in work and one waiting for each thread: no worker runs dry, and Stop has little to take back.
_QUEUED = 2
_LOOK_SECONDS = 0.5
# Dask blames a task that saw four workers die; rented machines may vanish by the dozen through no fault of it.
_MOST_DEATHS = 50
_MOST_CHUNK_CELLS = 100_000


class DaskRunner:
    """Runs experiments on a Dask cluster: `experiment.run(on=DaskRunner(client))`.

    The rows are those of a run on this machine, in the same folder, and either may go on where the other stopped. The
    workers need this package, and the key in their environment (`TOPROUTER_API_KEY`): it is never sent to them. Where
    they share the run's folder with this machine, what a lost worker had finished is not paid again, but for the calls
    it had under way; without a shared folder up to 50 cells for each lost worker are.

    Parameters
    ----------
    client
        A `distributed.Client` that is not asynchronous.
    concurrency
        How many calls a chunk may have under way, 1 to 1,000; a worker runs one chunk for each of its threads.
    chunk_cells
        How many cells a worker is given at a time.

    Raises
    ------
    ParameterError
        The client is none, or a number is out of range.

    Examples
    --------
    >>> DaskRunner("tcp://localhost:8786")
    Traceback (most recent call last):
    toprouter_nb.errors.ParameterError: DaskRunner() takes a distributed.Client that is not asynchronous, not str.
    """

    def __init__(self, client: Any, *, concurrency: int = 100, chunk_cells: int = _CHUNK_CELLS) -> None:
        if not hasattr(client, "scheduler_info") or getattr(client, "asynchronous", False):
            kind = type(client).__name__
            message = f"DaskRunner() takes a distributed.Client that is not asynchronous, not {kind}."
            raise ParameterError(message)
        self.client = client
        self.concurrency = check_lanes(concurrency)
        self.chunk_cells = check_whole("chunk_cells", chunk_cells, 1, _MOST_CHUNK_CELLS)

    def engine(self, spec: RunSpec) -> Engine:
        """Return what runs a spec on the cluster."""
        return _ClusterEngine(dataclasses.replace(spec, lanes=self.concurrency), self)

    def __repr__(self) -> str:
        """Show the numbers."""
        return f"DaskRunner(concurrency={self.concurrency}, chunk_cells={self.chunk_cells})"


@dataclasses.dataclass
class _Sent:
    """A chunk that was sent to the cluster."""

    chunk: Chunk
    reserved: int
    deaths: int = 0


class _ClusterEngine(Engine):
    """One start of a run on a cluster; see `Engine`."""

    def __init__(self, spec: RunSpec, runner: DaskRunner) -> None:
        super().__init__(spec)
        self._runner = runner
        self._paused = threading.Event()
        self._stop = ""
        self._generation: Path | None = None
        self._dead: dict[str, str] = {}
        self._refused = 0

    def pause(self) -> None:
        """Send no more chunks; those that were sent go on to their end."""
        self._paused.set()

    def resume(self) -> None:
        """Go on after a pause."""
        self._paused.clear()

    def stop(self, why: str = "stopped", *, is_now: bool = False) -> None:  # noqa: ARG002  # workers end their calls
        """Begin no call any more; those under way end."""
        self._stop = self._stop or why
        if self._generation is not None:
            with contextlib.suppress(OSError):  # the run has ended, and its journals are gone
                (self._generation / "stop").touch()

    @property
    def is_paused(self) -> bool:
        """Say whether it is paused."""
        return self._paused.is_set()

    @property
    def is_stopping(self) -> bool:
        """Say whether no more chunks are sent."""
        return bool(self._stop)

    @property
    def dead(self) -> dict[str, str]:
        """Why each model that is no longer asked is not."""
        return dict(self._dead)

    @property
    def refused(self) -> int:
        """Calls refused with 429, of chunks that ended."""
        return self._refused

    def _drive(self, store: Store, number: int, cells: Iterator[Cell], settings: Settings, spent: int) -> None:
        ended, journals = "error", Journals(self._spec.folder.path)
        try:
            self._generation = journals.begin(number)
            shares = self._probe(self._generation, settings)
            store.note({"cluster": {"workers": self._workers(), "shares_folder": shares}})
            ended = self._send_all(store, journals, cells, settings, spent, shares=shares)
        finally:
            journals.merge(store)
            if ended == "done":
                journals.clear(store)
                ended = "dead" if self._dead else ended
            store.end(number, ended)
            store.close()
            self.ended = ended
        self._score()

    def _send_all(
        self, store: Store, journals: Journals, cells: Iterator[Cell], settings: Settings, spent: int, *, shares: bool
    ) -> str:
        """Keep the workers busy until every cell was sent and came back."""
        runner, money = self._runner, ChunkMoney(self._spec.budget_nano_usd, spent)
        sent: dict[Any, _Sent] = {}
        size = runner.chunk_cells if shares else min(runner.chunk_cells, _LOOSE_CHUNK_CELLS)
        cells = (cell for cell in cells if cell.model not in self._dead)
        waiting: list[Cell] = []
        numbers = itertools.count()
        is_over = is_spent = False
        self._ready.set()
        while True:
            room = _QUEUED * self._threads() - len(sent)
            while room > 0 and not (is_over or is_spent or self._stop or self._paused.is_set()):
                waiting = waiting or list(itertools.islice(cells, size))
                if not waiting:
                    is_over = True
                    break
                part, reserved = money.reserve(self._spec.prices, waiting)
                if not part:
                    is_spent = not sent
                    break
                waiting = waiting[len(part) :]
                chunk = self._chunk(part, settings, next(numbers), reserved, shares=shares)
                sent[self._submit(chunk)] = _Sent(chunk, reserved)
                room -= 1
            if not sent and (is_over or is_spent or self._stop):
                return self._stop or ("budget" if is_spent else "done")
            for future in self._ended_of(list(sent)):
                self._take(future, sent, store, journals, money)
            journals.merge(store)

    def _take(self, future: Any, sent: dict[Any, _Sent], store: Store, journals: Journals, money: ChunkMoney) -> None:
        """Take a chunk that came back, or send it again where its worker died."""
        from distributed.scheduler import KilledWorker

        job = sent.pop(future)
        try:
            outcome: Outcome = future.result(timeout=5)
        except KilledWorker:
            if job.deaths >= _MOST_DEATHS:
                raise
            sent[self._submit(job.chunk)] = dataclasses.replace(job, deaths=job.deaths + 1)
            return
        except (Exception, asyncio.CancelledError) as error:
            if not _is_lost(error):
                raise
            message = (
                "The Dask cluster is gone. Every row that was finished is kept: run the experiment again on a new "
                "cluster, or on this machine, to go on."
            )
            raise ConnectFailedError(message) from None
        store.add_rows(outcome.rows)
        journals.merge(store)
        self._refused += outcome.refused
        self._dead |= outcome.dead
        money.settle(job.reserved, store.spent_nano_usd(self._spec.plan.kind))

    def _ended_of(self, futures: list[Any]) -> list[Any]:
        """Return the futures that ended, after a moment at most."""
        from distributed import wait

        if not futures:
            time.sleep(_LOOK_SECONDS)
            return []
        if self._runner.client.status != "running":
            return futures
        try:
            wait(futures, timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
        except TimeoutError:
            pass  # none has ended yet, or some have and more are awaited
        except (Exception, asyncio.CancelledError) as error:
            if not _is_lost(error):
                raise
            return futures
        return [future for future in futures if future.status not in ("pending", "processing")]

    def _submit(self, chunk: Chunk) -> Any:
        # Not pure: the same chunk is sent again where its worker died, and must be worked on again.
        return self._runner.client.submit(work, chunk, pure=False, key=f"toprouter_nb-{uuid.uuid4().hex}")

    def _chunk(self, cells: list[Cell], settings: Settings, number: int, reserved: int, *, shares: bool) -> Chunk:
        spec, threads = self._spec, self._threads()
        assert self._generation is not None
        return Chunk(
            cells=cells,
            settings=settings,
            prices=spec.prices,
            lanes=spec.lanes,
            is_streamed=spec.is_streamed,
            unseeded=spec.unseeded,
            max_retries=spec.settings.max_retries,
            folder=str(self._generation / f"{number:08d}") if shares else None,
            allowance=None if spec.budget_nano_usd is None else reserved,
            requests_per_minute=_part(spec.requests_per_minute, spec.plan.models, threads),
            tokens_per_minute=_part(spec.tokens_per_minute, spec.plan.models, threads),
        )

    def _probe(self, generation: Path, settings: Settings) -> bool:
        """Look whether the workers can do it; return whether they share the folder with this machine."""
        nonce, file = uuid.uuid4().hex, generation / "nonce"
        file.write_text(nonce, "utf-8")
        needs_key = any(not is_local_id(model) for model in self._spec.plan.models)
        found = self._runner.client.run(probe, str(file.resolve()), nonce, settings, needs_key=needs_key)
        if not found:
            message = "The Dask cluster has no workers. Start some, and run the experiment again."
            raise ConnectFailedError(message)
        if not all(worker["has_key"] for worker in found.values()):
            message = (
                "A Dask worker has no key. Set TOPROUTER_API_KEY in the workers' environment: "
                "a key is never sent to them."
            )
            raise SettingsError(message)
        return all(worker["shares"] for worker in found.values())

    def _threads(self) -> int:
        workers = self._runner.client.scheduler_info(n_workers=-1)["workers"].values()
        return max(1, sum(int(worker["nthreads"]) for worker in workers))

    def _workers(self) -> int:
        return len(self._runner.client.scheduler_info(n_workers=-1)["workers"])


def _part(limits: Limits, models: tuple[str, ...], threads: int) -> dict[str, float] | None:
    """Return one chunk's part of the known limits."""
    if limits is None:
        return None
    found = limits if isinstance(limits, Mapping) else dict.fromkeys(models, limits)
    return {model: float(limit) / threads for model, limit in found.items()}


def _is_lost(error: BaseException) -> bool:
    """Say whether an error means that the cluster is gone, and not that something on it failed."""
    return isinstance(error, TimeoutError | OSError | asyncio.CancelledError) or "Cancelled" in type(error).__name__
