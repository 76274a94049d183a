"""Votes of people, kept in a file that only grows: a line a vote, on the disk before anything else goes on.

Knows nothing of answers or of how they are shown. Any number of raters and kernels may write to one file.
"""

import dataclasses
import json
import os
import threading
from pathlib import Path
from typing import Any, Literal

from ..errors import StorageError
from ..plain import render_plain, shorten

Winner = Literal["a", "b", "tie"]
_WINNERS = ("a", "b", "tie", None)
# What each line begins with, so that another program's file is never taken for ours, and the format's number.
_MARK = b'{"vote":'
_FORMAT = 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one person said of one pair.

    Attributes
    ----------
    pair
        The pair's key: prompt, models and both answers.
    prompt_id, cluster, repeat, model_a, model_b
        Of the pair.
    winner
        "a", "b" or "tie"; None where the pair was skipped.
    is_swapped
        Whether b was shown first.
    question
        What was asked of the person.
    rater
        Who voted; None for the one without a name.
    voted_at
        Unix seconds, UTC.
    seconds
        From the first sight of the pair to the vote.
    """

    pair: str
    prompt_id: str
    cluster: str
    repeat: int
    model_a: str
    model_b: str
    winner: Winner | None
    is_swapped: bool
    question: str
    rater: str | None
    voted_at: float
    seconds: float

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What there is one vote of: a pair, a question, a rater."""
        return self.pair, self.question, self.rater


class VoteFile:
    """The votes in one file.

    Life: `add` and `take_back` at any time; `read` gives what stands by then, whoever wrote it.

    Parameters
    ----------
    path
        Made with the first vote. None keeps the votes in memory only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._end = 0
        self._votes: dict[tuple[str, str, str | None], Vote] = {}

    def add(self, vote: Vote) -> None:
        """Write a vote; when this returns it is durable.

        Raises
        ------
        StorageError
            It could not be written, and does not count.
        """
        self._append(_encode(vote))

    def take_back(self, vote: Vote) -> None:
        """Write that a vote no longer counts. Raises as `add`."""
        self._append(_encode(vote, is_undone=True))

    def read(self) -> list[Vote]:
        """Return the votes that count, in the order in which they were cast; of each key the last.

        Raises
        ------
        StorageError
            The file holds no votes but something else, is of a newer version, or cannot be read.
        """
        with self._lock:
            for line in self._new_lines():
                self._take(line)
            return list(self._votes.values())

    def _take(self, line: bytes) -> None:
        vote, is_undone = _decode(line) or (None, False)
        if vote is not None:
            self._votes.pop(vote.key, None)
            if not is_undone:
                self._votes[vote.key] = vote

    def _new_lines(self) -> list[bytes]:
        """Return the whole lines that came since the last time; where the file is shorter by now, all of them."""
        if self._path is None:
            return []
        try:
            # Shorter than what was read: somebody put another file there, or the folder was restored.
            if self._path.stat().st_size < self._end:
                self._end, self._votes = 0, {}
            with self._path.open("rb") as file:
                file.seek(self._end)
                block = file.read()
        except FileNotFoundError:
            self._end, self._votes = 0, {}
            return []
        except OSError as error:
            message = f"The votes in {self._shown} cannot be read ({error.strerror})."
            raise StorageError(message) from None
        if self._end == 0 and block and _MARK not in block and not _MARK.startswith(block):
            message = f"The file {self._shown} holds something else than votes. Give another one."
            raise StorageError(message)
        # What follows the last line end is being written, or was torn; it is looked at again next time.
        whole = block[: block.rfind(b"\n") + 1]
        self._end += len(whole)
        return whole.splitlines()

    def _append(self, line: bytes) -> None:
        if self._path is None:
            with self._lock:
                self._take(line)
            return
        try:
            _append_line(self._path, line)
        except OSError as error:
            message = f"The vote could not be written to {self._shown} ({error.strerror}). It does not count."
            raise StorageError(message) from None

    @property
    def _shown(self) -> str:
        return repr(shorten(render_plain(str(self._path)), 200))


def _append_line(path: Path, line: bytes) -> None:
    """Write one line in one step; after one that was torn, on a new line."""
    # O_APPEND: the system puts each write at the end in one step, whoever else writes. 0o600: votes are personal.
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.lseek(file, 0, os.SEEK_END)
        if size:
            os.lseek(file, size - 1, os.SEEK_SET)
            line = line if os.read(file, 1) == b"\n" else b"\n" + line
        whole = line + b"\n"
        if os.write(file, whole) < len(whole):
            raise OSError(None, "the disk is full")
        os.fsync(file)
    finally:
        os.close(file)


def _encode(vote: Vote, *, is_undone: bool = False) -> bytes:
    values = {"vote": _FORMAT, **dataclasses.asdict(vote), **({"is_undone": True} if is_undone else {})}
    return json.dumps(values, separators=(",", ":")).encode()


def _decode(line: bytes) -> tuple[Vote, bool] | None:
    """Return the vote of a line, and whether it is taken back; None for a line that is torn or makes no sense."""
    try:
        values: dict[str, Any] = json.loads(line)
        if values["vote"] > _FORMAT:
            message = "These votes were written by a newer toprouter_nb. Update the package; nothing was changed."
            raise StorageError(message)
        vote = Vote(
            **{name: str(values[name]) for name in ("pair", "prompt_id", "cluster", "model_a", "model_b", "question")},
            repeat=int(values["repeat"]),
            winner=values["winner"],
            is_swapped=values["is_swapped"] is True,
            rater=None if values["rater"] is None else str(values["rater"]),
            voted_at=float(values["voted_at"]),
            seconds=float(values["seconds"]),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return (vote, values.get("is_undone") is True) if vote.winner in _WINNERS else None
