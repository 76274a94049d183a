"""Short tracebacks for what is no bug: the reader's own lines and the message, without our inner rooms.

Knows IPython's one hook for it, and nothing of replies. A bug keeps its whole traceback.
"""

import asyncio
import linecache
import traceback

from toprouter_nb.errors import ToprouterError

# Modules whose frames tell the reader of a notebook nothing.
_INNER = ("toprouter_nb", "IPython", "ipykernel", "asyncio", "runpy", "argparse")
_STOPPED = "Stopped. What had arrived is kept in the conversation."


def calm(error: BaseException) -> None:
    """Let IPython show an error of ours, or an interrupt, in a few lines; other errors stay as they are.

    The error itself is not changed: it propagates, and `traceback.print_exception` still prints all of it.

    Examples
    --------
    >>> error = KeyboardInterrupt()
    >>> calm(error)
    >>> error._render_traceback_()
    ['KeyboardInterrupt: Stopped. What had arrived is kept in the conversation.']
    """
    if isinstance(error, ToprouterError | KeyboardInterrupt | asyncio.CancelledError):
        # IPython asks an error for its own lines before it makes any.
        error._render_traceback_ = lambda: _lines(error)  # type: ignore[union-attr]


def _lines(error: BaseException) -> list[str]:
    message = str(error) if isinstance(error, ToprouterError) else _STOPPED
    return [*_own_lines(error), f"{type(error).__name__}: {message}"]


def _own_lines(error: BaseException) -> list[str]:
    """Name the lines of the reader's own code that led here."""
    shown = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        if not str(frame.f_globals.get("__name__", "")).startswith(_INNER):
            code = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
            # A magic's line is what IPython made of the cell, not what the reader wrote.
            shown += [] if code.startswith("get_ipython().run_") else [f"line {number}: {code}"]
    return shown
