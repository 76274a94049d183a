"""Reads the whole of one regular file, opened once.

Knows nothing of images but how many bytes they may have.
"""

import errno
import os
import stat
from pathlib import PurePath

from ..errors import ImageError
from .caps import CAPS, check_file_bytes

# Never wait for a pipe to be filled, never make a terminal ours. Windows knows only the last.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_BLOCK_BYTES = 2**20
_ADVICE = {
    errno.ENOENT: "There is no such file.",
    errno.ENOTDIR: "There is no such file: a part of the path is no folder.",
    errno.EACCES: "It may not be read. Change its permissions, or copy it.",
    errno.EPERM: "It may not be read. Change its permissions, or copy it.",
    errno.ELOOP: "It is a symbolic link that leads to itself. Pass the file it should lead to.",
    errno.ENXIO: "It is not a regular file. Pass the path of an image file.",
    errno.ENAMETOOLONG: "The path is too long. Pass the path of an image file.",
    errno.EISDIR: "It is a folder. Pass the path of one image file in it.",
}


def read_image_file(path: str) -> bytes:
    """Read a regular file whole; the size is checked before the first byte is read.

    The file is opened once and everything is asked of the open file, so that swapping it in between changes nothing.
    Links are followed; pipes, devices and folders are refused without waiting.

    Parameters
    ----------
    path
        As the operating system takes it; `~` and variables stand for themselves.

    Returns
    -------
    bytes
        At least one, at most `CAPS.file_bytes`.

    Raises
    ------
    ImageError
        The file is missing, may not be read, is no regular file, is empty, or is too large (kind `too_large`).

    Examples
    --------
    >>> read_image_file("no such file.png")
    Traceback (most recent call last):
    toprouter_nb.errors.ImageError: There is no such file.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise ImageError(_advice(path, error)) from error
    try:
        return _read_regular(descriptor)
    except OSError as error:
        raise ImageError(_advice(path, error)) from error
    finally:
        os.close(descriptor)


def _read_regular(descriptor: int) -> bytes:
    # Of the open file, not of its name, which may lead to another file by now (CWE-367).
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        raise ImageError(_ADVICE[errno.EISDIR if stat.S_ISDIR(facts.st_mode) else errno.ENXIO])
    check_file_bytes(facts.st_size)
    blocks = []
    # A file may grow while it is read: one byte more than allowed is enough to see it.
    left = CAPS.file_bytes + 1
    while left > 0 and (block := os.read(descriptor, min(left, _BLOCK_BYTES))):
        blocks.append(block)
        left -= len(block)
    data = b"".join(blocks)
    check_file_bytes(len(data))
    return data


def _advice(path: str, error: OSError | ValueError) -> str:
    if not isinstance(error, OSError):
        return "The path holds a zero byte or text that no file name can hold. Pass the path of an image file."
    advice = _ADVICE.get(error.errno or 0, f"It cannot be read: {error.strerror}. Pass the path of an image file.")
    if error.errno == errno.ENOENT and PurePath(path).parts[:1] and PurePath(path).parts[0].startswith("~"):
        return f"{advice} `~` is not replaced by your home folder: use Path(...).expanduser()."
    return advice
