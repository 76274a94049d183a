"""Spells a scripted reply as the status, headers and blocks of an HTTP answer.

Pure but for the clock's date: knows nothing of sockets, threads or which reply's turn it is.
"""

import dataclasses
import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from .requests import ReceivedRequest
from .script import Block, Cut, ErrorEvent, Fault, Hang, Raw, Script, Stall, Step

# A word with the space around it, so that the pieces joined are the text.
_WORDS = re.compile(r"\s*\S+\s*|\s+")
EVENT_STREAM = "text/event-stream; charset=utf-8"
JSON = "application/json"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer to be played.

    Attributes
    ----------
    status, headers
        As sent.
    blocks
        What happens in the body, in order; a list of one `bytes` is sent with its length, all else in chunks.
    before
        What happens before the first byte.
    """

    status: int
    headers: Mapping[str, str]
    blocks: list[Block]
    before: list[Block] = dataclasses.field(default_factory=list)


def encode_reply(reply: object, request: ReceivedRequest, number: int) -> Answer:
    """Spell the reply to a request.

    Parameters
    ----------
    reply
        Any reply but a function; an object because a reply function of a user's can return anything.
    request
        What is answered: `stream` and `model` of its body count.
    number
        Of the call, from 1; completion ids are made of it.

    Raises
    ------
    TypeError
        The reply is none of those a gateway can play.
    """
    match reply:
        case str():
            return _encode_script(Script(reply), request, number)
        case Script():
            return _encode_script(reply, request, number)
        case Fault():
            return _encode_fault(reply)
        case Raw():
            return Answer(reply.status, {"Content-Type": EVENT_STREAM, **reply.headers}, [*reply.blocks])
        case Cut() | Hang():
            return Answer(200, {}, [], before=[reply])
        case _:
            message = f"A ScriptedGateway plays a str, Script, Fault, Raw, Cut, Hang or a function, not {reply!r:.60}."
            raise TypeError(message)


def encode_json(value: object) -> bytes:
    """Spell a value as compact JSON, as servers send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _encode_fault(fault: Fault) -> Answer:
    body = fault.body
    if body is None:
        body = {"error": {"message": f"Scripted fault {fault.status}.", "code": fault.status}}
    kind = JSON if isinstance(body, Mapping) else "text/plain; charset=utf-8"
    if isinstance(body, Mapping):
        body = encode_json(body)
    return Answer(
        fault.status, {"Content-Type": kind, **fault.headers}, [body.encode() if isinstance(body, str) else body]
    )


def _encode_script(script: Script, request: ReceivedRequest, number: int) -> Answer:
    steps = list(_WORDS.findall(script.text) if script.deltas is None else script.deltas)
    head = {
        "id": script.id or f"chatcmpl-scripted-{number}",
        "object": "chat.completion.chunk" if request.is_streamed else "chat.completion",
        "created": int(time.time()),
        "model": script.model or request.field("model") or "scripted/text",
    }
    usage = _usage(script, steps, request)
    before: list[Block] = [Stall(script.first_delay_seconds)] if script.first_delay_seconds else []
    if request.is_streamed:
        # As servers do: a stream tells its usage only where the request asks for it.
        is_asked = (request.field("stream_options") or {}).get("include_usage") or script.usage != "count"
        blocks = list(_stream(script, steps, head, usage if is_asked else None))
        return Answer(
            200, {"Content-Type": EVENT_STREAM, "Cache-Control": "no-cache", **script.headers}, blocks, before
        )
    # A plain answer is one piece: it waits, or breaks, before it.
    before += [step for step in steps if isinstance(step, Stall | Hang | Cut)]
    body = encode_json(_completion(script, steps, head, usage))
    return Answer(200, {"Content-Type": JSON, **script.headers}, [body], before)


def _stream(
    script: Script, steps: list[Step], head: Mapping[str, Any], usage: Mapping[str, Any] | None
) -> Iterator[Block]:
    """Make the blocks of a stream: role, reasoning, steps, finish reason, usage, end."""
    yield _chunk(head, {"role": "assistant", "content": ""})
    if script.reasoning:
        yield _chunk(head, {"reasoning": script.reasoning})
    for step in steps:
        if script.delay_seconds and isinstance(step, str | Mapping):
            yield Stall(script.delay_seconds)
        match step:
            case str():
                yield _chunk(head, {"content": step})
            case ErrorEvent():
                yield _error_chunk(head, step)
                return
            case Mapping():
                yield _chunk(head, step)
            case _:
                yield step
    if script.finish_reason is not None:
        yield _chunk(head, {}, script.finish_reason)
    if usage is not None:
        yield _event({**head, "choices": [], "usage": usage})
    if script.done:
        yield b"data: [DONE]\n\n"


def _event(chunk: Mapping[str, Any]) -> bytes:
    return b"data: " + encode_json(chunk) + b"\n\n"


def _chunk(head: Mapping[str, Any], delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
    return _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})


def _error_chunk(head: Mapping[str, Any], step: ErrorEvent) -> bytes:
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": step.finish_reason}
    return _event({**head, "error": step.error} | ({"choices": [choice]} if step.finish_reason is not None else {}))


def _completion(
    script: Script, steps: list[Step], head: Mapping[str, Any], usage: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    for step in steps:
        if isinstance(step, ErrorEvent):
            return {"error": step.error}
    message: dict[str, Any] = {"role": "assistant", "content": _text(steps)}
    for step in steps:
        if isinstance(step, Mapping):
            message |= step
    if script.reasoning:
        message["reasoning"] = script.reasoning
    choice = {"index": 0, "message": message, "finish_reason": script.finish_reason}
    return {**head, "choices": [choice]} | ({"usage": usage} if usage is not None else {})


def _text(steps: list[Step]) -> str:
    return "".join(step for step in steps if isinstance(step, str))


def _usage(script: Script, steps: list[Step], request: ReceivedRequest) -> Mapping[str, Any] | None:
    if script.usage != "count":
        return script.usage
    prompt = sum(len(text.split()) for text in _message_texts(request))
    completion = len(_text(steps).split()) + len(script.reasoning.split())
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _message_texts(request: ReceivedRequest) -> Iterator[str]:
    """Find the texts of all messages; a request that is none has none."""
    messages = request.field("messages")
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, str):
            yield content
        for part in content if isinstance(content, list) else []:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield part["text"]
