"""Answer JSON, streamed or whole, to deltas.

Knows nothing of HTTP, of event streams or of how deltas add up; `reply` does that.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from ..amounts import EXACT, read_usd
from ..errors import MalformedChunkError
from ..plain import shorten
from ..usage import Usage

_EXCERPT_CHARACTERS = 200
# Beyond these a number says nothing, and would overflow where it is added up or laid out in a table.
_LARGEST_COUNT = 2**53 - 1  # the whole numbers that JSON carries safely
_LARGEST_COST = 10**9


class Delta(NamedTuple):
    """What one chunk adds to one choice of an answer.

    Attributes
    ----------
    text
        New text; "" where the chunk brings none.
    reasoning
        New reasoning text, of models that show it; "" where there is none.
    tool_calls
        Pieces of tool calls as the wire has them; () where there is none.
    finish_reason
        Why the choice ended, as the server spells it; None while it goes on.
    usage
        Counts in tokens; None except in a chunk that carries them.
    index
        Which choice; 0 unless the request asked for several.
    raw
        The chunk this came from, unchanged.

    Examples
    --------
    >>> Delta("Hi").text
    'Hi'
    """

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[Any, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    index: int = 0  # type: ignore[assignment]  # the wire's name; it hides tuple.index, which has no use here
    raw: Mapping[str, Any] = {}

    @property
    def is_empty(self) -> bool:
        """Say whether nothing a person or a table could use is in it, as in a chunk that only names the role."""
        return not (self.text or self.reasoning or self.tool_calls or self.finish_reason or self.usage)


def parse_object(payload: str | bytes) -> dict[str, Any]:
    """Parse one JSON object, leniently: NaN and lone surrogate halves are allowed.

    Raises
    ------
    MalformedChunkError
        It is no JSON, or JSON but no object; the message shows the first 200 characters.
    """
    # The quicker parser of pydantic_core would cost the first answer 12 ms and 5 MB, and most chunks are not parsed.
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise _no_object(payload) from error
    if not isinstance(value, dict):
        raise _no_object(payload)
    return value


def is_object(payload: str) -> bool:
    """Say whether a payload is one whole JSON object, as `parse_object` takes it.

    Examples
    --------
    >>> is_object('{"choices": []}'), is_object('{"choices": [')
    (True, False)
    """
    try:
        parse_object(payload)
    except MalformedChunkError:
        return False
    return True


def decode_chunk(chunk: Mapping[str, Any]) -> list[Delta]:
    """Turn one streamed chunk, or one whole answer, into deltas, one for each choice.

    Pure: no I/O, the chunk is not changed. A chunk that holds no choice gives one delta, which may carry usage.

    Parameters
    ----------
    chunk
        Parsed JSON. In each choice `delta` (streamed) or `message` (whole) is read; both may be missing or null.

    Raises
    ------
    MalformedChunkError
        `choices` is there and not a list of objects.

    References
    ----------
    Chat Completions reference, "Response Format" and "Streaming".

    Examples
    --------
    >>> decode_chunk({"choices": [{"delta": {"content": "Hi"}}]})[0].text
    'Hi'
    """
    reported = chunk.get("usage")
    usage = decode_usage(reported) if reported else None
    choices = chunk.get("choices")
    if not choices:
        return [Delta(usage=usage, raw=chunk)]
    try:
        return [_decode_choice(choice, usage, chunk) for choice in choices]
    except (AttributeError, TypeError) as error:
        raise _no_object(json.dumps(chunk, default=str)) from error


def decode_usage(reported: object) -> Usage | None:
    """Read token counts and the billed cost; whatever is missing, negative, absurdly large or no number is None.

    A request made with the caller's own provider key costs what the gateway bills plus what the provider bills; where
    the latter is missing, the cost is None.

    Examples
    --------
    >>> decode_usage({"prompt_tokens": 20, "completion_tokens": 15, "total_tokens": 35})
    Usage(prompt_tokens=20, completion_tokens=15, total_tokens=35)
    """
    if not isinstance(reported, dict):
        return None
    prompt = _mapping(reported.get("prompt_tokens_details"))
    completion = _mapping(reported.get("completion_tokens_details"))
    return Usage(
        prompt_tokens=_count(reported.get("prompt_tokens")),
        completion_tokens=_count(reported.get("completion_tokens")),
        total_tokens=_count(reported.get("total_tokens")),
        cached_tokens=_count(prompt.get("cached_tokens")),
        reasoning_tokens=_count(completion.get("reasoning_tokens")),
        cost_usd=_cost(reported),
        cache_write_tokens=_count(prompt.get("cache_write_tokens")),
    )


def _decode_choice(choice: Mapping[str, Any], usage: Usage | None, chunk: Mapping[str, Any]) -> Delta:
    # Some servers answer in the format of text completions, which have no message.
    said = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
    content = said.get("content")
    # The first is OpenRouter's name, the second that of DeepSeek and vLLM; the third holds the maker's own parts.
    reasoning = said.get("reasoning") or said.get("reasoning_content") or _text_of(said.get("reasoning_details"))
    # The older name of a single call, as some servers still send it.
    calls = said.get("tool_calls") or (
        [{"index": 0, "function": said["function_call"]}] if said.get("function_call") else ()
    )
    finish_reason, index = choice.get("finish_reason"), choice.get("index")
    return Delta(
        content if isinstance(content, str) else _text_of(content),
        reasoning if isinstance(reasoning, str) else "",
        tuple(calls),
        str(finish_reason) if finish_reason else None,
        usage,
        _count(index) or 0 if index else 0,
        chunk,
    )


def _text_of(content: object) -> str:
    """Join the texts of a content that comes as parts, or as one part or number; anything else has no text."""
    if isinstance(content, int | float) and not isinstance(content, bool):
        return str(content)
    texts = (_text_of_part(part) for part in (content if isinstance(content, list) else [content]))
    return "".join(text for text in texts if isinstance(text, str))


def _text_of_part(part: object) -> object:
    # The second is that of OpenRouter's reasoning of which only a summary is shown.
    return part.get("text") or part.get("summary") if isinstance(part, Mapping) else part


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    if (
        value is None
        or isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= _LARGEST_COUNT
    ):
        return None
    return int(value)


def _cost(reported: Mapping[str, Any]) -> Decimal | None:
    billed = read_usd(reported.get("cost"), _LARGEST_COST)
    # "Bring your own key": the provider bills its part to that key, and the gateway only tells how much it was.
    if billed is None or reported.get("is_byok") is not True:
        return billed
    provider = read_usd(_mapping(reported.get("cost_details")).get("upstream_inference_cost"), _LARGEST_COST)
    return None if provider is None else EXACT.add(billed, provider)


def _no_object(payload: str | bytes) -> MalformedChunkError:
    text = payload if isinstance(payload, str) else payload.decode("utf-8", "replace")
    message = f"The server sent something that is no JSON object: {shorten(text, _EXCERPT_CHARACTERS)}"
    return MalformedChunkError(message)
