"""Files read whole within a bound, and written in one step: whoever reads one finds the old file or the new one.

Knows nothing of what is in a file.
"""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import ParameterError, StorageError
from ..local.lock import try_lock
from ..plain import render_plain, shorten

# A conversation with a hundred large images; what is beyond it would not fit twice into a small machine's memory.
MOST_BYTES = 256 * 2**20
_SHOWN_CHARACTERS = 200
# A file system allows 255 bytes a name; the draft's name is the file's with this around it.
_NAME_CHARACTERS = 40
_DRAFT = ".saving"

AnyPath = str | os.PathLike[str]


def resolve_path(path: AnyPath) -> Path:
    """Return the file a path leads to: `~` expanded, links followed.

    Raises
    ------
    ParameterError
        It is no path.
    StorageError
        Its links lead nowhere, its name is too long, or its folder may not be looked into.
    """
    if not isinstance(path, str | os.PathLike) or not str(path).strip() or "\0" in str(path):
        message = f"A file is named by its path, such as 'chat.json', not {shorten(repr(path), 60)}."
        raise ParameterError(message)
    with telling("cannot be found", path, (OSError, RuntimeError)):
        file = Path(path).expanduser().resolve()
        file.exists()  # raises where the name is too long, or the folder is closed to us
        return file


def read_whole(path: AnyPath, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the content of a file.

    Raises
    ------
    ParameterError
        There is no such file.
    StorageError
        It cannot be read, is no regular file, or is larger than the bound.
    """
    file = resolve_path(path)
    if not file.exists():
        message = f"There is no file {show(path)}."
        raise ParameterError(message, kind="not_found")
    with telling("cannot be read", path):
        if not file.is_file():  # a pipe would wait for whoever writes into it
            raise OSError(0, "not a regular file")
        with file.open("rb") as stream:
            content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        message = f"{show(path)} is larger than {most_bytes // 2**20} MiB, the limit for such a file."
        raise StorageError(message, kind="too_large")
    return content


def write_whole(path: AnyPath, content: bytes) -> None:
    """Put content in the place of a file, or make it, in one step, and have it on the disk before returning.

    A link keeps its place, and its target is replaced. An existing file keeps its mode. Drafts that a killed process
    left behind are removed.

    Raises
    ------
    StorageError
        It cannot be written; the old file is as it was.
    """
    file = resolve_path(path)
    with telling("cannot be written; what was there is as it was", path):
        if file.exists() and not (file.is_file() and os.access(file, os.W_OK)):
            raise OSError(0, "it is protected, or no regular file")
        _remove_leftovers(file)
        with _draft(file) as (draft, stream):
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            if file.exists():
                # The draft is a new file, and would else have the mode of one: readable for others where the old one
                # was not.
                shutil.copymode(file, draft)
            if os.name == "nt":  # where no open file can be moved; elsewhere it stays locked until it is in place
                stream.close()
            draft.replace(file)
    keep_entries(file.parent)


def show(path: AnyPath) -> str:
    """Return a path as it may stand in a message."""
    return repr(shorten(render_plain(os.fspath(path)), _SHOWN_CHARACTERS))


@contextlib.contextmanager
def telling(problem: str, path: AnyPath, kinds: tuple[type[Exception], ...] = (OSError,)) -> Iterator[None]:
    """Make the system's error one of ours, with the file's name."""
    try:
        yield
    except kinds as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        message = f"{show(path)} {problem} ({reason})."
        raise StorageError(message) from None


@contextlib.contextmanager
def _draft(file: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Make a draft beside a file, locked as long as it is written, and remove what is left of it."""
    while True:
        draft = file.with_name(f".{file.name[:_NAME_CHARACTERS]}.{uuid.uuid4().hex}{_DRAFT}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(handle, "wb") as stream:
            try_lock(stream)
            if not draft.exists():  # taken for a leftover in the moment before it was locked
                continue
            try:
                yield draft, stream
            finally:
                draft.unlink(missing_ok=True)
        return


def _remove_leftovers(file: Path) -> None:
    """Remove the drafts of killed processes; those being written are locked, or cannot be removed."""
    prefix = f".{file.name[:_NAME_CHARACTERS]}."
    for entry in file.parent.iterdir():
        if entry.name.startswith(prefix) and entry.name.endswith(_DRAFT):
            with contextlib.suppress(OSError), entry.open("r+b") as stream:
                if try_lock(stream):
                    entry.unlink()


def keep_entries(folder: Path) -> None:
    """Have the entries of a folder on the disk, a new name of a file for one, where the system can do it.

    Not every one can; the file is there in any case.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
