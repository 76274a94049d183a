"""The child process as its owner holds it: started, spoken to line by line, ended, and its last words read.

Knows nothing of models or weights; what is said is up to the caller.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toprouter_nb.plain import render_plain

# The child has nothing to save: what is not gone by then hangs in the engine.
STOP_SECONDS = 3.0
LOG_TAIL_BYTES = 4_000
INTERRUPT_SECONDS = 0.2
# -P keeps the working folder off the module path: a notebook often lies beside a `random.py`. The folder this package
# was loaded from is put there instead, where it is not on the path already.
_BOOT = (
    "import sys; root = sys.argv.pop(); root in sys.path or sys.path.insert(0, root); "
    "from toprouter_nb.local.child import main; main()"
)


class ChildEnded(Exception):  # noqa: N818 - a fact about the child; its owner decides what it means
    """The child is no more; `args[0]` is its exit code, negative for the signal that ended it."""


class ChildProcess:
    """A running child.

    Life: made (started), `say` for each command, `stop` or `let_go`.

    Parameters
    ----------
    command
        What to run; None for the server of the local models.

    Raises
    ------
    OSError
        The process cannot be started.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                command or _own_command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                # Without buffers there are no locks that a fork could copy in their locked state.
                bufsize=0,
                env=_environment(),
                **_apart(),
            )
        except BaseException:
            self._log.close()
            raise
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="toprouter-local", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """False once it has ended, for whatever reason."""
        return self._process.poll() is None

    def say(self, command: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
        """Send a command and wait for its answer.

        Raises
        ------
        ChildEnded
            It ended instead of answering.
        TimeoutError
            No answer came in time.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            # A broken pipe shows as the end of the answers below.
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
        line = self._next_answer(seconds)
        if not line:
            raise ChildEnded(self._process.wait())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _next_answer(self, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            # In short waits: an interrupt that arrives in another thread does not end a long one.
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=INTERRUPT_SECONDS)
        message = f"the child did not answer within {seconds:.0f} s"
        raise TimeoutError(message)

    def stop(self) -> None:
        """End the child: politely by closing its input, by force after three seconds. Safe to call again."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def let_go(self) -> None:
        """Close this process's ends of the pipes, in a fork: the child belongs to the process that started it."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        # Not ours to wait for: without a code Popen would look for it again and again.
        self._process.returncode = 0
        self._close()

    def wait(self) -> int:
        """Wait until the child ends by itself and return its exit code."""
        return self._process.wait()

    def log_tail(self) -> str:
        """Return the end of what the child wrote to standard error, safe to show."""
        if self._log.closed:
            return ""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - LOG_TAIL_BYTES))
        return render_plain(self._log.read().decode("utf-8", "replace")).strip()

    def _close(self) -> None:
        self._log.close()

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        pending = b""
        with contextlib.suppress(OSError, ValueError):
            while block := pipe.read(65_536):
                *lines, pending = (pending + block).split(b"\n")
                for line in lines:
                    self._answers.put(line)
        self._answers.put(b"")
        with contextlib.suppress(OSError):
            pipe.close()


def _own_command() -> list[str]:
    root = Path(__file__).resolve().parent.parent.parent
    return [sys.executable, "-P", "-u", "-c", _BOOT, str(root)]


def _apart() -> dict[str, Any]:
    """Keep the kernel's interrupts from the child."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    # A terminal sends Ctrl-C to every process of the session's foreground group.
    return {"start_new_session": True}


def _environment() -> dict[str, str]:
    # The child needs no key of any gateway, and warnings made errors would break libraries that are not ours. Threads
    # that wait must not spin: see `cores`.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TOPROUTER_") and name != "PYTHONWARNINGS"
    }
    return kept | {"OMP_WAIT_POLICY": "passive", "PYTHONUNBUFFERED": "1"}
