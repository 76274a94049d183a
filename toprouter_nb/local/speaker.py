"""What answers a request: the interface of the text engine and of text recognition, and the pieces they give.

Knows nothing of HTTP, JSON or how a model is run.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .asking import Ask
from .line import Line
from .roster import LocalModel


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """A step of an answer; every field may be absent.

    Attributes
    ----------
    text
        Text to append; "" for none.
    reasoning
        Text of the model's own thinking to append; "" for none.
    logprobs
        The log probabilities of the tokens of `text`, as on the wire; None where not asked for.
    finish_reason
        "stop" or "length" once the answer is complete; None before.
    usage
        Token counts as on the wire; None where none were counted.
    note
        A word for a person who waits, sent as a comment of the stream; "" for none.
    """

    text: str = ""
    reasoning: str = ""
    logprobs: Mapping[str, Any] | None = None
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    note: str = ""


Receive = Callable[[Piece], bool]
"""Takes a piece and returns whether more are wanted."""


class Speaker(Protocol):
    """A model that is ready to answer.

    `check` refuses what the model cannot read, `line` orders the callers, `speak` gives the pieces of the answer.
    """

    @property
    def model(self) -> LocalModel:
        """Which model this is."""

    @property
    def line(self) -> Line:
        """The callers of the engine behind the model."""

    def check(self, ask: Ask) -> None:
        """Refuse (`Refusal`) a request this model cannot read."""

    def speak(self, ask: Ask, receive: Receive) -> None:
        """Give the pieces in order until `receive` returns False; raises `Refusal` for what cannot be served."""
