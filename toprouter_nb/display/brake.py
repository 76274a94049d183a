"""Ends the one call that a thread or a task waits for: from another thread, or by the interrupt of the kernel.

Knows threads, tasks and signals, and nothing of replies. Only the call it was made for is ever ended: once that is
over, an interrupt is what it always was.
"""

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

# Where the kernel's own coroutine is from that runs a cell with `await` in it.
_KERNEL_ROOMS = ("ipykernel", "IPython")


class Brake:
    """The way to end one call early.

    Life: `hold` or `hold_task` around the call; `pull` at any time, from any thread; `release` when the call has
    ended but what follows may not be cut off: the showing of what came.

    Attributes
    ----------
    is_pulled
        True once the call was to be ended: by `pull`, or by an interrupt.
    is_blocking
        True while the main thread, or the running cell's own task, waits for the call.
    """

    def __init__(self) -> None:
        self.is_pulled = False
        self.is_blocking = False
        self._lock = threading.Lock()
        self._pull: Callable[[], object] | None = None
        self._close: Callable[[], object] | None = None
        self._is_asked = False
        self._is_released = False
        self._is_late = False

    def attach(self, close: Callable[[], object]) -> None:
        """Name what ends a call in a thread that cannot be interrupted."""
        self._close = close

    def pull(self) -> None:
        """End the call, if it is still under way; a second pull does nothing."""
        with self._lock:
            if self._pull is not None and not self._is_asked:
                self._is_asked = True
                self._pull()

    def release(self) -> None:
        """Let nothing cut off what is done from here on; an interrupt that comes now is raised behind it."""
        with self._lock:
            self._is_released = True
            self._pull = None

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Be ready to end what this thread does.

        Raises
        ------
        KeyboardInterrupt
            The call is to be ended; or an interrupt came after it was over.
        """
        if threading.current_thread() is not threading.main_thread():
            self._pull = self._pull_thread
            yield
            self.release()
            return
        self._pull = _interrupt_main
        saved = signal.signal(signal.SIGINT, self._raise_interrupt)
        self.is_blocking = True
        try:
            yield
        finally:
            # Before `release` waits for the lock: an interrupt in that wait must not raise in here.
            self._is_released = True
            self.release()
            self.is_blocking = False
            signal.signal(signal.SIGINT, saved)
        if self._is_late:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def hold_task(self) -> Iterator[None]:
        """Be ready to cancel the running task, by `pull` and, where it is a cell's own, by an interrupt."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            if not self._is_released and not self.is_pulled:
                self.is_pulled = True
                task.cancel()

        self._pull = lambda: loop.call_soon_threadsafe(cancel)
        with self._on_interrupt(self._pull) if _is_cells_own(task) else contextlib.nullcontext():
            try:
                yield
            finally:
                self.release()

    @contextlib.contextmanager
    def _on_interrupt(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Cancel the task at the first interrupt; the kernel's own handler, which works once only, has the others."""
        saved: Any = None

        def handle(number: int, frame: FrameType | None) -> None:
            if not (self.is_pulled or self._is_released):
                cancel()
            elif callable(saved):
                saved(number, frame)

        saved = signal.signal(signal.SIGINT, handle)
        self.is_blocking = True
        try:
            yield
        finally:
            self.is_blocking = False
            signal.signal(signal.SIGINT, saved)

    def _raise_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_released:
            self._is_late = not (self._is_asked or self.is_pulled)
        elif not self.is_pulled:
            self.is_pulled = True
            raise KeyboardInterrupt

    def _pull_thread(self) -> None:
        self.is_pulled = True
        if self._close is not None:
            self._close()


def _interrupt_main() -> None:
    """Interrupt the main thread, also where it waits for the network."""
    if sys.platform == "win32":
        import _thread  # noqa: PLC0415 - only Windows has no better way

        _thread.interrupt_main()
    else:
        # To that very thread: a signal to the process may land in another one, and end no wait for the network.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _is_cells_own(task: "asyncio.Task[Any]") -> bool:
    """Say whether a task is the one in which the kernel runs a cell, which then waits for it."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    module = str(frame.f_globals.get("__name__", "")) if frame is not None else ""
    return threading.current_thread() is threading.main_thread() and module.startswith(_KERNEL_ROOMS)
