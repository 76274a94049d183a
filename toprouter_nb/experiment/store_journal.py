"""Journals: where workers of a cluster write their rows, a file for each attempt, and how the driver takes them over.

Knows nothing of clusters. A line is one row and one write; no two processes ever write to the same file.

    journal/GENERATION/CHUNK/TIME-HOST-PID.jsonl
"""

import contextlib
import dataclasses
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .row import Row
from .store import Store

_BYTES = ("row_key", "request_key", "parent_key")
_FIELDS = tuple(field.name for field in dataclasses.fields(Row) if field.name not in ("prompt", "reference"))
# A line must fit, or the merge would never get past it: an answer of so many bytes is none.
_BLOCK_BYTES = 4 * 2**20
# How often an attempt looks whether a newer one has begun.
LOOK_SECONDS = 0.5


def encode_line(row: Row) -> bytes:
    r"""Return a row as one line.

    Examples
    --------
    >>> row = Row(row_key=b"k", request_key=b"r", answer="one\ntwo", cost_nano_usd=5)
    >>> decode_line(encode_line(row)) == row
    True
    """
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    for name in _BYTES:
        values[name] = None if values[name] is None else values[name].hex()
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def decode_line(line: bytes) -> Row | None:
    """Return the row of a line; None for one that was torn."""
    try:
        values = json.loads(line)
        for name in _BYTES:
            values[name] = None if values[name] is None else bytes.fromhex(values[name])
        return Row(**values)
    except (ValueError, TypeError, KeyError):
        return None


class Journal:
    """The journal of one attempt at a chunk.

    Life: `done` first; `add` for each row; `is_outrun` from time to time; `close`.

    Parameters
    ----------
    folder
        Of the chunk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # Time first and of one width, so that names in order are attempts in order.
        self._name = f"{time.time_ns():020d}-{socket.gethostname()}-{os.getpid()}.jsonl"
        self.earlier = [name for name in names_in(folder) if name.endswith(".jsonl")]
        self._file = os.open(folder / self._name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def done(self) -> list[Row]:
        """Return the rows of earlier attempts at this chunk."""
        return [row for name in self.earlier for row in read_rows(self._folder / name)]

    def add(self, row: Row) -> None:
        """Write a row; when this returns, it survives the death of the process."""
        os.write(self._file, encode_line(row))

    def is_outrun(self) -> bool:
        """Say whether a newer attempt at this chunk, or a newer start of the run, has begun, or the run is stopped."""
        generation = self._folder.parent
        if (generation / "stop").exists():
            return True
        with contextlib.suppress(OSError):
            if any(name > self._name for name in names_in(self._folder) if name.endswith(".jsonl")):
                return True
            return any(name > generation.name for name in names_in(generation.parent))
        return False

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def names_in(folder: Path) -> list[str]:
    """Return the names of what is in a folder, in order."""
    return sorted(entry.name for entry in os.scandir(folder))


def read_rows(file: Path) -> Iterator[Row]:
    """Yield the whole rows of a journal; a torn line is passed over."""
    with file.open("rb") as lines:
        for line in lines:
            row = decode_line(line) if line.endswith(b"\n") else None
            if row is not None:
                yield row


class Journals:
    """All journals of a run, as the driver sees them.

    Life: `begin` a generation; `merge` as often as wanted; `clear` when nothing writes any more.

    Parameters
    ----------
    folder
        Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder / "journal"
        self._ends: dict[str, int] | None = None

    def begin(self, number: int) -> Path:
        """Make the folder of a generation: attempts of earlier ones see it and end."""
        generation = self._root / f"{number:08d}"
        generation.mkdir(parents=True, exist_ok=True)
        return generation

    def fence(self, number: int) -> None:
        """Where workers of an earlier start may still be at work, let them see that a newer one has begun, and end."""
        if self._root.exists():
            self.begin(number)
            # Twice as long as an attempt goes between two looks.
            time.sleep(2 * LOOK_SECONDS)

    def merge(self, store: Store) -> int:
        """Take over what was written since the last time; exactly once, whoever dies when. Returns how many rows."""
        if not self._root.exists():
            return 0
        if self._ends is None:
            self._ends = dict(store.facts().get("journals") or {})
        merged = 0
        for file in sorted(self._root.glob("*/*/*.jsonl")):
            merged += self._merge_file(store, file, self._ends)
        return merged

    def clear(self, store: Store) -> None:
        """Remove the journals: every row is in the store."""
        shutil.rmtree(self._root, ignore_errors=True)
        self._ends = {}
        store.note({"journals": {}})

    def _merge_file(self, store: Store, file: Path, ends: dict[str, int]) -> int:
        name, merged = str(file.relative_to(self._root)), 0
        while True:
            with file.open("rb") as lines:
                lines.seek(ends.get(name, 0))
                block = lines.read(_BLOCK_BYTES)
            whole = block[: block.rfind(b"\n") + 1]
            if not whole:
                return merged
            rows = [row for line in whole.splitlines() if (row := decode_line(line)) is not None]
            # Rows and how far they were read stand or fall together: exactly once, whoever dies when.
            with store.step():
                store.add_rows(rows)
                ends[name] = ends.get(name, 0) + len(whole)
                store.note({"journals": ends})
            merged += len(rows)
