"""Runs what is missing of an experiment in a thread with its own event loop, so that a notebook stays free.

Knows nothing of display or of statistics. Whatever happens to it, what is in the store is true.
"""

import asyncio
import contextlib
import contextvars
import functools
import threading
import time
from collections.abc import Callable, Iterator

from ..client import Client
from ..errors import BudgetError, StorageError
from ..params import is_local_id
from ..settings import Settings
from .grid import Cell
from .lanes import run_chunk
from .row import NANO
from .run_caller import Caller
from .run_cap import Cap
from .run_feed import Feed
from .run_gate import Gate
from .run_ledger import RunLedger
from .run_scoring import Scoring
from .run_spec import RunSpec
from .store import Store
from .store_journal import Journals
from .store_writer import RowWriter


class Engine:
    """One start of a run.

    Life: `start`, which raises what can be known before the first call; `pause`, `resume` and `stop` from any thread;
    `wait`.

    Parameters
    ----------
    spec
        What to run.

    Attributes
    ----------
    ended
        "" while it runs, else why it ended: "done", "stopped", "budget", "dead", "disk", "error".
    missing
        Cells that were missing at the start.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.ended = ""
        self.missing = 0
        self._gate: Gate | None = None
        self.error: BaseException | None = None
        self.began = time.monotonic()
        self._spec = spec
        self._feed: Feed | None = None
        self._cancel: Callable[[], object] = _nothing
        self._finished = threading.Event()
        self._ready = threading.Event()
        self._why = ""

    def start(self) -> None:
        """Check what can be checked, then run in the background.

        Raises
        ------
        StorageError
            The folder cannot be used, or another process drives the run.
        BudgetError
            A model has no known price, or the budget is spent already.
        SettingsError
            There is no key.
        """
        spec = self._spec
        # What can be refused comes first, and the lock only then: a start that fails leaves no trace in the folder.
        if spec.budget_nano_usd is not None:
            spec.prices.refuse_unpriced()
        settings = spec.asking_settings()
        spec.folder.prepare()
        spec.folder.lock()
        try:
            store = Store.create(spec.folder.rows_file, is_power_safe=spec.is_power_safe)
            number = store.begin(dict(spec.facts), spec.plan.kind)
            spent = self._look(store, number)
        except BaseException:
            spec.folder.unlock()
            raise
        work = functools.partial(self._drive, store, number, spec.plan.missing(), settings, spent)
        # In a copy of the context, so that the blocks that count calls count these.
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._run, work), name="toprouter_nb-run", daemon=True).start()
        # Until the loop is there: `stop` and `pause` right after `start` would find nothing to stop.
        self._ready.wait()

    def _look(self, store: Store, number: int) -> int:
        """Find out what is missing, and return what was spent so far."""
        spec, journals = self._spec, Journals(self._spec.folder.path)
        try:
            # Workers of a lost cluster may still write: their rows are taken over before what is missing is counted.
            journals.fence(number)
            journals.merge(store)
            spec.plan.lay(store)
            self.missing = spec.plan.count_missing(store)
            spec.folder.check_room(self.missing)
            spent = store.spent_nano_usd(spec.plan.kind)
            if self.missing:
                _refuse_spent(spent, spec.budget_nano_usd)
        except BaseException:
            store.end(number, "refused")
            store.close()
            raise
        return spent

    def pause(self) -> None:
        """Begin no call until `resume`; those under way go on."""
        if self._feed is not None:
            self._feed.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        if self._feed is not None:
            self._feed.resume()

    def stop(self, why: str = "stopped", *, is_now: bool = False) -> None:
        """Begin no call any more; with `is_now` also break off those under way, which may be paid."""
        if self._feed is not None:
            self._feed.stop(why)
        if is_now:
            self._cancel()

    @property
    def is_running(self) -> bool:
        """Say whether it is still under way."""
        return not self._finished.is_set()

    @property
    def is_paused(self) -> bool:
        """Say whether it is paused."""
        return self._feed is not None and self._feed.is_paused

    @property
    def is_stopping(self) -> bool:
        """Say whether no more calls begin."""
        return self._feed is not None and bool(self._feed.stopped)

    def wait_quietly(self, seconds: float | None = None) -> bool:
        """Wait for the end; False where it did not come in time."""
        return self._finished.wait(seconds)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False where it did not come in time. Raises what ended the run badly."""
        if not self.wait_quietly(seconds):
            return False
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return True

    def _open_local(self) -> None:
        """Start the embedded models now: in the loop it would hold up every lane."""
        for model in self._spec.plan.models:
            if is_local_id(model):
                from ..local import address

                address(model)

    @property
    def dead(self) -> dict[str, str]:
        """Why each model that is no longer asked is not."""
        return {} if self._gate is None else self._gate.dead()

    @property
    def refused(self) -> int:
        """Calls refused with 429."""
        return 0 if self._gate is None else self._gate.refused

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # whoever waits gets it
            self.error = error
            self.ended = self.ended or "error"
        finally:
            self._spec.folder.unlock()
            self._ready.set()
            self._finished.set()

    def _drive(self, store: Store, number: int, cells: Iterator[Cell], settings: Settings, spent: int) -> None:
        """Ask the cells, enter their rows, and note how it ended."""
        self._open_local()
        asyncio.run(self._work(store, number, cells, settings, spent))

    def _score(self) -> None:
        """Score what has no score yet."""
        Scoring(self._spec.folder.rows_file, self._spec.scorers, seconds=self._spec.scorer_seconds).run()

    async def _work(self, store: Store, number: int, cells: Iterator[Cell], settings: Settings, spent: int) -> None:
        spec = self._spec
        ledger = RunLedger(spec.settings, spec.folder.path.name)
        writer = RowWriter(store, ledger.flush)
        cap = Cap(spec.budget_nano_usd, spent)
        self._gate = gate = Gate(
            spec.plan.models,
            cap,
            lanes=spec.lanes,
            requests_per_minute=spec.requests_per_minute,
            tokens_per_minute=spec.tokens_per_minute,
            note_risk=lambda usd: writer.run(store.risk, number, usd),
        )
        caller = Caller(
            Client(settings),
            gate,
            account=ledger.account(),
            keys=spec.keys,
            kind=spec.plan.kind,
            prices=spec.prices,
            max_retries=spec.settings.max_retries,
            is_streamed=spec.is_streamed,
            unseeded=spec.unseeded,
        )
        self._feed = Feed(cells, wait=lambda cell: gate.wait(cell.model, caller.tokens(cell)), is_dead=gate.is_dead)
        is_cancelled, loop = asyncio.Event(), asyncio.get_running_loop()
        self._cancel = functools.partial(loop.call_soon_threadsafe, is_cancelled.set)
        scoring = Scoring(spec.folder.rows_file, spec.scorers, seconds=spec.scorer_seconds)
        scoring.start()
        self._ready.set()
        ended = "error"
        try:
            ended = await run_chunk(self._feed, caller, writer.put, lanes=spec.lanes, is_cancelled=is_cancelled)
            # The feed ran dry, but only since cells of dead models were passed over.
            if ended == "done" and gate.dead():
                ended = "dead"
        finally:
            self._cancel = _nothing
            # Before the end is noted: rows still in the writer count among what was spent.
            await writer.close()
            try:
                with contextlib.suppress(StorageError):  # a full disk was told already, by the row that met it
                    _note_end(store, number, ended, cap, spec.plan.kind)
            finally:
                store.close()
                await loop.run_in_executor(None, scoring.finish)
                self.ended = ended


def _refuse_spent(spent: int, budget: int | None) -> None:
    if budget is not None and spent >= budget:
        message = (
            f"The budget of {budget / NANO:.4f} US dollars is spent: this run has cost {spent / NANO:.4f} so far. "
            "Give a larger budget_usd to go on."
        )
        raise BudgetError(message)


def _note_end(store: Store, number: int, ended: str, cap: Cap, kind: str) -> None:
    """Note the end, and book what calls that were broken off may have cost."""
    unbooked = cap.spent - store.spent_nano_usd(kind)
    with store.step():
        if cap.limit is not None and unbooked > 0:
            store.book(unbooked, "calls that were broken off, at worst", kind)
        store.end(number, ended)


def _nothing() -> None:
    """Stand for a loop that is not there."""
