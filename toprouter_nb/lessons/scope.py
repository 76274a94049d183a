"""Recording and replaying: what a teacher and a student write.

Knows nothing of lines, takes and blocks; it opens the file and puts a carrier on the stage.
"""

import math
import threading
import warnings
from types import TracebackType
from typing import Self

from ..archive.storage import AnyPath, show
from ..errors import ParameterError, StorageError
from ..plain import shorten
from ..secret import Secret
from ..stage import STAGE, AsyncSender, Sender
from .clean import clean_blocks
from .file import LessonFile, load_lesson
from .player import AsyncPlayingSender, PlayingSender
from .recorder import AsyncRecordingSender, RecordingSender
from .take import Take


class Recording:
    """A lesson while it is recorded; made by `record`.

    Life: a `with` block, or `start` and later `stop`, also in other cells.

    Attributes
    ----------
    count
        Exchanges kept so far.
    """

    is_offline = False

    def __init__(self, path: AnyPath) -> None:
        self.count = 0
        self._path = path
        self._file = LessonFile(path)
        self._lock = threading.Lock()
        self._is_on = False

    def start(self) -> Self:
        """Begin to record every call of this process, whatever thread or task makes it.

        Raises
        ------
        StorageError
            The file holds something else than a lesson, or a newer version, or it cannot be written.
        """
        if not self._is_on:
            self._file.open()
            STAGE.enter(self)
            self._is_on = True
        return self

    def stop(self) -> None:
        """End the recording; a call that is still under way is not kept."""
        # First, so that no new call begins to be recorded; one under way finds `_is_on` false.
        STAGE.leave(self)
        with self._lock:
            self._is_on = False
            self._file.close()

    def carry(self, sender: Sender) -> Sender:
        """Record what a sender sends."""
        return RecordingSender(sender, self._keep)

    def carry_async(self, sender: AsyncSender) -> AsyncSender:
        """Record what a sender sends inside event loops."""
        return AsyncRecordingSender(sender, self._keep)

    def _keep(self, take: Take, key: Secret) -> None:
        """Write a take; what cannot be written costs nobody an answer."""
        blocks = clean_blocks(take.blocks, key)
        if blocks is None:
            return self._warn("An answer spells your API key in pieces, so this exchange is not in the lesson.")
        with self._lock:
            if not self._is_on:
                return None
            try:
                self._file.append(Take(take.asked, take.status, take.head_seconds, blocks, take.broken))
            except StorageError as error:
                return self._warn(f"An exchange is not in the lesson: {error}")
            self.count += 1
        return None

    def _warn(self, text: str) -> None:
        warnings.warn(text, RuntimeWarning, stacklevel=2)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        """Show the file, how much is in it from this recording, and whether it goes on."""
        state = "recording" if self._is_on else "not recording"
        return f"<lesson {show(self._path)}, {self.count} exchanges, {state}>"


class Replay:
    """A lesson while it is played; made by `replay`.

    Life: a `with` block, or `start` and later `stop`, also in other cells. Each start begins at the first takes.
    """

    is_offline = True

    def __init__(self, path: AnyPath, speed: float) -> None:
        self._path = path
        self._speed = speed
        self._lesson = load_lesson(path)
        self._is_on = False

    def start(self) -> Self:
        """Answer every call of this process out of the lesson."""
        if not self._is_on:
            STAGE.enter(self)
            self._is_on = True
        return self

    def stop(self) -> None:
        """Let calls go to the server again."""
        STAGE.leave(self)
        self._is_on = False
        self._lesson.rewind()

    def carry(self, sender: Sender) -> Sender:  # noqa: ARG002  # it answers by itself
        """Play in the place of a sender."""
        return PlayingSender(self._lesson, self._speed)

    def carry_async(self, sender: AsyncSender) -> AsyncSender:  # noqa: ARG002  # as above
        """Play in the place of a sender inside event loops."""
        return AsyncPlayingSender(self._lesson, self._speed)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        """Show the file, how much is in it, and whether it is played."""
        return (
            f"<lesson {show(self._path)}, {len(self._lesson)} exchanges, {'playing' if self._is_on else 'not playing'}>"
        )


def record(path: AnyPath) -> Recording:
    """Record a lesson: every call of this process, with the timing of its stream, until the block ends.

    What is kept: the question (of images, the hash), and the blocks of the answer as they came. No header is kept, and
    the key is hidden wherever it stands. Each exchange is on the disk when its answer is. An answer you stopped halfway
    is not kept.

    Parameters
    ----------
    path
        A new file, or a lesson, which is added to; a question recorded again is then answered in the new way.

    Returns
    -------
    Recording
        For a `with` block; or call its `start()` in one cell and its `stop()` in another.

    Raises
    ------
    StorageError
        At the start: the file holds something else, or a newer version, or it cannot be written.

    Notes
    -----
    It holds for the whole process, for every thread and task, `compare` included; not for other processes. Recordings
    nest, and one inside `replay` records what is played. One around `replay` records nothing of it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from toprouter_nb import Conversation, record, replay, testing
    >>> folder = tempfile.TemporaryDirectory()
    >>> lesson = pathlib.Path(folder.name, "lesson.jsonl")
    >>> with testing.ScriptedGateway(["Paris."]) as gateway, record(lesson):
    ...     _ = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False).ask("Capital?")
    >>> with replay(lesson):
    ...     print(Conversation("any/model", display=False).ask("Capital?"))
    Paris.
    >>> folder.cleanup()
    """
    return Recording(path)


def replay(path: AnyPath, speed: float = 1.0) -> Replay:
    """Play a lesson: every call of this process is answered out of the file, with no key and no network.

    Equal questions get the recorded answers in their order, then the last one again. Whether a question is equal is
    decided by the model, all turns and the options, so name the model in a lesson's notebook. Where only the bytes of
    an image differ, as those of a plot do on another machine, the answer is played with a warning. A reply costs
    nothing (`reply.cost_usd` is 0); what was billed when it was recorded is in `reply.usage.cost_usd`.

    Parameters
    ----------
    path
        A file that `record` wrote. One that was cut short is played as far as it is whole, with a warning.
    speed
        How many recorded seconds pass in one: 1 as it was, 10 ten times as fast, `math.inf` without waiting.

    Returns
    -------
    Replay
        For a `with` block; or call its `start()` in one cell and its `stop()` in another.

    Raises
    ------
    ParameterError
        There is no such file, or `speed` is no number above 0. When asking: nobody recorded this question; the
        message shows the nearest one and what differs.
    StorageError
        The file is no lesson, of a newer version, or holds nothing whole.

    Notes
    -----
    It holds for the whole process, as `record` does. The innermost of several lessons answers.
    """
    is_number = isinstance(speed, int | float) and not isinstance(speed, bool)
    if not is_number or math.isnan(speed) or speed <= 0:
        message = (
            f"speed is a number above 0, where 1 is as recorded and math.inf does not wait, "
            f"not {shorten(repr(speed), 60)}."
        )
        raise ParameterError(message)
    return Replay(path, speed)
