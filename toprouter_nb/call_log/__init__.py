"""The ledger: every call of this machine in one file that outlives the kernel, however the call ends.

Rooms: `row` (one call), `schema` (its table), `database` (the file), `log` (write and read), `group` (many lines in one
step), `query` (what is read), `forks` (two processes out of one), `place` (where it is). `log` brings sqlite3 along: it
is loaded with the first call.
"""

from typing import TYPE_CHECKING

from .place import current_log, data_folder
from .row import COLUMNS, CallRow, CostSource, Status

if TYPE_CHECKING:
    from .log import CallLog

__all__ = ["COLUMNS", "CallLog", "CallRow", "CostSource", "Status", "current_log", "data_folder"]


def __getattr__(name: str) -> object:
    """Import the class when it is first asked for by name."""
    if name != "CallLog":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from .log import CallLog

    return CallLog
