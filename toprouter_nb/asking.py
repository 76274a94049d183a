"""One question on its way: what is asked, what has come, and how it enters the history however it ends.

Knows nothing of how bytes travel or how a reply is shown; a listener is told, and may be anything.
"""

import dataclasses
import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .call import Call
from .errors import StructuredReplyError, ToprouterError
from .history import History, Node
from .reply import Reply
from .settings import Settings
from .structured import Shape
from .tracking import Account
from .turns import Turn
from .wire.answer import Delta
from .wire.request import encode_turn


class Listener(Protocol):
    """What a display must offer: told once of the start, of each delta, and once of the end."""

    def start(self, model: str, call: Call) -> None:
        """Be told that a question is sent to a model; of the call only `attempts`, `heard_seconds_ago` and `stop`."""

    def receive(self, delta: Delta) -> None:
        """Be told of one delta; called often, so it must be quick."""

    def finish(self, reply: Reply) -> None:
        """Be told that the reply is whole."""

    def fail(self, error: BaseException, partial: Reply | None) -> None:
        """Be told that it was not, and what had arrived (None = nothing)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """What shall be asked, checked and ready.

    Attributes
    ----------
    turn
        The new user turn; None where the turn to answer stands in the history already.
    after
        The node it follows; None = wherever the conversation stands when it is sent.
    system
        The system turn sent in front; None for none.
    model, options, is_streamed
        As in the request.
    settings
        Where to ask, and within which limits.
    account
        Who asks and who pays.
    shape
        What the answer shall be read as; None for text.
    is_traced
        True where the arrival of each chunk shall be kept.
    entered
        Called with the node of the turn, once it stands in the history; None = nobody wants to know.
    """

    turn: Turn | None
    after: Node | None
    system: Turn | None
    model: str
    options: Mapping[str, Any]
    is_streamed: bool
    settings: Settings
    account: Account = dataclasses.field(default_factory=Account)
    shape: Shape | None = None
    is_traced: bool = False
    entered: Callable[[Node], None] | None = None

    @functools.cached_property
    def encoding(self) -> bytes | None:
        """The new turn's wire JSON, made once: an image in it may be large."""
        return None if self.turn is None else encode_turn(self.turn)


class Asking:
    """One question on its way.

    Life: `start`; `receive` for each delta; `settle` once at the end, with the error if it ended badly. A second
    `settle` does nothing, so that one cut off by an interrupt can be called again.

    Attributes
    ----------
    question
        What is asked.
    reply
        After a good end the whole reply, after an interrupt what had arrived, be it nothing; None before, and after
        an error.
    is_settled
        True once the end was entered into the history.
    """

    def __init__(
        self, question: Question, *, call: Call, history: History, after: Node, listener: Listener | None
    ) -> None:
        self.call = call
        self.reply: Reply | None = None
        self.is_settled = False
        self._history = history
        self._after = after
        self.question = question
        self._listener = listener

    def start(self) -> None:
        """Tell the listener."""
        self._tell(lambda listener: listener.start(self.question.model, self.call))

    def receive(self, delta: Delta) -> None:
        """Tell the listener of a delta."""
        if self._listener is not None:
            self._tell(lambda listener: listener.receive(delta))

    def settle(self, error: BaseException | None = None) -> None:
        """Enter what came into the history: the whole reply, or what had arrived of it, marked as partial.

        A call that failed before anything arrived leaves the history as it was. The error gets `kind` and
        `partial`, also where it is an interrupt or a cancellation and not one of ours.

        Raises
        ------
        StructuredReplyError
            The reply came and stands in the history, but is not of the shape asked for.
        """
        if self.is_settled:
            return
        if error is None:
            # Read first, raised last: what was paid for stands in the history and in the ledger, whatever its shape.
            reply, misfit = self._read(self.call.reply())
            self.reply = reply
            self._enter(reply)
            self.call.finish()
            self.call.forget()
            self._tell(lambda listener: listener.finish(reply))
            if misfit is not None:
                raise misfit
            return
        partial = error.partial if isinstance(error, ToprouterError) else self.call.partial()
        if partial is not None and self.call.has_delivered:
            self._enter(partial)
        self.is_settled = True
        self.call.finish(error)
        self.call.forget()
        if not isinstance(error, ToprouterError):
            error.kind, error.partial = "cancelled", partial  # type: ignore[attr-defined]
            self.reply = partial or self.call.reply(is_partial=True)
        self._tell(lambda listener: listener.fail(error, partial))

    def _read(self, reply: Reply) -> tuple[Reply, StructuredReplyError | None]:
        """Read a whole reply in the shape asked for; where it has another, the error says what does not fit."""
        if self.question.shape is None:
            return reply, None
        try:
            return dataclasses.replace(reply, data=self.question.shape.read(reply)), None
        except StructuredReplyError as error:
            return reply, error

    def _enter(self, reply: Reply) -> None:
        asked: list[tuple[Turn, Reply | None]] = [(self.question.turn, None)] if self.question.turn else []
        self._history.add([*asked, (reply.turn, reply)], after=self._after, encoding=self.question.encoding)
        self.is_settled = True
        if self.question.entered is not None:
            self.question.entered(self._after.children[-1])

    def _tell(self, tell: Callable[[Listener], None]) -> None:
        """Tell the listener; one that fails is left out from then on, for showing must never cost an answer."""
        if self._listener is None:
            return
        try:
            tell(self._listener)
        except Exception as error:  # noqa: BLE001  # a display may fail in any way
            self._listener = None
            text = f"The reply could not be shown as it came ({type(error).__name__}: {error}); it is not lost."
            warnings.warn(text, RuntimeWarning, stacklevel=2)
