"""Closes every open ledger before this process is forked: SQLite's locks are not for two processes to share.

Parent and child open the file anew with their next call. Knows nothing of what is in a ledger.
"""

import os
import threading
import weakref
from typing import Protocol


class Closable(Protocol):
    """What is open, and must not be while the process is forked."""

    lock: threading.RLock

    def close_file(self) -> None:
        """Give the file back."""


class Forks:
    """Holds every watched thing closed, and its lock taken, while the process is forked."""

    def __init__(self) -> None:
        # Weakly, for a log lives as long as whoever uses it, and not as long as the process.
        self._watched: weakref.WeakSet[Closable] = weakref.WeakSet()
        self._held: list[Closable] = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._hold, after_in_parent=self._let_go, after_in_child=self._let_go)

    def watch(self, thing: Closable) -> None:
        """Watch a thing for as long as it lives."""
        self._watched.add(thing)

    def _hold(self) -> None:
        self._held = list(self._watched)
        for thing in self._held:
            # Held over the fork: a lock that another thread holds would stay locked in the child for ever.
            thing.lock.acquire()
            thing.close_file()

    def _let_go(self) -> None:
        for thing in self._held:
            thing.lock.release()
        self._held = []
