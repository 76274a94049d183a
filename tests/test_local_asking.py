"""A chat request is checked field by field before any model sees it."""

import json

import pytest

from toprouter_nb.local.asking import Message, decode_ask
from toprouter_nb.local.refusal import Refusal

USER = {"role": "user", "content": "Hi"}
GOOD = {"model": "local/smollm2-135m", "messages": [USER]}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": {"type": "object"}}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}
BARE_IMAGE = {"type": "image_url", "image_url": "https://example.com/image.jpg"}
DEEP = {"type": "array"}
for _ in range(30):
    DEEP = {"type": "array", "items": DEEP}


def by_schema(schema):
    """Return the change that asks for answers of a schema."""
    return {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}


def decode(**changes):
    """Decode a good request with changes; a value of None is sent as null."""
    return decode_ask(json.dumps(GOOD | changes).encode())


def refusal(body):
    """Return the refusal of a body."""
    with pytest.raises(Refusal) as caught:
        decode_ask(body)
    assert caught.value.status == 400
    return caught.value


def test_messages_become_values():
    """Text parts are joined by line breaks, image addresses are kept apart, null of the assistant is nothing."""
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "data:,", "detail": "low"}},
        {"type": "text", "text": "b"},
    ]
    messages = [
        {"role": "system", "content": "Be brief.", "name": "ignored"},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None},
    ]
    assert decode(messages=messages).messages == (
        Message("system", "Be brief."),
        Message("user", "a\nb", ("data:,",)),
        Message("assistant", ""),
    )


def test_options_pass_under_the_engines_names():
    """What is given is passed on, null is not given, and fields of the engine's own never get through."""
    ask = decode(
        temperature=0.5,
        top_p=1,
        top_k=40,
        min_p=0.05,
        frequency_penalty=-2,
        presence_penalty=2,
        max_completion_tokens=9,
        max_tokens=None,
        seed=-1,
        stop="x",
        n=1,
        user="me",
        logit_bias={"12": -100},
        logprobs=True,
        top_logprobs=3,
        response_format=SCHEMA,
        tools=[],
        grammar="root ::= x",
        cache_prompt=True,
        id_slot=1,
        lora=[],
        return_progress=False,
    )
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
    assert ask.options == {
        "temperature": 0.5,
        "top_p": 1,
        "min_p": 0.05,
        "frequency_penalty": -2,
        "presence_penalty": 2,
        "max_tokens": 9,
        "top_k": 40,
        "seed": 4294967294,
        "stop": ["x"],
        "logprobs": True,
        "top_logprobs": 3,
        "logit_bias": {"12": -100},
        "response_format": schema,
    }


def test_stream_fields_are_read():
    """The fields stream and stream_options decide how the answer comes."""
    ask = decode(stream=True, stream_options={"include_usage": True})
    assert (ask.is_stream, ask.wants_usage) == (True, True)
    assert (decode(stream=None).is_stream, decode().wants_usage) == (False, False)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe{}",
        b'{"model": "local/ocr", "messages": [], "temperature": NaN}',
        b'{"model": "local/ocr", "seed": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_json_object_is_refused(body):
    """Broken, nested without end, not UTF-8, not an object, NaN: a 400 that says so."""
    assert "JSON" in refusal(body).message


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"model": 5}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": {"role": "user"}}, "messages"),
        ({"messages": ["Hi"]}, "messages[0]"),
        ({"messages": [USER, None]}, "messages[1]"),
        ({"messages": [{"content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": ["user"], "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["Hi"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [BARE_IMAGE]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [AUDIO]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages[0].content"),
        ({"messages": [USER] * 10_001}, "messages"),
        ({"stream": "yes"}, "stream"),
        ({"stream": 1}, "stream"),
        ({"stream_options": []}, "stream_options"),
        ({"stream_options": {"include_usage": "yes"}}, "stream_options"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": 10**400}, "temperature"),
        ({"top_p": 1.01}, "top_p"),
        ({"top_p": -1}, "top_p"),
        ({"frequency_penalty": 2.5}, "frequency_penalty"),
        ({"presence_penalty": -2.5}, "presence_penalty"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"seed": "x"}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"stop": ""}, "stop"),
        ({"stop": ["a", ""]}, "stop"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": 5}, "stop"),
        ({"stop": ["\udfff"]}, "stop"),
        ({"n": 2}, "n"),
        ({"n": 0}, "n"),
        ({"n": True}, "n"),
        ({"logprobs": 1}, "logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logit_bias": [1]}, "logit_bias"),
        ({"logit_bias": {"x": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        (by_schema(5), "response_format"),
        (by_schema(DEEP), "response_format"),
        (by_schema({"enum": [*range(600)]}), "response_format"),
        (by_schema({"const": "x" * 20_000}), "response_format"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"functions": [{}]}, "functions"),
    ],
)  # fmt: skip
def test_wrong_fields_are_refused_by_name(changes, param):
    """A field that is missing, of the wrong type or out of range is a 400 whose param names it."""
    caught = refusal(json.dumps(GOOD | changes).encode())
    assert caught.param == param
    assert caught.message.endswith((".", "…"))


def test_messages_of_refusals_are_whole():
    """A refusal says what was wrong and what is allowed, and repeats what was sent only in a safe form."""
    body = json.dumps(GOOD | {"messages": [{"role": "wiz\x1b[31m", "content": "x"}]}).encode()
    assert refusal(body).message == r"messages[0].role must be 'system', 'user' or 'assistant', not 'wiz\x1b[31m'."
    assert refusal(json.dumps(GOOD | {"top_p": 3}).encode()).message == "top_p must be a number from 0 to 1."
