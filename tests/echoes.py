"""Answers of a server that repeats the key it was given wherever it can: for the scripted gateway, and raw."""

import json

from toprouter_nb.testing import Cut, ErrorEvent, Fault, Hang, Raw, Script, Stall


def event(value):
    """Return one event of a stream."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def page(key, status=200):
    """Return a web page that repeats the key."""
    return Raw([f"<html><title>{key}</title><p>{key}".encode()], status, {"Content-Type": "text/html"})


def whole(key):
    """Return an answer that repeats the key wherever a server can."""
    call = {"id": key, "type": "function", "function": {"name": key, "arguments": json.dumps({"key": key})}}
    said = {
        "role": key,
        "content": f"It is {key}.",
        "reasoning": key,
        "tool_calls": [call],
        "annotations": [{key: key}],
    }
    choices = [
        {"index": index, "message": said, "finish_reason": key, "logprobs": {"content": [key]}} for index in (0, 1)
    ]
    body = {"id": key, "model": key, "provider": {key: [key]}, "choices": choices, "usage": {"prompt_tokens": key}}
    return Fault(200, json.dumps(body), {"Content-Type": "application/json", "X-Request-Id": key})


def spelled(key, *end):
    """Return a stream that spells the key over deltas: as text, as reasoning, in a tool call, in another choice."""
    parts = [key[place : place + 3] for place in range(0, len(key), 3)]
    deltas = [{"content": part} for part in ["It is ", *parts, " or ", *parts]]
    deltas += [{"reasoning": part} for part in parts]
    deltas += [{"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": part}}]} for part in parts]
    chunks = [{"choices": [{"index": index, "delta": delta}]} for delta in deltas for index in (0, 1)]
    return Raw([*map(event, chunks), *(end or (b"data: [DONE]\n\n",))])


def echoes(key):
    """Return an error body that repeats the key in every known field."""
    detail = {"message": f"No such key: {key}, {key[:20]}...{key[-14:]}", "code": key, "type": key, "param": key}
    return {"error": {**detail, "metadata": {"raw": key, "provider_name": key, "reasons": [key]}}, "request_id": key}


FAULTS = {
    "refused, key echoed": lambda key: Fault(401, echoes(key), {"X-Request-Id": key}),
    "refused, key in text": lambda key: Fault(403, f"Bearer {key}"),
    "refused, key in array": lambda key: Fault(422, json.dumps({"detail": [{"loc": [key], "msg": key}]})),
    "refused, web page": lambda key: page(key, 404),
    "server error": lambda key: Fault(500, {"error": key, "detail": key}),
    "too many": lambda key: Fault(429, {"error": {"message": key}}, {"Retry-After": key}),
    "redirect": lambda key: Fault(307, key, {"Location": f"https://x.test/{key}/?key={key}"}),
    "a page": page,
    "text": lambda key: Raw([key.encode()], headers={"Content-Type": "text/plain"}),
    "other json": lambda key: Raw([json.dumps({"key": key}).encode()], headers={"Content-Type": "application/json"}),
    "broken json": lambda key: Raw([b'{"choices": "%b' % key.encode()], headers={"Content-Type": "application/json"}),
    "encoded": lambda key: Raw([b"x"], headers={"Content-Encoding": key}),
    "whole": whole,
    "spelled": spelled,
    "spelled, then an error": lambda key: spelled(key, event(echoes(key))),
    "spelled, then cut": lambda key: spelled(key, Cut()),
    "spelled, then silence": lambda key: spelled(key, Hang()),
    "in one delta": lambda key: Script(deltas=[f"It is {key}, ", {"content": key, key: key}], model=key, id=key),
    "cut in the key": lambda key: Script(deltas=["It is ", key[:-2], Cut()]),
    "error event": lambda key: Script(deltas=["It is ", ErrorEvent(echoes(key)["error"])]),
    "error text": lambda key: Script(deltas=["It is ", ErrorEvent(key)]),
    "event: error": lambda key: Raw([b"event: error\ndata: %b\n\n" % key.encode()]),
    "no json": lambda key: Raw([event({"choices": [{"delta": {"content": "Hi"}}]}), b"data: {%b\n\n" % key.encode()]),
    "no chunk": lambda key: Raw([event({"choices": [key]})]),
    "json list": lambda key: Raw([event([key])]),
    "reset": lambda key: Cut(),
    "no answer": lambda key: Hang(),
    "keep-alives": lambda key: Raw(
        [f": {key}\n\n".encode(), Stall(0.2), f": {key}\n\n".encode(), Stall(0.2), b": x\n\n"]
    ),
}
# Heads and framing no HTTP library would send.
RAW_FAULTS = {
    "status line": "HTTP/1.1 {KEY}\r\n\r\n",
    "no http": "{KEY}\r\n\r\n",
    "header name": "HTTP/1.1 200 OK\r\n{KEY} {KEY}\r\n\r\n",
    "length": "HTTP/1.1 200 OK\r\nContent-Length: {KEY}\r\n\r\n",
    "transfer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: {KEY}\r\n\r\n",
    "chunk size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY}\r\n",
}
