"""The one owner of this process: who asks for a local model by its id alone gets it here.

Knows nothing of how an owner works; sees to it that there is one, that it ends with the process, and that a fork
begins with none.
"""

import atexit
import functools
import os
import threading
from pathlib import Path

from .owner import Owner

# Held while the owner is made, and over every fork, so that no thread and no fork sees it half made.
_MAKING = threading.Lock()


@functools.cache
def _make_owner() -> Owner:
    owner = Owner()
    atexit.register(owner.stop)
    return owner


def process_owner() -> Owner:
    """Return the one owner of this process; its server ends with the process.

    Examples
    --------
    >>> process_owner() is process_owner()
    True
    """
    with _MAKING:
        return _make_owner()


def address(model_id: str, *, gguf: str | Path | None = None) -> tuple[str, str]:
    """Return base URL and key of a local model, starting it on first use. See `Owner.address`.

    Raises
    ------
    UnknownModelError
        There is no such local model.
    LocalModelError
        Something is missing, cannot be fetched or does not start; the message names the way on.

    Examples
    --------
    >>> address("local/none")
    Traceback (most recent call last):
      ...
    toprouter_nb.errors.UnknownModelError: There is no model 'local/none' here. ...
    """
    return process_owner().address(model_id, gguf=gguf)


def stop() -> None:
    """End the server of the local models, if it runs; the next use starts it again.

    Examples
    --------
    >>> stop()
    """
    if _make_owner.cache_info().currsize:
        process_owner().stop()


def _forget_in_fork() -> None:
    _MAKING.release()
    if _make_owner.cache_info().currsize:
        _make_owner().let_go()
        _make_owner.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_MAKING.acquire, after_in_parent=_MAKING.release, after_in_child=_forget_in_fork)
