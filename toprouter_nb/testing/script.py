"""What a scripted gateway can be told to play: replies, and the faults of real servers, as values.

Knows nothing of HTTP or sockets: `encode` spells them, `server` plays them.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from .requests import ReceivedRequest


@dataclasses.dataclass(frozen=True, slots=True)
class Stall:
    """Wait, then go on: silence in the middle of a stream, or before an answer when it begins one.

    Attributes
    ----------
    seconds
        How long; 0 or more.
    """

    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing more and keep the connection open, until the client leaves or the gateway is closed."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cut:
    """Break the connection here; as a whole reply, before any byte of an answer.

    Attributes
    ----------
    reset
        True resets the connection (as a crash does); False closes it in order, the body unfinished.
    """

    reset: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class ErrorEvent:
    """An error the server reports in the middle of a stream; nothing follows it but the end of the body.

    In a plain completion it becomes a body with `error` and status 200, as gateways do.

    Attributes
    ----------
    error
        The value of the `error` field: an object, or a text.
    finish_reason
        Of the chunk that carries the error; None leaves `choices` out.
    """

    error: Mapping[str, Any] | str
    finish_reason: str | None = "error"


Step = str | bytes | Mapping[str, Any] | Stall | Hang | Cut | ErrorEvent
Block = bytes | Stall | Hang | Cut


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A reply: streamed when the request says `"stream": true`, else a plain completion.

    Attributes
    ----------
    text
        The whole text; streamed word by word. The first argument, the one that may be given without its name.
    deltas
        The stream's steps instead of `text`: a str is a piece of text, a mapping is sent as the `delta` object
        (tool calls, or fields of your own), bytes are sent as they are, and `Stall`, `Hang`, `Cut` and `ErrorEvent`
        happen at their place. In a plain completion the pieces of text are joined and the waits and faults come first.
    reasoning
        Sent before the text, in the field `reasoning`; "" sends none.
    delay_seconds
        Wait before every delta.
    first_delay_seconds
        Wait before the first byte of the answer, its headers included.
    usage
        Token counts to report. "count" counts words, which is no tokenizer but is easy to check by eye: the words of
        all messages, and of the reply. A stream reports counted words where the request has
        `"stream_options": {"include_usage": true}`, and a mapping always. None reports nothing.
    finish_reason
        Sent as it is; None sends none.
    model
        The served model; None repeats the requested one.
    id
        Of the completion; None numbers it.
    done
        Whether the stream ends with `[DONE]`.
    headers
        Added to the answer's own.

    Examples
    --------
    >>> Script("Hello", finish_reason="length").text
    'Hello'
    >>> Script(deltas=["Once upon ", Stall(0.5), "a time", Cut()]).deltas[1]
    Stall(seconds=0.5)
    """

    text: str = dataclasses.field(default="", kw_only=False)
    deltas: Sequence[Step] | None = None
    reasoning: str = ""
    delay_seconds: float = 0.0
    first_delay_seconds: float = 0.0
    usage: Mapping[str, Any] | Literal["count"] | None = "count"
    finish_reason: str | None = "stop"
    model: str | None = None
    id: str | None = None
    done: bool = True
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """An answer with an error status.

    Attributes
    ----------
    status
        The HTTP status.
    body
        A mapping is sent as JSON, bytes and str as they are; None sends `{"error": {"message", "code"}}`.
    headers
        Added to the answer's own: `{"Retry-After": "2"}`; a `Content-Type` of yours replaces the default.

    Examples
    --------
    >>> Fault(429, headers={"Retry-After": "0"}).status
    429
    """

    status: int
    body: Mapping[str, Any] | str | bytes | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Raw:
    r"""An answer whose body is exactly these blocks, each sent as its own piece: for streams no `Script` can say.

    Attributes
    ----------
    blocks
        Bytes, and `Stall`, `Hang` and `Cut` at their place.
    status
        The HTTP status.
    headers
        Added to the answer's own; the default `Content-Type` is `text/event-stream`.

    Examples
    --------
    >>> Raw([b"data: {", b"}\n\n", Cut(reset=False)]).status
    200
    """

    blocks: Sequence[Block]
    status: int = 200
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


Scripted = str | Script | Fault | Raw | Cut | Hang
Reply = Scripted | Callable[[ReceivedRequest], Scripted]
PLAYABLE: tuple[type, ...] = (str, Script, Fault, Raw, Cut, Hang)
