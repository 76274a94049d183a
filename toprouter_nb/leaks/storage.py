"""The notebook file itself: read whole, replaced in one step.

Knows nothing of what is in it but that it is JSON with cells.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ..archive.storage import keep_entries
from ..errors import ParameterError
from ..plain import render_plain, shorten

T = TypeVar("T")

# As `from_notebook` reads them; see `archive.notebooks`.
_MOST_BYTES = 128 * 2**20
_SHOWN_CHARACTERS = 200


class NotebookFile:
    """One file.

    Life: `read`, then perhaps `replace`.

    Parameters
    ----------
    path
        As given by a person. A link leads to its target, which is what is replaced.

    Raises
    ------
    ParameterError
        There is no such file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._shown = _shown(path)
        kinds = (TypeError, ValueError, OSError, RuntimeError)
        self._path = self._attempt("cannot be found", lambda: Path(path).expanduser().resolve(strict=True), kinds)

    def read(self) -> str:
        """Return the text.

        Raises
        ------
        ParameterError
            It cannot be read, is larger than 128 MiB, or is no notebook.
        """
        content = self._attempt("cannot be read", self._content)
        if len(content) > _MOST_BYTES:
            message = (
                f"{self._shown} is larger than {_MOST_BYTES // 2**20} MiB, the limit for a notebook to be checked."
            )
            raise ParameterError(message, kind="too_large")
        problem = "is no notebook, for it is no JSON"
        text = self._attempt(problem, content.decode, (ValueError,))
        document = self._attempt(problem, lambda: json.loads(text), (ValueError, RecursionError))
        cells = document.get("cells", document.get("worksheets")) if isinstance(document, dict) else None
        if not isinstance(cells, list):
            message = f"{self._shown} is no notebook, for it has no list of cells. Name an .ipynb file."
            raise ParameterError(message)
        return text

    def replace(self, text: str) -> None:
        """Put a text in the place of what was read, in one step: whoever reads the file finds the old or the new one.

        Raises
        ------
        ParameterError
            Another program changed the file since it was read, or it cannot be written.
        """
        self._attempt("cannot be written", lambda: self._write(text))
        keep_entries(self._path.parent)

    def _content(self) -> bytes:
        """Read at most one byte more than is allowed."""
        if not self._path.is_file():  # a pipe would wait for whoever writes into it
            raise OSError(0, "Not a regular file")
        with self._path.open("rb") as stream:
            self._state = _state(os.fstat(stream.fileno()))
            return stream.read(_MOST_BYTES + 1)

    def _write(self, text: str) -> None:
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".check-")
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            shutil.copymode(self._path, draft)
            # An editor that has the notebook open saves when it likes; what it saved must not be undone.
            if _state(self._path.stat()) != self._state:
                message = f"{self._shown} was changed by another program meanwhile. Nothing was cleared; try again."
                raise ParameterError(message)
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)

    def _attempt(self, problem: str, do: Callable[[], T], kinds: tuple[type[Exception], ...] = (OSError,)) -> T:
        """Do something with the file; the system's error becomes one of ours with the file's name."""
        try:
            return do()
        except kinds as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
        # Raised here, so that the foreign error, which may hold the whole text, is not its context.
        message = f"{self._shown} {problem} ({reason}). Name an .ipynb file."
        raise ParameterError(message)


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_size, found.st_ino


def _shown(path: object) -> str:
    text = str(path) if isinstance(path, str | os.PathLike) else repr(path)
    return repr(shorten(render_plain(text), _SHOWN_CHARACTERS))
