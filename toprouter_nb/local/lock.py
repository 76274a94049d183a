"""A lock between processes, held on a file of a shared folder.

Knows nothing of what it protects. The system frees it when its holder dies, however it dies.
"""

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

LOOK_SECONDS = 0.1


class FolderLock:
    """Holds the lock for the length of a `with` block; waits for it as long as another process has it.

    Where the folder's file system knows no locks (some network drives) the block runs without one: what it protects
    here is only a second download of the same file.

    Parameters
    ----------
    path
        The lock file; made when it is missing, and left there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Wait for the lock; an interrupt ends the wait."""
        self._file = self._path.open("ab")
        try:
            while not try_lock(self._file):
                time.sleep(LOOK_SECONDS)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Free the lock."""
        if self._file is not None:
            self._file.close()


if sys.platform == "win32":
    import msvcrt

    def try_lock(file: BinaryIO) -> bool:
        """Take the lock of an open file if it is free, until the file is closed; say whether it was taken."""
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(file: BinaryIO) -> bool:
        """Take the lock of an open file if it is free, until the file is closed; say whether it was taken."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
