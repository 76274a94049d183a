"""What comes back is read leniently: whatever a server leaves out, nulls or spells otherwise, what is there counts."""

from decimal import Decimal

import pytest

from toprouter_nb.errors import MalformedChunkError
from toprouter_nb.usage import Usage
from toprouter_nb.wire.answer import Delta, decode_chunk, decode_usage, parse_object

DEEP = []
for _ in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("chunk", "delta"),
    [
        ({"choices": [{"delta": {"content": "Hi"}}]}, Delta("Hi")),
        ({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}, Delta("Hi", finish_reason="stop")),
        ({"choices": [{"delta": {"content": None}}]}, Delta()),
        ({"choices": [{"delta": None, "finish_reason": ""}]}, Delta()),
        ({"choices": [{}]}, Delta()),
        ({"choices": []}, Delta()),
        ({"choices": None}, Delta()),
        ({"type": "ping"}, Delta()),
        ({"choices": [{"delta": {"content": [{"type": "text", "text": "a"}, "b", {"x": 1}]}}]}, Delta("ab")),
        ({"choices": [{"delta": {"content": {"type": "text", "text": "a"}}}]}, Delta("a")),
        ({"choices": [{"delta": {"content": True}}]}, Delta()),
        ({"choices": [{"delta": {"reasoning_details": [{"summary": "s"}, {"text": "t"}]}}]}, Delta(reasoning="st")),
        ({"choices": [{"delta": {"reasoning": "r"}}]}, Delta(reasoning="r")),
        ({"choices": [{"delta": {"reasoning_content": "r"}}]}, Delta(reasoning="r")),
        (
            {"choices": [{"delta": {"reasoning_details": [{"type": "reasoning.text", "text": "r"}]}}]},
            Delta(reasoning="r"),
        ),
        ({"choices": [{"delta": {"reasoning_details": [{"type": "reasoning.encrypted", "data": "r"}]}}]}, Delta()),
        (
            {"choices": [{"delta": {"function_call": {"name": "f", "arguments": "{"}}}]},
            Delta(tool_calls=({"index": 0, "function": {"name": "f", "arguments": "{"}},)),
        ),
        ({"choices": [{"text": "Hi", "finish_reason": "stop"}]}, Delta("Hi", finish_reason="stop")),
        ({"choices": [{"delta": {"content": ""}, "text": "no"}]}, Delta()),
        ({"choices": [{"index": 1, "delta": {"content": "x"}}]}, Delta("x", index=1)),
        ({"choices": [{"index": "one", "delta": {"content": "x"}}]}, Delta("x")),
        ({"choices": [{"index": 10**400, "delta": {"content": "x"}}]}, Delta("x")),
        ({"choices": [{"delta": {"reasoning": 5, "tool_calls": [{"id": "c"}]}}]}, Delta(tool_calls=({"id": "c"},))),
        ({"choices": [], "usage": {"prompt_tokens": 1}}, Delta(usage=Usage(prompt_tokens=1))),
        ({"choices": [{"delta": {"content": 5}}]}, Delta("5")),
    ],
)
def test_a_chunk_is_read_leniently(chunk, delta):
    """Whatever a gateway leaves out, nulls or spells otherwise, what is there is read."""
    assert decode_chunk(chunk) == [delta._replace(raw=chunk)]


@pytest.mark.parametrize("choices", ["x", 3, [3], ["x"], [{"delta": 3}], {"a": 1}])
def test_choices_that_are_none_are_malformed(choices):
    """A chunk whose choices cannot be read is an error, not an empty delta."""
    with pytest.raises(MalformedChunkError):
        decode_chunk({"choices": choices})


def test_json_with_nan_and_surrogates_is_read():
    """What strict parsers refuse and gateways send is accepted."""
    assert parse_object('{"a": NaN, "b": "\\ud83d"}')["b"] == "\ud83d"


@pytest.mark.parametrize("payload", ["[1,2]", "null", "error: engine crashed", "{" * 100_000, b'"\xff', "{} {}"])
def test_no_object_is_malformed_and_shown(payload):
    """The message shows how the payload begins."""
    with pytest.raises(MalformedChunkError) as caught:
        parse_object(payload)
    shown = payload if isinstance(payload, str) else "�"
    assert shown[:100] in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_excerpt_has_two_hundred_characters():
    """A long payload is cut, so that the message stays readable."""
    with pytest.raises(MalformedChunkError) as caught:
        parse_object("x" * 300)
    assert str(caught.value) == f"The server sent something that is no JSON object: {'x' * 199}…"


def test_each_field_of_use_makes_a_delta_worth_handing_out():
    """Text, reasoning, a tool call, a reason or usage each make it so; an index and the raw chunk do not."""
    assert Delta(index=1, raw={"id": "g"}).is_empty is True
    full = [
        Delta("a"),
        Delta(reasoning="a"),
        Delta(tool_calls=({},)),
        Delta(finish_reason="stop"),
        Delta(usage=Usage()),
    ]
    assert [delta.is_empty for delta in full] == [False] * 5


@pytest.mark.parametrize(
    ("reported", "usage"),
    [
        (None, None),
        ("many", None),
        ({}, Usage()),
        ({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}, Usage(3, 2, 5)),
        ({"prompt_tokens": -1, "completion_tokens": "2", "total_tokens": True}, Usage()),
        ({"prompt_tokens": 3.0, "completion_tokens": float("nan")}, Usage(3)),
        (
            {"prompt_tokens_details": {"cached_tokens": 2}, "completion_tokens_details": {"reasoning_tokens": 1}},
            Usage(cached_tokens=2, reasoning_tokens=1),
        ),
        ({"prompt_tokens_details": None, "completion_tokens_details": [1]}, Usage()),
        ({"cost": 0.00014}, Usage(cost_usd=Decimal("0.00014"))),
        ({"cost": "0.1"}, Usage(cost_usd=Decimal("0.1"))),
        ({"cost": -1}, Usage()),
        ({"cost": "free"}, Usage()),
        (
            {"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}},
            Usage(cost_usd=Decimal("0.21")),
        ),
        ({"cost": 0.01, "cost_details": {"upstream_inference_cost": 0.2}}, Usage(cost_usd=Decimal("0.01"))),
        ({"cost": 0.01, "is_byok": True}, Usage()),
        ({"is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}, Usage()),
        (
            {"prompt_tokens": 0, "completion_tokens": 2**53 - 1, "total_tokens": 2**53, "cost": 0},
            Usage(0, 2**53 - 1, cost_usd=Decimal(0)),
        ),
        ({"prompt_tokens": 10**400, "completion_tokens": float("inf"), "total_tokens": 1e300}, Usage()),
        ({"cost": "1e9"}, Usage(cost_usd=Decimal(10**9))),
        ({"cost": "9e999999", "is_byok": True, "cost_details": {"upstream_inference_cost": "9e999999"}}, Usage()),
        ({"cost": "NaN"}, Usage()),
        ({"cost": 10**9 + 1}, Usage()),
        ({"cost": True}, Usage()),
        ({"cost": DEEP}, Usage()),
    ],
)
def test_usage_is_what_was_reported_and_nothing_more(reported, usage):
    """Missing and impossible counts are None, never 0; own-key requests cost both bills."""
    assert decode_usage(reported) == usage
