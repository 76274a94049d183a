"""Draws in the background: soon after something is new, and never more often than the drawing asks.

Knows nothing of what is drawn. Whoever brings news only rings; the drawing never holds up the reply.
"""

import contextvars
import threading
from collections.abc import Callable


class Ticker:
    """One background thread that draws when there is news.

    Life: `start`, `ring` for each piece of news, `stop` once. After `stop` nothing is drawn any more.

    Parameters
    ----------
    draw
        Draws, and returns for how many seconds it wants to be left alone.
    idle_seconds
        After so long without news it draws all the same; None = never.
    """

    def __init__(self, draw: Callable[[], float], idle_seconds: float | None = None) -> None:
        self._draw = draw
        self._idle_seconds = idle_seconds
        self._news = threading.Event()
        self._end = threading.Event()
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; what it shows belongs to the cell that runs now."""
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="toprouter_nb-display", daemon=True)
        self._thread.start()

    def ring(self) -> None:
        """Say that there is something new; cheap, and drawn soon even if nothing more comes."""
        self._news.set()

    def stop(self) -> Exception | None:
        """End the thread, and return what went wrong in it; a second call does nothing new."""
        self._end.set()
        self._news.set()
        # An interrupt may have hit while the thread was being started; one that begins only now ends at once.
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()
        return self._error

    def _run(self) -> None:
        try:
            while True:
                self._news.wait(self._idle_seconds)
                if self._end.is_set():
                    return
                # Before it draws, so that news that comes meanwhile is drawn next.
                self._news.clear()
                self._end.wait(self._draw())
        except Exception as error:  # noqa: BLE001 - a drawing may fail in any way, and `stop` hands it on
            self._error = error
