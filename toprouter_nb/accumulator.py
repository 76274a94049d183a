"""Deltas in, one answer out: the texts, the tool calls, the usage, and every field that came with them.

Knows nothing of HTTP, JSON text or times.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .wire.answer import Delta

if TYPE_CHECKING:
    from .usage import Usage

# Joined with what came before, these are lists that grow from chunk to chunk.
_GROWING = ("reasoning_details", "annotations")


class Accumulator:
    """Adds deltas up to one answer.

    Life: `add` for each delta; `text`, `finish_reason` and `usage` are true at any moment; `raw` at the end; `finish`.

    Attributes
    ----------
    has_begun
        True once anything of an answer came at all.
    has_delivered
        True once text, reasoning or a tool call of any choice was added: the request must not be repeated then.
    """

    def __init__(self) -> None:
        self.has_begun = False
        self.has_delivered = False
        self.usage: Usage | None = None
        self._envelope: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}

    def add(self, delta: Delta) -> None:
        """Add one delta; linear in its size."""
        if delta.raw:
            self.has_begun = True
            self._envelope.update(delta.raw)
            self._envelope.pop("choices", None)
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

    def add_text(self, text: str) -> None:
        """Add a delta of choice 0 that differs from the one before in its text only."""
        self._choices[0].text.add(text)

    def finish(self, hide: Callable[[str], str]) -> None:
        """Let go of what only a growing answer needs; nothing is added after this.

        `hide` is given each text that may spell the key over several pieces, and returns what may be kept of it.
        """
        for choice in self._choices.values():
            choice.finish(hide)

    @property
    def text(self) -> str:
        """The text of choice 0 so far."""
        choice = self._choices.get(0)
        return choice.text.read() if choice else ""

    @property
    def reasoning(self) -> str:
        """The reasoning of choice 0 so far."""
        choice = self._choices.get(0)
        return choice.reasoning.read() if choice else ""

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
    def provider(self) -> str | None:
        """Who ran the model for the gateway, where the server says it."""
        return _text(self._envelope.get("provider"))

    @property
    def has_choices(self) -> bool:
        """Say whether there is an answer, be it an empty one."""
        return bool(self._choices)

    def raw(self) -> dict[str, Any]:
        """Return all choices in the shape of a whole response; fields nobody knows are kept as they came last."""
        whole = dict(self._envelope)
        if self.has_begun:
            whole["object"] = "chat.completion"
        whole["choices"] = [self._choices[index].raw(index) for index in sorted(self._choices)]
        return whole


class _Choice:
    """The running answer of one choice."""

    def __init__(self) -> None:
        self.text = _Text()
        self.reasoning = _Text()
        self.refusal = _Text()
        self.finish_reason: str | None = None
        self._fields: dict[str, Any] = {}
        self._said: dict[str, Any] = {}
        self._grown: dict[str, list[Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, _Text] = {}  # of each of the calls

    def add(self, delta: Delta) -> None:
        if delta.text:
            self.text.add(delta.text)
        if delta.reasoning:
            self.reasoning.add(delta.reasoning)
        if delta.finish_reason:
            self.finish_reason = delta.finish_reason
        for call in delta.tool_calls:
            self._add_call(call)
        for choice in delta.raw.get("choices") or ():
            if (choice.get("index") or 0) == delta.index:
                self._keep(choice)

    def finish(self, hide: Callable[[str], str]) -> None:
        self.text.finish()
        self.reasoning.finish()
        for text in (self.refusal, *self._arguments.values()):
            text.finish(hide)

    def _keep(self, choice: Mapping[str, Any]) -> None:
        self._fields.update(choice)
        self._fields.pop("delta", None)
        said = choice.get("delta") or choice.get("message")
        if not said:
            return
        for name in _GROWING:
            if isinstance(said.get(name), list):
                self._grown.setdefault(name, []).extend(said[name])
        self.refusal.add(_text(said.get("refusal")) or "")
        self._said.update(said)

    def _add_call(self, piece: object) -> None:
        """Join a tool call's pieces: the name and id come once, the arguments grow."""
        if not isinstance(piece, Mapping):
            return
        place = piece.get("index")
        place = place if isinstance(place, int) else len(self._calls)
        if place not in self._calls:
            self._calls[place] = {"id": None, "type": "function", "function": {"name": "", "arguments": ""}}
            self._arguments[place] = _Text()
        call = self._calls[place]
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else {}
        call["id"] = piece.get("id") or call["id"]
        call["function"]["name"] = function.get("name") or call["function"]["name"]
        arguments = function.get("arguments")
        # Ollama and others send them whole, as the object they are the JSON of.
        self._arguments[place].add(json.dumps(arguments) if isinstance(arguments, Mapping) else _text(arguments) or "")

    def _call(self, place: int) -> dict[str, Any]:
        call = self._calls[place]
        return {**call, "function": {**call["function"], "arguments": self._arguments[place].read()}}

    def raw(self, index: int) -> dict[str, Any]:
        said = {**self._said, **self._grown, "role": "assistant", "content": self.text.read()}
        reasoning = self.reasoning.read()
        if reasoning:
            said.pop("reasoning_content", None)
            said["reasoning"] = reasoning
        refusal = self.refusal.read()
        if refusal:
            said["refusal"] = refusal
        if self._calls:
            said["tool_calls"] = [self._call(place) for place in sorted(self._calls)]
        return {**self._fields, "index": index, "message": said, "finish_reason": self.finish_reason}


class _Text:
    """A text that grows, as its UTF-8: a list of short pieces, or `io.StringIO`, takes four times the memory."""

    __slots__ = ("_encoded", "_read", "_read_bytes")

    def __init__(self) -> None:
        self._encoded = bytearray()
        self._read = ""  # what was read last, so that all who read hold the same text
        self._read_bytes = 0

    def add(self, text: str) -> None:
        self._encoded += text.encode("utf-8", "surrogatepass")

    def finish(self, hide: Callable[[str], str] = str) -> None:
        self._read = hide(self.read())
        self._encoded, self._read_bytes = bytearray(), 0

    def read(self) -> str:
        if self._read_bytes != len(self._encoded):
            self._read, self._read_bytes = self._encoded.decode("utf-8", "surrogatepass"), len(self._encoded)
        return self._read


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
