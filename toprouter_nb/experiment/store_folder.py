"""A run's folder: fit to be written to, and driven by one process at a time.

Knows nothing of tables. A lock of the system's is used, which is free again when its holder dies, however it dies.
"""

import contextlib
import json
import os
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import BinaryIO

from ..errors import ParameterError, StorageError
from ..local.lock import try_lock
from ..plain import render_plain, shorten

ROWS = "rows.sqlite"
# SQLite's locks and shared memory do not hold across machines.
_NETWORK = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "afpfs", "9p", "virtiofs", "ceph"),
        *("lustre", "glusterfs", "beegfs", "gpfs", "davfs", "webdav", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"),
        *("fuse.gcsfuse", "fuse.rclone", "fuse.davfs2", "fuse.cephfs"),
    )
)
# The WAL grows until it is checkpointed, and a notebook beside it wants to be saved, too.
_LEAST_FREE_BYTES = 64 * 2**20
# A row with a short answer takes about 1.2 kB with its indexes; longer answers are noticed while writing.
_ROW_BYTES = 1_500


def check_folder(name: str, value: object) -> Path:
    """Return the path of a folder with `~` resolved; the disk is not looked at.

    Raises
    ------
    ParameterError
        It is no path, or an empty one.
    """
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else ""
    if isinstance(text, str) and text.strip() and "\0" not in text:
        with contextlib.suppress(RuntimeError):  # there is no such user
            return Path(text).expanduser()
    message = f"{name} is the path of a folder, not {shorten(render_plain(repr(value)), 80)}."
    raise ParameterError(message)


class RunFolder:
    """The folder of one run.

    Life: `prepare` before writing, then `lock` by whoever drives the run, `unlock` at the end.

    Parameters
    ----------
    path
        Made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: BinaryIO | None = None

    @property
    def rows_file(self) -> Path:
        """The file with all rows."""
        return self.path / ROWS

    def prepare(self, *, rows: int = 0) -> None:
        """Make the folder, and see that it is fit for so many more rows.

        Raises
        ------
        StorageError
            It is on a network drive, cannot be written to, is no run's, or the disk is nearly full.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            others = [entry.name for entry in os.scandir(self.path)]
        except OSError as error:
            message = f"The run folder {self._shown} cannot be made ({error.strerror}). Give another dir."
            raise StorageError(message) from None
        if others and ROWS not in others and not all(name.startswith(("driver.", "manifest.", ".")) for name in others):
            message = f"The folder {self._shown} holds other files and no run. Choose another name or dir."
            raise StorageError(message)
        self._refuse_network()
        self.check_room(rows)

    def check_room(self, rows: int = 0) -> None:
        """Refuse to begin where the disk would be full before the end.

        Raises
        ------
        StorageError
            There is too little room.
        """
        free, needed = shutil.disk_usage(self.path).free, _LEAST_FREE_BYTES + rows * _ROW_BYTES
        if free < needed:
            message = (
                f"The disk of {self._shown} has {free / 1e6:,.0f} MB left and this run needs about "
                f"{needed / 1e6:,.0f} MB. Make room, or give another dir; nothing was asked."
            )
            raise StorageError(message)

    def lock(self) -> None:
        """Become the one driver of the run.

        Raises
        ------
        StorageError
            Another process, or another run() of this one, drives it.
        """
        # "ab" makes it where it is missing and changes nothing where it is held.
        file = (self.path / "driver.lock").open("ab")
        if not try_lock(file):
            file.close()
            message = (
                f"The run in {self._shown} is being driven already{self._who()}. Wait for it, stop it there, "
                "or look at it from here with open_run()."
            )
            raise StorageError(message)
        self._lock = file
        facts = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
        (self.path / "driver.json").write_text(json.dumps(facts), "utf-8")

    def unlock(self) -> None:
        """Let another process drive the run."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def is_driven(self) -> bool:
        """Say whether some process drives the run now."""
        path = self.path / "driver.lock"
        if self._lock is not None or not path.exists():
            return self._lock is not None
        with path.open("ab") as file:
            return not try_lock(file)

    def _who(self) -> str:
        try:
            facts = json.loads((self.path / "driver.json").read_text("utf-8"))
            return f", by process {int(facts['pid'])} since {shorten(render_plain(str(facts['since'])), 40)}"
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _refuse_network(self) -> None:
        kind = file_system_of(self.path)
        if kind in _NETWORK:
            message = (
                f"The folder {self._shown} is on a network drive ({kind}), where a run's file could be damaged. "
                "Give a dir on a local disk, and export() the table to the drive."
            )
            raise StorageError(message)

    @property
    def _shown(self) -> str:
        return repr(shorten(render_plain(str(self.path)), 200))


def file_system_of(path: Path, *, mounts: str | None = None) -> str:
    r"""Return the name of the file system a folder is on; "" where the system does not tell.

    Parameters
    ----------
    path
        An existing folder.
    mounts
        The text of `/proc/mounts`; None reads it.

    Examples
    --------
    >>> mounts = "/dev/sda / ext4 rw 0 0\nserver:/data /data nfs4 rw 0 0\n"
    >>> file_system_of(Path("/data/me"), mounts=mounts), file_system_of(Path("/datas"), mounts=mounts)
    ('nfs4', 'ext4')
    """
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text("utf-8", "replace")
        except OSError:
            return "smb" if sys.platform == "win32" and str(path.resolve()).startswith("\\\\") else ""
    resolved = os.path.realpath(path)
    best = ("", "")
    for line in mounts.splitlines():
        point, kind = [*line.split(" ", 3), "", "", ""][1:3]
        # The kernel writes blanks in octal (proc(5), `fstab(5)`).
        point = point.replace("\\040", " ")
        # The longest point above decides, and of equals the last: a later mount covers an earlier one.
        is_above = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(best[0]):
            best = point, kind
    return best[1]
