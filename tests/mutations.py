"""Good answers of a server as raw bytes, and seeded ways to damage them: bytes, lines, header fields, JSON fields."""

import copy
import gzip
import json
import random

WEIRD = [
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "0",
    "\x00\x1b[31m",
    "\ud83d",
    "é" * 500,
    [],
    {},
    [[]],
    [None],
    [{"type": "text", "text": "part"}],
    {"index": None},
    {"message": {"message": {}}},
    "HUGE",
    "DEEP",
    "LARGE",
]
# JSON that `json` cannot write, or only slowly: more digits than Python turns into text, depth, an exponent.
RAW = {b'"HUGE"': b"9" * 5_000, b'"DEEP"': b"[" * 50_000 + b"]" * 50_000, b'"LARGE"': b"1e999"}
WEIRD_FIELDS = [
    b"Content-Length: -1",
    b"Content-Length: 5",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: abc",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Content-Encoding: gzip",
    b"Content-Encoding: br",
    b"Content-Type: text/event-stream",
    b"Content-Type: application/json; charset=utf-16",
    b"Content-Type: text/html",
    b"Content-Type: \xff\xfe",
    b"Retry-After: nan",
    b"Retry-After: -5",
    b"Retry-After: 99999999999999999999",
    b"X-Request-Id: \x1b[2J" + b"r" * 300,
    b"Location: //\xe2\x80\xae@example.org/?key",
    b"Connection: close, keep-alive",
    b"no colon at all",
    b": no name",
    b" a folded line",
    b"A: " + b"x" * 70_000,
]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 0.01, "prompt_tokens_details": {}}
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CHUNK = {"id": "g", "object": "chat.completion.chunk", "created": 1, "model": "m"}
WHOLE = {
    "id": "g",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": USAGE,
}
DELTAS = [
    {"role": "assistant", "content": ""},
    {"reasoning": "Hm", "reasoning_details": [{"text": "Hm"}]},
    {"content": "Hello"},
    {"content": " \U0001f600 world"},
    {"tool_calls": [CALL]},
]
ERROR = {"error": {"message": "No such key", "code": 401, "type": "x", "metadata": {"raw": "{}"}}}


def chunk(delta, finish_reason=None):
    """Return a chunk of a stream."""
    return {**CHUNK, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


def spell(value):
    """Return JSON of a value, weird ones included."""
    spelled = json.dumps(value).encode()
    for name, raw in RAW.items():
        spelled = spelled.replace(name, raw, 1)
    return spelled


def events(values):
    """Return an event stream of JSON values that ends with [DONE]."""
    return b"".join(b"data: " + spell(value) + b"\n\n" for value in values) + b"data: [DONE]\n\n"


def answer(status, body, *fields, framing="length", chunks=3):
    """Return a raw HTTP answer."""
    head = [b"HTTP/1.1 %d X" % status, *fields]
    if framing == "length":
        head.append(b"Content-Length: %d" % len(body))
    elif framing == "chunked":
        head.append(b"Transfer-Encoding: chunked")
        size = len(body) // chunks + 1
        pieces = [body[place : place + size] for place in range(0, len(body), size)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return b"\r\n".join([*head, b"", body])


def good_answer(chance, change=lambda values: values):
    """Return one of the good answers; `change` may replace the JSON values in it."""
    stream, as_json = b"Content-Type: text/event-stream", b"Content-Type: application/json"
    chunks = [*map(chunk, DELTAS), chunk({}, "stop"), {**CHUNK, "choices": [], "usage": USAGE}]
    kind = chance.randrange(9)
    if kind < 3:
        framing = ("chunked", "chunked", "close")[kind]
        return answer(200, events(change(chunks)), stream, framing=framing, chunks=chance.randint(1, 20))
    if kind == 3:
        broken = [*chunks[:3], {**CHUNK, **ERROR, "choices": [{"delta": {}, "finish_reason": "error"}]}]
        return answer(200, events(change(broken)), stream, framing="chunked")
    if kind == 4:
        return answer(200, gzip.compress(spell(change([WHOLE])[0]), mtime=0), as_json, b"Content-Encoding: gzip")
    if kind == 5:
        status = chance.choice([400, 401, 402, 403, 404, 413, 429, 500, 503])
        return answer(status, spell(change([ERROR])[0]), as_json, b"X-Request-Id: r-1", b"Retry-After: 0")
    if kind == 6:
        page = b"<html><head><title>Sign in</title></head><body>\xff</body></html>"
        return answer(chance.choice([200, 302, 502]), page, b"Content-Type: text/html", b"Location: /login")
    return answer(200, spell(change([WHOLE])[0]), as_json, framing=chance.choice(["length", "chunked", "close"]))


def damaged_answer(number):
    """Return the damaged answer of a number: always the same one."""
    chance = random.Random(number)
    level = chance.choice(["bytes", "bytes", "lines", "lines", "headers", "fields", "fields", "fields"])
    if level == "fields":
        return good_answer(chance, lambda values: [_changed_value(chance, value) for value in values])
    raw = good_answer(chance)
    for _ in range(chance.choice([1, 1, 2, 5])):
        raw = {"bytes": _changed_bytes, "lines": _changed_lines, "headers": _changed_headers}[level](chance, raw)
    return raw


def _changed_value(chance, value):
    """Replace, remove or add something somewhere in a JSON value."""
    places = list(_places(value))
    if not places or chance.random() < 0.3:
        return value
    value = json.loads(json.dumps(value))
    for place in chance.choices(places, k=chance.choice([1, 1, 3])):
        _change_at(chance, value, place)
    return value


def _places(value, place=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*place, key)
        yield from _places(item, (*place, key))


def _change_at(chance, value, place):
    """Change what stands at a place, unless an earlier change took the place away."""
    *path, last = place
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return
    weird = copy.deepcopy(chance.choice(WEIRD))
    if isinstance(value, dict) and chance.random() < 0.2:
        value.pop(last, None)
    elif isinstance(value, dict):
        value[chance.choice([last, last, last, "error", "usage", "choices"])] = weird
    elif isinstance(value, list) and value:
        value[chance.randrange(len(value))] = weird
        value.extend(copy.deepcopy(value) * chance.choice([0, 0, 3]))


def _changed_bytes(chance, raw):
    place = chance.randrange(len(raw) + 1)
    size = chance.choice([1, 1, 4, 50])
    match chance.randrange(6):
        case 0:
            return raw[:place]
        case 1:
            return raw[:place] + raw[place + size :]
        case 2:
            return raw[:place] + chance.randbytes(size) + raw[place + size :]
        case 3:
            return raw[:place] + raw[place : place + size] * 3 + raw[place + size :]
        case 4:
            return raw[:place] + chance.choice([b"\0", b"\r", b"\n", b"\r\n\r\n", b"{", b'"', b"\xff"]) + raw[place:]
        case _:
            return (
                raw[:place]
                + bytes([raw[place] ^ 1 << chance.randrange(8)] if place < len(raw) else [])
                + raw[place + 1 :]
            )


def _changed_lines(chance, raw):
    lines = raw.split(b"\n")
    place = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, lines[place])
        case 2:
            chance.shuffle(lines)
        case 3:
            lines[place:place] = [lines[place]] * 300
        case 4:
            lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)]
        case _:
            other = chance.choice(
                [b"data:", b"event: error", b": ping", b"retry: 1", b"id", b"", b"data: {}", b"0\r", b"\r"]
            )
            lines.insert(place, other)
    return b"\n".join(lines)


def _changed_headers(chance, raw):
    head, separator, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    place = chance.randrange(len(lines))
    field = chance.choice(WEIRD_FIELDS)
    if chance.random() < 0.5 and place:
        lines[place] = field
    elif place:
        lines.insert(place, field)
    else:
        lines[0] = chance.choice(
            [b"HTTP/1.1 200", b"HTTP/1.1 999 X", b"HTTP/1.0 200 OK", b"HTTP/2 200", b"HTTP/1.1 100 C", b""]
        )
    return b"\r\n".join(lines) + separator + body
