"""The file of a lesson: JSON lines, appended one exchange at a time and read as far as they are whole.

Knows nothing of transports or of what is asked.
"""

import contextlib
import errno
import os
import warnings

from .. import __version__
from ..archive.storage import AnyPath, read_whole, resolve_path, show, telling
from ..errors import StorageError
from .lesson import Lesson
from .lines import FORMAT, VERSION, decode_line, decode_take, encode_header, encode_take
from .take import Take


def load_lesson(path: AnyPath) -> Lesson:
    """Read a lesson.

    Lines that are cut short, as a crash leaves one, are left out with one warning.

    Raises
    ------
    ParameterError
        There is no such file.
    StorageError
        It is no lesson, of a newer version, or none of it can be used.
    """
    content = read_whole(path)
    _check_header(content, show(path))
    recordings: list[list[Take]] = []
    lost = 0
    for line in filter(None, content.split(b"\n")):
        row = decode_line(line)
        take = decode_take(row) if row is not None else None
        if row is not None and row.get("format") == FORMAT:
            recordings.append([])
        elif take is None:
            lost += 1
        else:
            recordings[-1].append(take)
    if not any(recordings):
        message = f"{show(path)} is a lesson without a whole exchange. Record it again."
        raise StorageError(message)
    if lost:
        text = f"{show(path)}: {lost} of its lines cannot be read, as one that was cut short; the others are played."
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    return Lesson(recordings)


class LessonFile:
    """A lesson file that is written.

    Life: `open`; `append` for each take; `close`. Each take is on the disk before `append` returns, in one write, so
    that several processes may record into one file.

    Parameters
    ----------
    path
        A new file, or a lesson, which is added to.
    """

    def __init__(self, path: AnyPath) -> None:
        self._given = path
        self._path = resolve_path(path)
        self._handle: int | None = None

    def open(self) -> None:
        """Begin a recording in the file.

        Raises
        ------
        StorageError
            It holds something else than a lesson, or a newer version, or it cannot be written.
        """
        before = read_whole(self._path) if self._path.exists() else b""
        if before.strip():
            _check_header(before, show(self._given))
        with telling("cannot be written", self._given):
            # Appending is one step for the system, so that two processes never write into each other's line.
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._handle = os.open(self._path, flags, 0o666)
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            # After a line that was cut short the next one begins on its own.
            self._write((b"" if before.endswith(b"\n") or not before else b"\n") + encode_header(__version__))
            undo.pop_all()

    def append(self, take: Take) -> None:
        """Add a take.

        Raises
        ------
        StorageError
            It cannot be written; the takes before it are there.
        """
        self._write(encode_take(take))

    def close(self) -> None:
        """End the recording."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _write(self, line: bytes) -> None:
        handle = self._handle
        if handle is None:
            message = f"{show(self._given)} is not being recorded any more."
            raise StorageError(message)
        with telling("cannot be written", self._given):
            written = os.write(handle, line)
            if written < len(line):
                with contextlib.suppress(OSError):
                    os.write(handle, b"\n")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)


def _check_header(content: bytes, shown: str) -> None:
    first = decode_line(content.split(b"\n", 1)[0]) or {}
    version = first.get("version")
    if first.get("format") != FORMAT or not isinstance(version, int):
        message = f"{shown} is no lesson. One is recorded with `with tr.record({shown}):`, and begins with its format."
        raise StorageError(message)
    if version > VERSION:
        message = (
            f"{shown} is a lesson of version {version}, and this release reads version {VERSION}. "
            "Update toprouter_nb to use it."
        )
        raise StorageError(message)
