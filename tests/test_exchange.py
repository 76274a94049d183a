"""One answer, however its bytes are cut, ends in exactly one way."""

import base64
import json
import random
from pathlib import Path

import pytest

from toprouter_nb.errors import ConnectFailedError, ReadTimeoutError, ToprouterError, UnexpectedResponseError
from toprouter_nb.exchange import Exchange
from toprouter_nb.secret import MASK, Secret
from toprouter_nb.settings import Settings
from toprouter_nb.wire.request import RequestBody

CASES = json.loads((Path(__file__).parent / "data" / "chat_streams.json").read_text())["cases"]
SETTINGS = Settings(base_url="https://gateway.test")
NO_KEY = Secret()
STREAM = {"content-type": "text/event-stream"}


def body_of(case):
    """Return the bytes of a case."""
    pieces = (p["t"].encode() * p.get("repeat", 1) if "t" in p else base64.b64decode(p["b64"]) for p in case["body"])
    return b"".join(pieces)


def play(pieces, end="clean", headers=STREAM, *, status=200, settings=SETTINGS, key=NO_KEY, clock=None):
    """Feed an exchange; return it, the deltas handed out, and the error it ended with or None."""
    exchange = Exchange(settings, key, RequestBody([b"{}"]), **({"clock": clock} if clock else {}))
    exchange.read_head(status, headers)
    deltas = []
    try:
        for piece in pieces:
            for delta in exchange.feed(piece):
                deltas.append(delta)  # noqa: PERF402  # what came before an error counts
            if exchange.is_done:
                break
        if end == "cut" and not exchange.is_done:
            exchange.break_off(ConnectFailedError("The connection was reset."))
        elif end != "open":
            for delta in exchange.end():
                deltas.append(delta)  # noqa: PERF402
    except ToprouterError as error:
        return exchange, deltas, error
    return exchange, deltas, None


def outcome(case, pieces):
    """Play a case and return what came of it, in the words of its expectation."""
    exchange, deltas, error = play(pieces, case["end"])
    answer = exchange.answer
    came = {"text": answer.text, "finish_reason": answer.finish_reason, "usage": None}
    assert "".join(delta.text for delta in deltas if delta.index == 0) == answer.text
    if answer.usage is not None:
        reported = ("prompt_tokens", "completion_tokens", "total_tokens")
        came["usage"] = {name: getattr(answer.usage, name) for name in reported}
    expected = case["expect"]
    if error is not None:
        came["error"] = {"kind": error.kind, "code": error.code}
        words = expected.get("error", {}).get("words", "")
        assert words in str(error), str(error)
        came["error"]["words"] = words
        came["retry"] = error.is_transient
    choices = {choice["index"]: choice["message"] for choice in answer.raw()["choices"]}
    if "tool_calls" in expected:
        calls = choices[0]["tool_calls"]
        came["tool_calls"] = [{"id": call["id"], **call["function"]} for call in calls]
    if "reasoning" in expected:
        came["reasoning"] = answer.reasoning
    if "other_choices" in expected:
        came["other_choices"] = {str(index): said["content"] for index, said in choices.items() if index}
    return came


def cuts(body, case):
    """Yield ways to cut a body: whole, byte by byte, in two at every byte, and at random."""
    yield [body]
    if case["splits"] != "every_byte" or not body:
        return
    yield [body[place : place + 1] for place in range(len(body))]
    for place in range(1, len(body)):
        yield [body[:place], body[place:]]
    chance = random.Random(7)
    for _ in range(50):
        places = sorted(chance.sample(range(len(body) + 1), min(len(body), chance.randint(2, 7))))
        yield [body[left:right] for left, right in zip([0, *places], [*places, len(body)], strict=True)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_stream_comes_to_its_one_end(case):
    """Whole and byte by byte, a stream gives the text, reason, usage and error its case lists."""
    body = body_of(case)
    for pieces in ([body], [body[place : place + 1] for place in range(len(body))]):
        assert outcome(case, pieces) == case["expect"]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_stream_comes_to_its_one_end_at_every_cut(case):
    """Cut in two at every byte and in several at random, a stream gives the same."""
    for pieces in cuts(body_of(case), case):
        assert outcome(case, pieces) == case["expect"]


@pytest.mark.parametrize("case", [case for case in CASES if "error" not in case["expect"]], ids=lambda c: c["name"])
def test_no_prefix_of_a_good_stream_passes_for_whole_without_its_mark(case):
    """Cut after any byte, a stream is complete only if `[DONE]` or a finish reason was inside."""
    body = body_of(case)
    for place in range(len(body)):
        exchange, _, error = play([body[:place]], "cut")
        marked = b"[DONE]" in body[:place] or exchange.answer.finish_reason is not None
        assert error is not None or marked


def test_json_answered_to_a_stream_request_is_used():
    """A whole answer gives its text, reason and usage, whatever was asked for."""
    answer = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}
    exchange, deltas, error = play([json.dumps(answer).encode()], headers={"content-type": "application/json"})
    assert error is None
    assert (exchange.answer.text, exchange.answer.finish_reason) == ("Hi", "stop")
    assert deltas[0].text == "Hi"


@pytest.mark.parametrize("status", [201, 202, 203])
def test_an_answer_of_any_success_is_used(status):
    """Some gateways answer with 201 or 202, whole or as a stream; what came is used."""
    answer = b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}'
    stream = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
    for body, headers in ((answer, {}), (stream, STREAM), (stream, {})):
        exchange, _, error = play([body], headers=headers, status=status)
        assert (exchange.answer.text, error) == ("Hi", None)


@pytest.mark.parametrize(
    "said", [{"object": "error", "message": "too hot", "code": 503}, {"type": "error", "message": "too hot"}]
)
def test_an_error_that_says_what_it_is_keeps_its_words(said):
    """Errors without an `error` key are errors too, in a stream and in the place of a whole answer."""
    event = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
    exchange, _, error = play([event, f"data: {json.dumps(said)}\n\n".encode()])
    assert (error.kind, exchange.answer.text) == ("stream_error", "Hi")
    _, _, whole = play([json.dumps(said).encode()], headers={})
    assert whole.kind == "server"
    assert "too hot" in str(error)
    assert "too hot" in str(whole)


def test_json_without_an_answer_is_shown():
    """Whatever a server says in place of choices, a person sees it."""
    _, _, error = play([b'{"detail": "no such route"}'], headers={})
    assert error.kind == "unexpected_response"
    assert "no such route" in str(error)


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/json"}, {"content-type": "text/plain"}])
def test_a_stream_is_known_by_its_first_bytes(headers):
    """A stream with no or a wrong content type is read as a stream."""
    body = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    for pieces in ([body], [body[:3], body[3:]], [body[place : place + 1] for place in range(len(body))]):
        exchange, _, error = play(pieces, headers=headers)
        assert (exchange.answer.text, error) == ("Hi", None)


@pytest.mark.parametrize("body", [b"", b"null", b'"text"', b"[1]", b"<html><title>Sign in</title></html>", b"{}"])
def test_what_is_no_answer_is_named_as_such(body):
    """A page, an empty body or other JSON is an UnexpectedResponseError."""
    _, _, error = play([body] if body else [], headers={"content-type": "text/html"})
    assert isinstance(error, UnexpectedResponseError)


def test_the_answer_is_bounded():
    """Text beyond the limit ends the call and what came before is kept."""
    settings = Settings(base_url="https://gateway.test", max_answer_bytes=10)
    event = b'data: {"choices":[{"delta":{"content":"12345678"}}]}\n\n'
    exchange, _, error = play([event, event], settings=settings)
    assert (error.kind, exchange.answer.text) == ("too_large", "12345678")
    assert "longer than 10 bytes of text" in str(error)


@pytest.mark.parametrize(
    "keep_alive", [b"data:    \n\n", b"data:  : waiting\n\n", b"data:\n\n", b"data: : waiting\n\n"]
)
def test_white_space_around_a_keep_alive_does_not_matter(keep_alive):
    """A payload that is blank, or begins with a colon, is no broken chunk."""
    chunk = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
    exchange, _, error = play([keep_alive, chunk, keep_alive, b"data: [DONE]\n\n"])
    assert (exchange.answer.text, error) == ("Hi", None)


def test_keep_alives_alone_are_no_progress():
    """Comments without text end the call once `progress_seconds` have gone by."""
    times = iter(range(0, 1_000, 50))
    _, _, error = play([b": keep-alive\n\n"] * 5, clock=lambda: next(times))
    assert isinstance(error, ReadTimeoutError)
    assert error.kind == "idle_timeout"
    assert "sent no text for 120 s (progress_seconds)" in str(error)


def test_alike_chunks_add_up_as_if_each_was_parsed():
    """Text that comes in chunks like each other, with others between them, is whole, and so is the raw answer."""
    texts = ["a", "b", "c", "\n", "d", "e", "f", '"', "g"]
    chunks = [{"id": "x", "at": 1, "choices": [{"delta": {"content": text}}]} for text in texts]
    chunks[4] = {**chunks[4], "at": 2}
    exchange, deltas, error = play(
        [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n"]
    )
    assert error is None
    assert [delta.raw for delta in deltas] == chunks
    assert exchange.answer.text == "".join(texts)
    assert exchange.raw()["at"] == 1


def test_alike_chunks_are_bounded_too():
    """The text of an answer has its limit, whether its chunks are parsed or not."""
    settings = Settings(base_url="https://gateway.test", max_answer_bytes=30)
    event = b'data: {"choices":[{"delta":{"content":"12345678"}}]}\n\n'
    exchange, _, error = play([event] * 9, settings=settings)
    assert (error.kind, exchange.answer.text) == ("too_large", "12345678" * 3)


def test_the_bound_of_an_answer_counts_bytes():
    """Letters beyond ASCII count as the bytes they take, whether their chunks are parsed or not."""
    settings = Settings(base_url="https://gateway.test", max_answer_bytes=30)
    event = 'data: {"choices":[{"delta":{"content":"äöüß"}}]}\n\n'.encode()
    exchange, _, error = play([event] * 9, settings=settings)
    assert (error.kind, exchange.answer.text) == ("too_large", "äöüß" * 3)


def test_alike_chunks_are_progress():
    """Text that is not parsed puts off the end for want of text, and nothing but text does."""
    event, alive = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', b": keep-alive\n\n"
    clock = iter(range(0, 10_000, 20))
    exchange, _, error = play([event] * 30, end="open", clock=lambda: next(clock))
    assert (error, exchange.answer.text) == (None, "Hi" * 30)
    exchange, _, error = play([event] * 5 + [alive] * 20, clock=lambda: next(clock))
    assert (error.kind, exchange.answer.text) == ("idle_timeout", "Hi" * 5)


def test_a_finished_answer_can_still_be_read():
    """What only a growing answer needs is let go; the text and the raw answer are there."""
    event = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
    exchange, _, _ = play([event] * 4 + [b"data: [DONE]\n\n"])
    before = exchange.raw()
    exchange.forget()
    assert (exchange.answer.text, exchange.raw(), exchange.answer.reasoning) == ("Hi" * 4, before, "")


def test_a_key_spelled_by_the_model_is_hidden():
    """A key that arrives in pieces is masked in the deltas and in the text."""
    key = Secret("sk-canary-0123456789abcdef")
    said = "The key is " + key.reveal() + ", right?"
    body = "".join(
        f"data: {json.dumps({'choices': [{'delta': {'content': said[place : place + 3]}}]})}\n\n"
        for place in range(0, len(said), 3)
    )
    exchange, deltas, error = play([(body + "data: [DONE]\n\n").encode()], key=key)
    assert error is None
    text = exchange.answer.text
    assert text == "".join(delta.text for delta in deltas)
    assert (MASK in text, key.reveal()[3:15] in text, text.endswith(", right?")) == (True, False, True)


def test_unknown_fields_are_kept_in_raw():
    """What this package does not know stays readable: top level, choice and message."""
    chunks = [
        {"id": "g", "provider": "P", "choices": [{"index": 0, "delta": {"content": "H", "annotations": [1]}}]},
        {
            "id": "g",
            "x": 1,
            "choices": [{"delta": {"content": "i", "annotations": [2]}, "native_finish_reason": "eos"}],
        },
    ]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    exchange, _, _ = play([body.encode()])
    raw = exchange.answer.raw()
    assert (raw["provider"], raw["x"]) == ("P", 1)
    assert raw["choices"][0]["native_finish_reason"] == "eos"
    assert raw["choices"][0]["message"] == {"role": "assistant", "content": "Hi", "annotations": [1, 2]}
