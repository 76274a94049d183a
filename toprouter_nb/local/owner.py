"""The owner of the local models: starts their server on first use, restarts it after a crash, ends it.

The parent's side of the child process; keeps no model in memory. Knows nothing of HTTP.
"""

import os
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path

from toprouter_nb.errors import LocalModelError
from toprouter_nb.plain import shorten

from .child_process import ChildEnded, ChildProcess
from .fetch import ensure_weights
from .libraries import ELSEWHERE, require_library
from .roster import FEWSHOT_ID, OCR_ID, SMOLLM2_ID, find_model
from .weights import SMOLLM2, WAY_ON, own_gguf

START_SECONDS = 60.0
TOKEN_BYTES = 32
# SIGILL and SIGKILL, as `Popen.returncode` tells signals.
_ILLEGAL_INSTRUCTION = -4
_KILLED = -9


class Owner:
    """Holds at most one child process for all local models.

    Life: made (nothing happens), `address` (starts what is missing), `wait`, `stop`; `address` may follow `stop`.
    Threads may share an owner. A fork does not inherit the child: it starts its own.

    Parameters
    ----------
    port
        Where the server listens; 0 for a free port.
    command
        What to run instead of the server, for trying out failures.
    start_seconds
        How long a start may take.
    """

    def __init__(
        self, *, port: int = 0, command: Sequence[str] | None = None, start_seconds: float = START_SECONDS
    ) -> None:
        self._port = port
        self._command = command
        self._start_seconds = start_seconds
        # Taken again by `stop`, which `_running_child` calls under it.
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._child: ChildProcess | None = None
        self._base_url = ""
        self._token = ""
        self._loaded: frozenset[str] = frozenset()

    def address(self, model_id: str, *, gguf: str | Path | None = None) -> tuple[str, str]:
        """Return where a local model answers, starting the server and loading the model where needed.

        Parameters
        ----------
        model_id
            `local/…`; see `MODELS`.
        gguf
            A GGUF file of the user's own; None for `TOPROUTER_LOCAL_GGUF`.

        Returns
        -------
        tuple[str, str]
            The base URL without a slash at its end, and the key to send as a bearer token.

        Raises
        ------
        UnknownModelError
            There is no such local model.
        LocalModelError
            Something is missing, cannot be fetched or does not start; the message names the way on.
        """
        own = own_gguf(gguf)
        model_id = find_model(model_id, own).id
        require_library(model_id)
        # Outside the lock: fetching may take minutes, in which others can use what is loaded.
        path = None if model_id == OCR_ID else self._path(model_id, own)
        with self._lock:
            child = self._running_child()
            if path is not None and model_id not in self._loaded:
                self._load(child, path, model_id)
            return self._base_url, self._token

    def stop(self) -> None:
        """End the server, if this process started one. Safe to call again."""
        with self._lock:
            child, self._child = self._child, None
            self._loaded = frozenset()
            if child is not None and self._pid == os.getpid():
                child.stop()

    def wait(self) -> int | None:
        """Wait until the server ends by itself; None where there is none, else its exit code."""
        child = self._child
        return None if child is None else child.wait()

    def let_go(self) -> None:
        """Forget the server in a fork of the process that owns it."""
        if self._child is not None:
            self._child.let_go()
            self._child = None

    @property
    def child_pid(self) -> int | None:
        """The process id of the server; None where none runs."""
        return self._child.pid if self._child is not None and self._child.is_running else None

    def _path(self, model_id: str, own: Path | None) -> Path | None:
        """Find the file of a model; None where it is loaded already, so that nothing need be looked at."""
        if model_id in self._loaded and self.child_pid is not None:
            return None
        if model_id in (SMOLLM2_ID, FEWSHOT_ID):
            return ensure_weights(SMOLLM2, own)
        return own

    def _running_child(self) -> ChildProcess:
        if self._pid != os.getpid():
            self.let_go()
            self._pid = os.getpid()
        if self._child is not None and not self._child.is_running:
            self.stop()
        if self._child is None:
            self._child = self._start()
        return self._child

    def _start(self) -> ChildProcess:
        self._loaded = frozenset()
        self._token = secrets.token_urlsafe(TOKEN_BYTES)
        try:
            child = ChildProcess(self._command)
        except OSError as error:
            message = f"No second Python process can be started for the local models: {error.strerror}. {ELSEWHERE}"
            raise LocalModelError(message) from error
        hello = {"token": self._token, "port": self._port, "owner": os.getpid()}
        self._base_url = self._say(child, hello)["ready"]
        return child

    def _load(self, child: ChildProcess, path: Path, model_id: str) -> None:
        self._say(child, {"load": str(path), "model": model_id})
        together = (SMOLLM2_ID, FEWSHOT_ID)
        self._loaded |= set(together) if model_id in together else {model_id}

    def _say(self, child: ChildProcess, command: dict[str, object]) -> dict[str, str]:
        """Send a command; on any failure end the child, so that the next use starts afresh."""
        try:
            answer = child.say(command, seconds=self._start_seconds)
            if "failed" not in answer:
                return answer
            message = _explain_failure(answer["failed"], child.log_tail())
        except ChildEnded as ended:
            message = _explain_end(ended.args[0], child.log_tail())
        except TimeoutError as error:
            message = f"The local model server does not start: {error}. Free some memory or cores, or try again."
        except BaseException:
            self._drop(child)
            raise
        self._drop(child)
        raise LocalModelError(message)

    def _drop(self, child: ChildProcess) -> None:
        self._child = None
        self._loaded = frozenset()
        child.stop()


def _explain_failure(reason: str, log: str) -> str:
    return f"The local model server does not start: {reason}.{_last_words(log)} {WAY_ON}"


def _explain_end(code: int, log: str) -> str:
    if code == _ILLEGAL_INSTRUCTION:
        why = "this processor lacks instructions the engine needs (AVX2)"
    elif code == _KILLED:
        why = "it was killed, most likely for want of memory"
    else:
        why = f"it ended with code {code}"
    return f"The local model server cannot run here: {why}.{_last_words(log)} {ELSEWHERE}"


def _last_words(log: str) -> str:
    words = " ".join(log.split())
    return f" Its last words: {shorten(words[-400:], 400)!r}." if words else ""
