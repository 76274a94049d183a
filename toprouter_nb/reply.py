"""Deltas in, one reply out: the text, the usage, the reason it ended, and whether it is whole.

Knows nothing of HTTP, JSON text or display.
"""

import dataclasses
import io
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .parts import TextPart
from .plain import render_plain, shorten
from .turns import Turn
from .usage import Usage
from .wire.answer import Delta

# Joined with what came before, these are lists that grow from chunk to chunk.
_GROWING = ("reasoning_details", "annotations")
_SHOWN_CHARACTERS = 60


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Reply:
    """One answer of a model, and what is known about it.

    Attributes
    ----------
    text
        The answer; "" when the model said nothing. Always encodes as UTF-8.
    turn
        The same as an assistant turn, as it stands in the conversation.
    usage
        Token counts; a field is None where the server reported none.
    cost_usd
        US dollars: what the gateway billed, 0 for a local model, None where it is not known.
    finish_reason
        Why it ended, as the server spells it ("stop", "length", ...); None when it did not say.
    requested_model, served_model
        What was asked for, and what answered; `served_model` is None where the server did not say.
    id
        The server's id of the answer; None when it gave none.
    seconds
        From the call to the end, waiting and repeated attempts included.
    first_token_seconds
        From the call to the first text or reasoning; None when there was none, or it was not streamed.
    is_partial
        True where the answer was cut short: stopped, interrupted or broken off.
    attempts
        Requests sent, retries included.
    reasoning
        The model's reasoning, where it shows it; "" otherwise.
    raw
        The whole answer as one plain response object, fields unknown to this package included.

    Examples
    --------
    >>> from toprouter_nb import Conversation, testing
    >>> with testing.ScriptedGateway(["Paris."]) as gateway:
    ...     reply = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False).ask("Capital?")
    >>> reply.text, reply.finish_reason
    ('Paris.', 'stop')
    """

    text: str
    turn: Turn
    usage: Usage
    cost_usd: Decimal | None
    finish_reason: str | None
    requested_model: str
    served_model: str | None
    id: str | None
    seconds: float
    first_token_seconds: float | None
    is_partial: bool
    attempts: int
    reasoning: str
    raw: Mapping[str, Any] = dataclasses.field(repr=False)
    _still_shown: list[Callable[[], bool]] = dataclasses.field(default_factory=list, repr=False)

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens by the seconds between the first token and the end; None where either is not known."""
        tokens = self.usage.completion_tokens
        if tokens is None or self.first_token_seconds is None:
            return None
        span = self.seconds - self.first_token_seconds
        return tokens / span if span > 0 else None

    def mark_shown(self, still_here: Callable[[], bool]) -> None:
        """Remember that the reply streamed into a cell already, so that the cell's own echo stays silent.

        Parameters
        ----------
        still_here
            Says whether the cell it was shown in is still the one that runs.
        """
        self._still_shown[:] = [still_here]

    def _ipython_display_(self) -> None:
        """Show nothing where the reply was just streamed; otherwise leave it to the usual reprs."""
        if not (self._still_shown and self._still_shown[0]()):
            raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        """Pickle all but where it was shown, which is of this process."""
        return {**vars(self), "_still_shown": []}

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    def __repr__(self) -> str:
        """Show the beginning of the text, the model, and how it ended."""
        shown = shorten(render_plain(self.text), _SHOWN_CHARACTERS)
        facts = [repr(shown), f"model={self.served_model or self.requested_model!r}"]
        facts += [f"finish_reason={self.finish_reason!r}"] if self.finish_reason else []
        facts += ["is_partial=True"] if self.is_partial else []
        return f"Reply({', '.join(facts)})"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        from .render.cards import render_reply

        return {"text/plain": render_plain(self.text) or repr(self), "text/html": render_reply(**self.facts())}

    def facts(self) -> dict[str, Any]:
        """Return what a view shows of a reply, as plain values: text, reasoning and the facts of its footer."""
        names = ("text", "reasoning", "requested_model", "served_model", "cost_usd", "finish_reason", "is_partial")
        shown: dict[str, Any] = {name: getattr(self, name) for name in names}
        shown |= {"seconds": self.seconds, "first_token_seconds": self.first_token_seconds}
        shown |= {"prompt_tokens": self.usage.prompt_tokens, "completion_tokens": self.usage.completion_tokens}
        return shown | {"tokens_per_second": self.tokens_per_second}


class Accumulator:
    """Adds deltas up to one answer.

    Life: `add` for each delta; `text`, `finish_reason` and `usage` are true at any moment; `raw` at the end.

    Attributes
    ----------
    has_delivered
        True once text, reasoning or a tool call of any choice was added: the request must not be repeated then.
    """

    def __init__(self) -> None:
        self.has_delivered = False
        self.usage: Usage | None = None
        self._envelope: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}

    def add(self, delta: Delta) -> None:
        """Add one delta; linear in its size."""
        if delta.raw:
            self._envelope.update(delta.raw)
        if delta.usage is not None:
            self.usage = delta.usage
        if delta.is_empty and not delta.raw.get("choices"):
            return
        choice = self._choices.get(delta.index)
        if choice is None:
            choice = self._choices[delta.index] = _Choice()
        choice.add(delta)
        if not self.has_delivered:
            self.has_delivered = bool(delta.text or delta.reasoning or delta.tool_calls)

    @property
    def text(self) -> str:
        """The text of choice 0 so far."""
        choice = self._choices.get(0)
        return choice.text.getvalue() if choice else ""

    @property
    def reasoning(self) -> str:
        """The reasoning of choice 0 so far."""
        choice = self._choices.get(0)
        return choice.reasoning.getvalue() if choice else ""

    @property
    def finish_reason(self) -> str | None:
        """The last finish reason of choice 0; None while there is none."""
        choice = self._choices.get(0)
        return choice.finish_reason if choice else None

    @property
    def served_model(self) -> str | None:
        """The model that answered, where the server says it."""
        return _text(self._envelope.get("model"))

    @property
    def id(self) -> str | None:
        """The server's id of the answer."""
        return _text(self._envelope.get("id"))

    @property
    def has_begun(self) -> bool:
        """Say whether anything of an answer came at all."""
        return bool(self._envelope)

    @property
    def has_choices(self) -> bool:
        """Say whether there is an answer, be it an empty one."""
        return bool(self._choices)

    def raw(self) -> dict[str, Any]:
        """Return all choices in the shape of a whole response; fields nobody knows are kept as they came last."""
        whole = {key: value for key, value in self._envelope.items() if key != "choices"}
        if self._envelope:
            whole["object"] = "chat.completion"
        whole["choices"] = [self._choices[index].raw(index) for index in sorted(self._choices)]
        return whole


class _Choice:
    """The running answer of one choice; its texts grow in buffers, as a list of short pieces takes ten times that."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        self.reasoning = io.StringIO()
        self.finish_reason: str | None = None
        self._fields: dict[str, Any] = {}
        self._said: dict[str, Any] = {}
        self._grown: dict[str, list[Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, io.StringIO] = {}  # of each of the calls

    def add(self, delta: Delta) -> None:
        if delta.text:
            self.text.write(delta.text)
        if delta.reasoning:
            self.reasoning.write(delta.reasoning)
        if delta.finish_reason:
            self.finish_reason = delta.finish_reason
        for call in delta.tool_calls:
            self._add_call(call)
        for choice in delta.raw.get("choices") or ():
            if (choice.get("index") or 0) == delta.index:
                self._keep(choice)

    def _keep(self, choice: Mapping[str, Any]) -> None:
        self._fields.update(choice)
        said = choice.get("delta") or choice.get("message")
        if not said:
            return
        for name in _GROWING:
            if isinstance(said.get(name), list):
                self._grown.setdefault(name, []).extend(said[name])
        self._said.update(said)

    def _add_call(self, piece: object) -> None:
        """Join a tool call's pieces: the name and id come once, the arguments grow."""
        if not isinstance(piece, Mapping):
            return
        place = piece.get("index")
        place = place if isinstance(place, int) else len(self._calls)
        if place not in self._calls:
            self._calls[place] = {"id": None, "type": "function", "function": {"name": "", "arguments": ""}}
            self._arguments[place] = io.StringIO()
        call = self._calls[place]
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else {}
        call["id"] = piece.get("id") or call["id"]
        call["function"]["name"] = function.get("name") or call["function"]["name"]
        self._arguments[place].write(_text(function.get("arguments")) or "")

    def _call(self, place: int) -> dict[str, Any]:
        call = self._calls[place]
        return {**call, "function": {**call["function"], "arguments": self._arguments[place].getvalue()}}

    def raw(self, index: int) -> dict[str, Any]:
        said = {**self._said, **self._grown, "role": "assistant", "content": self.text.getvalue()}
        reasoning = self.reasoning.getvalue()
        if reasoning:
            said.pop("reasoning_content", None)
            said["reasoning"] = reasoning
        if self._calls:
            said["tool_calls"] = [self._call(place) for place in sorted(self._calls)]
        kept = {key: value for key, value in self._fields.items() if key != "delta"}
        return {**kept, "index": index, "message": said, "finish_reason": self.finish_reason}


def assistant_turn(text: str, *, is_partial: bool) -> Turn:
    """Make the assistant turn of an answer; one without text has no parts."""
    return Turn("assistant", (TextPart(text),) if text else (), is_partial)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
