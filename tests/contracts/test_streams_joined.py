"""Nothing is delivered twice or lost: the deltas joined are the final text and the saved text, however all is cut."""

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toprouter_nb.booking import Booking
from toprouter_nb.call import Call
from toprouter_nb.secret import MASK, Secret
from toprouter_nb.settings import Settings
from toprouter_nb.tracking import Account
from toprouter_nb.wire.request import RequestBody, encode_turn, turn_of

KEY = "sk-canary-0123456789abcdef"
SETTINGS = Settings(base_url="https://gateway.test", ledger_path=False)
STREAM = {"content-type": "text/event-stream"}

# Letters of all planes, what streams and JSON treat specially, and pieces of the key.
TEXTS = st.lists(
    st.text(max_size=12)
    | st.sampled_from(["\U0001f468\u200d\U0001f469", "\n\n", "\r", "data: [DONE]", "\u2028", "\\ud83d", '"', "\0", "é"])
    | st.builds(lambda start, size: KEY[start : start + size], st.integers(0, 25), st.integers(1, 26)),
    max_size=8,
).map("".join)
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
NOISE = st.sampled_from(
    [
        b": keep-alive",
        b"event: message",
        b"id: 7",
        b'data: {"choices":[]}',
        b'data: {"choices":[{"index":0,"delta":{}}]}',
        b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}',
        b'data: {"choices":[{"index":1,"delta":{"content":"of another choice"}}]}',
    ]
)


@st.composite
def streams(draw):
    """Draw texts and one of the many streams of bytes that say them, cut into reads."""
    said = {"content": draw(TEXTS), "reasoning": draw(st.just("") | TEXTS)}
    line_end = draw(LINE_ENDS)
    ensure_ascii = draw(st.booleans())
    events = []
    for field in ("reasoning", "content"):
        # Cut between UTF-16 code units, as gateways written in JavaScript do: an emoji may come in two halves.
        units = said[field].encode("utf-16-le", "surrogatepass")
        for start, end in pairwise(_cuts(draw, len(units) // 2)):
            piece = units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")
            is_whole = not any("\ud800" <= letter <= "\udfff" for letter in piece)
            chunk = {"choices": [{"index": 0, "delta": {field: piece}, "finish_reason": None}]}
            events.append(b"data: " + json.dumps(chunk, ensure_ascii=ensure_ascii or not is_whole).encode())
            events += draw(st.lists(NOISE, max_size=2))
    ends = [b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', b"data: [DONE]"]
    events += draw(st.sampled_from([ends, ends[:1], ends[1:]]))
    body = b"".join(event + 2 * line_end for event in events)
    return said, [body[start:end] for start, end in pairwise(_cuts(draw, len(body)))]


def _cuts(draw, size):
    return sorted({0, size, *draw(st.lists(st.integers(0, size), max_size=12))})


def play(blocks, key):
    """Read a stream and return its deltas and the reply."""
    body, known = RequestBody([b"{}"]), {"model": "any/model", "settings": SETTINGS, "is_streamed": True}
    call = Call(body, key=key, booking=Booking(Account(), body, is_free=False, **known), **known)
    exchange = call.begin()
    exchange.read_head(200, STREAM)
    deltas = []
    for block in blocks:
        deltas += exchange.feed(block)
        if exchange.is_done:
            break
    else:
        deltas += exchange.end()
    return [delta for delta in deltas if delta.index == 0], call.reply()


def check(drawn):
    """Compare what was said with the deltas, the reply, and the turn that is saved."""
    said, blocks = drawn
    deltas, reply = play(blocks, Secret())
    assert "".join(delta.text for delta in deltas) == reply.text == reply.turn.text == said["content"]
    assert "".join(delta.reasoning for delta in deltas) == reply.reasoning == said["reasoning"]
    assert turn_of(json.loads(encode_turn(reply.turn))).text == said["content"]
    kept = [choice["message"]["content"] for choice in reply.raw["choices"] if choice["index"] == 0]
    assert "".join(kept) == said["content"]
    json.dumps(reply.raw, ensure_ascii=False).encode()


def check_hidden(drawn):
    """With a key in use: the same text but for the key, of which no piece comes out."""
    said, blocks = drawn
    key = Secret(KEY)
    deltas, reply = play(blocks, key)
    assert "".join(delta.text for delta in deltas) == reply.text
    assert not list(key.finder()(reply.text + "\n" + reply.reasoning))
    if not list(key.finder()(said["content"])):
        assert reply.text == said["content"]
    else:
        assert MASK in reply.text


@settings(max_examples=150)
@given(streams())
def test_deltas_joined_are_the_text(drawn):
    """Whatever is said and however it is cut into deltas and reads, each character comes once and in its place."""
    check(drawn)


@settings(max_examples=150)
@given(streams())
def test_deltas_joined_are_the_text_without_the_key(drawn):
    """The same where the key is hidden on the way."""
    check_hidden(drawn)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(streams())
def test_deltas_joined_are_the_text_ten_thousand_times(drawn):
    """Both, in a long run."""
    check(drawn)
    check_hidden(drawn)
