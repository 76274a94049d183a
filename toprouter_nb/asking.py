"""One question on its way: what is asked, what has come, and how it enters the history however it ends.

Knows nothing of how bytes travel or how a reply is shown; a listener is told, and may be anything.
"""

import dataclasses
import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .call import Call
from .errors import ToprouterError
from .history import History, Node
from .reply import Reply
from .turns import Turn
from .wire.answer import Delta
from .wire.request import encode_turn


class Listener(Protocol):
    """What a display must offer: told once of the start, of each delta, and once of the end."""

    def start(self, model: str) -> None:
        """Be told that a question was sent to a model."""

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
    """

    turn: Turn | None
    after: Node | None
    system: Turn | None
    model: str
    options: Mapping[str, Any]
    is_streamed: bool

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
    reply
        The whole reply, after a good end; None before.
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
        self._question = question
        self._listener = listener

    def start(self) -> None:
        """Tell the listener."""
        self._tell(lambda listener: listener.start(self._question.model))

    def receive(self, delta: Delta) -> None:
        """Tell the listener of a delta."""
        if self._listener is not None:
            self._tell(lambda listener: listener.receive(delta))

    def settle(self, error: BaseException | None = None) -> None:
        """Enter what came into the history: the whole reply, or what had arrived of it, marked as partial.

        A call that failed before anything arrived leaves the history as it was. The error gets `kind` and
        `partial`, also where it is an interrupt or a cancellation and not one of ours.
        """
        if self.is_settled:
            return
        if error is None:
            self.reply = reply = self.call.reply()
            self._enter(reply)
            self.call.forget()
            self._tell(lambda listener: listener.finish(reply))
            return
        partial = error.partial if isinstance(error, ToprouterError) else self.call.partial()
        if partial is not None and self.call.has_delivered:
            self._enter(partial)
        self.is_settled = True
        self.call.forget()
        if not isinstance(error, ToprouterError):
            error.kind, error.partial = "cancelled", partial  # type: ignore[attr-defined]
        self._tell(lambda listener: listener.fail(error, partial))

    def _enter(self, reply: Reply) -> None:
        asked: list[tuple[Turn, Reply | None]] = [(self._question.turn, None)] if self._question.turn else []
        self._history.add([*asked, (reply.turn, reply)], after=self._after, encoding=self._question.encoding)
        self.is_settled = True

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
