"""What the chunks of one stream have in common: a chunk that differs in its text only is read without parsing it.

Knows nothing of keys, of bounds or of how deltas add up.
"""

import sys
from collections.abc import Mapping
from typing import Any

from ..errors import MalformedChunkError
from .answer import Delta, parse_object

# Stands for the text while it is tried out whether a chunk is what this module takes it for.
_MARK = "\u2060mould\u2060"


class Mould:
    """The JSON around the text of one chunk, and the chunk that it is.

    Made by `mould_of`. It fits a payload of the same beginning and end, with a piece of a JSON string between them
    that spells nothing with a backslash: such a payload is that very chunk with another text.
    """

    __slots__ = ("_after", "_before", "_choice", "_chunk", "_length", "_said")

    def __init__(self, before: str, after: str, chunk: Mapping[str, Any]) -> None:
        self._before, self._after = before, after
        self._length = len(before) + len(after)
        self._chunk: Mapping[str, Any] = _shared(chunk)
        self._choice: Mapping[str, Any] = self._chunk["choices"][0]
        self._said: Mapping[str, Any] = self._choice["delta"]

    def text_in(self, payload: str) -> str:
        """Return the text of a payload that fits; "" where none does, or where it has no text.

        Examples
        --------
        >>> chunk = {"choices": [{"delta": {"content": "Hi"}}]}
        >>> mould = mould_of('{"choices":[{"delta":{"content":"', '"}}]}', Delta("Hi", raw=chunk))
        >>> mould.text_in('{"choices":[{"delta":{"content":" you"}}]}')
        ' you'
        """
        if not (len(payload) > self._length and payload.startswith(self._before) and payload.endswith(self._after)):
            return ""
        text = payload[len(self._before) : len(payload) - len(self._after)]
        # What cannot be printed may be a control character, which JSON forbids in a string.
        return text if text.isprintable() and '"' not in text and "\\" not in text else ""

    def delta_with(self, text: str) -> Delta:
        """Return the delta of the chunk with another text in it; the chunk of an earlier delta is left alone."""
        choice = {**self._choice, "delta": {**self._said, "content": text}}
        return Delta(text, raw={**self._chunk, "choices": [choice]})


def mould_of(before: str, after: str, delta: Delta) -> Mould | None:
    """Make the mould of a chunk; None where it is no plain one: a piece of text for choice 0, and nothing else.

    Parameters
    ----------
    before, after
        The JSON before and after the text, quotes included.
    delta
        What the chunk adds.
    """
    is_plain = not (delta.reasoning or delta.tool_calls or delta.finish_reason or delta.usage or delta.index)
    if not (delta.text and is_plain and _is_single(delta.raw, delta.text)):
        return None
    try:
        mould = Mould(before, after, delta.raw)
        is_right = parse_object(f"{before}{_MARK}{after}") == mould.delta_with(_MARK).raw
    except (MalformedChunkError, RecursionError):  # the second where something in it is nested very deeply
        return None
    return mould if is_right else None


def _is_single(chunk: Mapping[str, Any], text: str) -> bool:
    """Say whether a chunk is one choice that says a streamed text and nothing else, and reports no error."""
    choices = chunk["choices"]
    if len(choices) != 1 or chunk.get("error") or choices[0].get("error"):
        return False
    said = choices[0].get("delta")
    if not isinstance(said, dict) or said.get("content") != text:
        return False
    # Any other field may be one that grows from chunk to chunk, and has to be added up.
    return not any(value for name, value in said.items() if name not in ("role", "content"))


def _shared(value: Any) -> Any:
    """Return a JSON value whose names and texts are those of other streams, where these have the same: most have."""
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, list):
        return [_shared(item) for item in value]
    if isinstance(value, Mapping):
        return {sys.intern(name): _shared(item) for name, item in value.items()}
    return value
