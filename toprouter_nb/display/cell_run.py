"""Which run of which cell asks, as the message says that started it; and the runs that somebody stopped.

The only module that knows ipykernel's messages and rooms. Knows nothing of replies.
"""

import contextvars
import dataclasses
import os
from collections import deque
from typing import Any


@dataclasses.dataclass(frozen=True)
class CellRun:
    """One run of one cell.

    Attributes
    ----------
    run_id
        Of this run; another for each. None where the kernel does not say.
    cell_id
        Of the cell, the same for each of its runs. JupyterLab, Notebook 7 and VS Code send it; None where no person
        sits before the cells, as in nbclient, nbconvert and nbval.
    """

    run_id: str | None = None
    cell_id: str | None = None


def current_run(shell: Any) -> CellRun:
    """Return the run that calls this, from its own thread or task.

    Examples
    --------
    >>> current_run(None)
    CellRun(run_id=None, cell_id=None)
    """
    parent = _parent(shell)
    run_id = (parent.get("header") or {}).get("msg_id")
    cell_id = (parent.get("metadata") or {}).get("cellId")
    return CellRun(_text(run_id), _text(cell_id))


def is_watched(shell: Any) -> bool:
    """Say whether a person may press what this cell shows; False where a program runs it, as nbclient does.

    Front ends for people name the cell, or would let it ask for input. Voila runs cells as a program does, for people.
    """
    content = _parent(shell).get("content")
    may_ask = isinstance(content, dict) and bool(content.get("allow_stdin"))
    is_voila = os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    return current_run(shell).cell_id is not None or may_ask or is_voila


def leave_cell(shell: Any) -> bool:
    """Let what this thread sends over comms belong to no cell; say whether the kernel listens while a cell runs.

    From ipykernel 7 on a comm's messages are answered in a thread of their own, a subshell. But 7.4 answers them where
    the comm last published from, and that is the busy main thread, unless the message it published for is none.
    """
    parent = getattr(getattr(shell, "kernel", None), "_shell_parent", None)
    if not isinstance(parent, contextvars.ContextVar):
        return False
    parent.set({})
    return True


class StoppedRuns:
    """The runs of cells in which somebody stopped a reply: what they ask after that is not sent."""

    def __init__(self) -> None:
        # Only the run under way can ask again; a hundred is far more than run at once.
        self._ids: deque[str] = deque(maxlen=100)

    def add(self, run: CellRun) -> None:
        """Note a run."""
        if run.run_id is not None:
            self._ids.append(run.run_id)

    def __contains__(self, run: CellRun) -> bool:
        """Say whether it was stopped."""
        return run.run_id in self._ids


STOPPED_RUNS = StoppedRuns()


def _parent(shell: Any) -> dict[str, Any]:
    """Return the message that started what runs now; {} where the shell knows none."""
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None else {}
    return parent if isinstance(parent, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
