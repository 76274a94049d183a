"""Coverage-guided search for bytes of a server that break the event stream machine or the reading of an answer.

Run by hand where atheris is installed: `PYTHONPATH=tests python tests/fuzz/fuzz_stream.py -max_total_time=600 FOLDER`,
where FOLDER keeps what was found. Each input says how it is played and cut; its rest is the body, spelled in bytes or
in pieces of the wire.
"""

import dataclasses
import json
import math
import sys
from itertools import pairwise

import atheris

with atheris.instrument_imports(include=["toprouter_nb"]):
    from whole_stream import parse_whole

    from toprouter_nb.errors import ConnectFailedError, ToprouterError
    from toprouter_nb.exchange import Exchange
    from toprouter_nb.plain import render_plain
    from toprouter_nb.settings import Settings
    from toprouter_nb.sse import Decoder
    from toprouter_nb.wire.request import RequestBody

KEY = "sk-canary-0123456789abcdef"
SETTINGS = Settings("https://gateway.test", KEY, max_event_bytes=2**20, max_answer_bytes=500)
HEADS = ("text/event-stream", "application/json", "", "text/html")
STATUSES = (200, 200, 200, 200, 200, 401, 429, 503)
PIECES = (
    *(b"data: ", b"\n\n", b"\r\n", b"\r", b"event: error\n", b": keep-alive\n\n", b"id: 1\n", b"retry: 5\n"),
    *(b"data: [DONE]\n\n", b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', b'data: {"error":{"message":"no"}}'),
    *(b'{"choices":[', b'{"delta":{', b'{"message":{', b'"content":', b'"reasoning":', b'"reasoning_content":'),
    *(b'"finish_reason":', b'"stop"', b'"error"', b'"index":', b'"usage":{', b'"prompt_tokens":', b'"cost":'),
    *(b'"tool_calls":[{"index":', b'"function":{"name":"f","arguments":"', b'"error":{"message":', b'"code":'),
    *(b'"metadata":{"raw":', b'"reasons":', b'"detail":[{"loc":["a"],"msg":', b'"choices":', b'"id":"g"'),
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"0", b"-1", b"1e999", b"NaN", b"9" * 400),
    *(b'"\\ud83d"', b'"\\ude00"', b'"\\ud83d\\ude00"', b"\xf0\x9f\x98\x80", b"\xed\xa0\xbd", b"\xef\xbb\xbf", b"\0"),
    *(
        KEY[:13].encode(),
        KEY[13:].encode(),
        b'"' + KEY[5:18].encode() + b'"',
        b"}]}\n\n",
        b"}}]}\n\n",
        b'"}\n\n',
        b"\x1b[2J",
    ),
    *(
        b"<html><title>x</title>",
        b'"is_byok":true',
        b'"cost_details":{"upstream_inference_cost":',
        b'"annotations":[1]',
    ),
)


def body_of(data):
    """Return the bytes themselves, or the pieces that they number."""
    if data[:1] < b"\x40":
        return data[1:]
    return b"".join(PIECES[byte % len(PIECES)] if byte < 0xF0 else bytes([byte & 0x7F]) for byte in data[1:])


def cut(body, steps):
    """Return the body in pieces of so many bytes, over and over."""
    if not steps:
        return [body]
    places, place = [0], 0
    while place < len(body) and len(places) < 2_000:
        place += 1 + steps[len(places) % len(steps)] % 23
        places.append(min(place, len(body)))
    return [body[start:end] for start, end in pairwise([*places, len(body)])]


def play(blocks, *, status, head, breaks):
    """Read an answer to its end; return all that a caller sees of it. Only our own errors are caught."""
    exchange = Exchange(SETTINGS, SETTINGS.api_key, RequestBody([b"{}"]), clock=lambda: 0.0)
    exchange.read_head(status, {"content-type": head})
    deltas, error = [], None
    try:
        for block in blocks:
            deltas.extend(exchange.feed(block))
            if exchange.is_done:
                break
        if breaks and not exchange.is_done:
            exchange.break_off(ConnectFailedError("The connection was reset."))
        else:
            deltas.extend(exchange.end())
    except ToprouterError as caught:
        error = caught
    return exchange, deltas, error


def check(exchange, deltas, error):
    """Check what holds of every answer, and return what must not depend on the cut."""
    answer = exchange.answer
    text = answer.text
    if error is None or error.kind != "too_large":
        assert "".join(delta.text for delta in deltas if not delta.index) == text
    text.encode()
    answer.reasoning.encode()
    message = str(error or "")
    assert len(message) <= 2_000
    assert render_plain(message) == message
    for shown in (text, answer.reasoning, message, json.dumps(exchange.raw(), default=str)):
        assert not [start for start in range(len(KEY) - 11) if KEY[start : start + 12] in shown]
    usage = answer.usage
    counts = dataclasses.astuple(usage) if usage else ()
    assert all(count is None or (count >= 0 and math.isfinite(count)) for count in counts)
    return text, answer.reasoning, answer.finish_reason, repr(usage), type(error), error and (error.kind, str(error))


def run(data):
    """Play one input whole and in pieces; both must come to the same."""
    if len(data) < 4:
        return
    way, count, body = data[0], data[1] % 8, body_of(data[2 + data[1] % 8 :])
    how = {"status": STATUSES[way & 7], "head": HEADS[way >> 3 & 3], "breaks": bool(way & 32)}
    blocks = cut(body, data[2 : 2 + count])
    assert check(*play([body], **how)) == check(*play(blocks, **how))
    decoder = Decoder()
    events = [event for block in blocks for event in decoder.feed(block)]
    assert (events, decoder.retry_milliseconds, decoder.finish()) == parse_whole(body)


if __name__ == "__main__":
    atheris.Setup(sys.argv, run)
    atheris.Fuzz()
