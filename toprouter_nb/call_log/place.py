"""Where the ledger is kept, and the one log of this process for each file.

Knows nothing of what is written there.
"""

import functools
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings

if TYPE_CHECKING:
    from .log import CallLog

FOLDER_VARIABLE = "TOPROUTER_DATA_DIR"
_FILE = "ledger.sqlite"


def data_folder() -> Path:
    """Return the folder of what is kept for good: `TOPROUTER_DATA_DIR`, else the user's data folder."""
    return _folder(os.getenv(FOLDER_VARIABLE))


class _OpenLogs:
    """The logs of this process, by path: threads and conversations that write the same file share one."""

    def __init__(self) -> None:
        self._logs: dict[str, CallLog] = {}
        self._lock = threading.Lock()

    def find(self, path: str) -> "CallLog":
        log = self._logs.get(path)
        if log is None:
            # Imported here: sqlite3 is loaded with the first call, not before.
            from .log import CallLog

            with self._lock:
                # A second one made at the same moment is dropped unopened: nothing is opened before the first write.
                log = self._logs.setdefault(path, CallLog(path))
        return log


_LOGS = _OpenLogs()


def current_log(settings: Settings) -> "CallLog | None":
    """Return the ledger that calls with these settings are written to; None where `ledger_path` is False.

    Opens nothing: the file is made with the first call.

    Examples
    --------
    >>> current_log(Settings(ledger_path=False))
    >>> current_log(Settings(ledger_path=":memory:")).path
    ':memory:'
    """
    path = settings.ledger_path
    if path is False:
        return None
    return _LOGS.find(_usual_file(os.getenv(FOLDER_VARIABLE)) if path is None else str(path))


@functools.lru_cache(maxsize=8)
def _usual_file(given: str | None) -> str:
    """Return the usual place, kept because every call asks: the user's own folder stays while a process runs."""
    return str(_folder(given) / _FILE)


def _folder(given: str | None) -> Path:
    if given:
        return Path(given).expanduser().absolute()
    # Imported here: it reads files on some systems, and only the first call of a process needs it.
    import platformdirs

    return Path(platformdirs.user_data_dir("toprouter_nb", appauthor=False))
