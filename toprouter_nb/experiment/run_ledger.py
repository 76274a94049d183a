"""The lines of a run's calls in the ledger: collected as calls end, written in groups beside their rows.

Knows nothing of rows. A line for each call, written by each call itself, would cost more than the call.
"""

import contextlib
from decimal import Decimal

from ..call_log import CallRow, current_log
from ..settings import Settings
from ..tracking import Account, Tracker, active_trackers
from ..usage import Usage


class _Lines(Tracker):
    """Keeps the lines of ended calls until they are taken."""

    def add(self, row: CallRow, usage: Usage, cost_usd: Decimal | None) -> None:  # noqa: ARG002  # the row says it all
        """Keep a line."""
        self.rows.append(row)

    def take(self) -> list[CallRow]:
        """Return the lines and forget them."""
        taken, self.rows = self.rows, []
        return taken


class RunLedger:
    """The way of a run's calls into the ledger.

    Life: `account` once, for all calls; `flush` from time to time, in one thread.

    Parameters
    ----------
    settings
        Say which ledger; the calls themselves are made with `ledger_path=False`.
    name
        Of the run; stands in the ledger where a conversation's name stands.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._lines = _Lines()

    def account(self) -> Account:
        """Return who pays: the blocks that count calls where this is asked, and this ledger."""
        return Account(conversation_name=self._name, trackers=(self._lines, *active_trackers()))

    def flush(self) -> None:
        """Write what has been collected."""
        rows, log = self._lines.take(), current_log(self._settings)
        if rows and log is not None:
            with contextlib.suppress(RuntimeWarning):  # told once; a ledger that fails must not cost a row
                log.add(rows)
