"""A lesson as it is played: which take answers a question, in the order they were recorded.

Knows nothing of files and clocks. Threads may share one.
"""

import threading
import warnings
from collections.abc import Iterable

from ..errors import ParameterError
from .asked import Asked
from .nearest import explain_miss
from .take import Take


class Lesson:
    """The takes of a lesson.

    Life: `next_take` for each question; `rewind` to begin again.

    Parameters
    ----------
    recordings
        The takes of each recording of the file, the oldest first. A question that was recorded again is answered as
        in the newest recording that has it.

    Examples
    --------
    >>> hi = Asked("m", ({"role": "user", "content": "Hi"},), {})
    >>> takes = [Take(hi, 200, 0.1, ((0.1, text),)) for text in (b"one", b"two")]
    >>> lesson = Lesson([takes])
    >>> [lesson.next_take(hi).blocks[0][1] for _ in range(3)]
    [b'one', b'two', b'two']
    """

    def __init__(self, recordings: Iterable[Iterable[Take]]) -> None:
        self._takes: dict[str, list[Take]] = {}
        for recording in recordings:
            fresh: dict[str, list[Take]] = {}
            for take in recording:
                fresh.setdefault(take.asked.key, []).append(take)
            # The newest recording of a question replaces the older ones as a whole: takes of two mixed would answer
            # nobody.
            self._takes |= fresh
        self._loose: dict[str, str] = {takes[0].asked.loose_key: key for key, takes in self._takes.items()}
        self._played: dict[str, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many takes there are to play."""
        return sum(map(len, self._takes.values()))

    def next_take(self, asked: Asked) -> Take:
        """Return the next take for a question; after the last, the last again.

        Where only the bytes of an image differ, the recorded answer is played, and a warning says so.

        Raises
        ------
        ParameterError
            Nobody recorded this question; the message names the nearest one and what differs.
        """
        key = asked.key if asked.key in self._takes else self._loose.get(asked.loose_key)
        if key is None:
            miss = explain_miss(asked, (takes[0].asked for takes in self._takes.values()))
            message = f"{miss} Ask it as it was recorded, or record it."
            raise ParameterError(message, kind="not_found")
        if key != asked.key:
            text = "The lesson was recorded with another image in this place; its answer is about that one."
            warnings.warn(text, RuntimeWarning, stacklevel=2)
        with self._lock:
            place = self._played.get(key, 0)
            self._played[key] = place + 1
        takes = self._takes[key]
        # A student runs a cell more often than the teacher did.
        return takes[min(place, len(takes) - 1)]

    def rewind(self) -> None:
        """Begin again at the first take of each question."""
        with self._lock:
            self._played.clear()
