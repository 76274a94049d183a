"""Deltas add up to one answer."""

import json

from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.accumulator import Accumulator
from toprouter_nb.usage import Usage
from toprouter_nb.wire.answer import Delta, decode_chunk


def added(*chunks):
    """Return the accumulator of some chunks."""
    answer = Accumulator()
    for chunk in chunks:
        for delta in decode_chunk(chunk):
            answer.add(delta)
    return answer


def test_repeated_deltas_are_all_kept():
    """Equal pieces are pieces of the text, not repetitions of a message."""
    answer = added(*[{"choices": [{"delta": {"content": "ha"}}]}] * 3)
    assert (answer.text, answer.has_delivered) == ("hahaha", True)


def test_nothing_that_matters_is_no_delivery():
    """A role, a usage or an empty text may be repeated by another attempt; a tool call may not."""
    answer = added({"choices": [{"delta": {"role": "assistant", "content": ""}}]}, {"usage": {"prompt_tokens": 1}})
    assert (answer.has_delivered, answer.has_begun) == (False, True)
    assert added({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c"}]}}]}).has_delivered


def test_arguments_that_come_as_an_object_are_kept_as_its_json():
    """Some servers send the arguments of a tool call whole, and not as the text they are in the format."""
    piece = {"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": [1, "é"]}}}
    call = added({"choices": [{"message": {"tool_calls": [piece]}}]}).raw()["choices"][0]["message"]["tool_calls"][0]
    assert json.loads(call["function"]["arguments"]) == {"x": [1, "é"]}


def test_tool_calls_grow_and_stay_apart():
    """Arguments are joined by index, names and ids kept, also where calls are interleaved."""
    pieces = [
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x"'}},
        {"index": 1, "id": "b", "function": {"name": "g", "arguments": "{"}},
        {"index": 0, "function": {"arguments": ":1}"}},
        {"index": 1, "function": {"arguments": "}"}},
        "no call",
    ]
    answer = added(*({"choices": [{"delta": {"tool_calls": [piece]}}]} for piece in pieces))
    assert answer.raw()["choices"][0]["message"]["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


def test_the_last_usage_and_the_last_reason_win():
    """Later reports replace earlier ones, null and empty ones do not."""
    answer = added(
        {"choices": [{"delta": {}, "finish_reason": "length"}], "usage": {"prompt_tokens": 1}},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 2}},
        {"choices": [{"delta": {}, "finish_reason": ""}], "usage": None},
    )
    assert (answer.finish_reason, answer.usage) == ("stop", Usage(prompt_tokens=2))


def test_the_raw_answer_has_the_shape_of_a_plain_one():
    """A streamed answer reads like one that came whole, with every choice."""
    answer = added(
        {"id": "g", "model": "m", "choices": [{"index": 1, "delta": {"content": "x"}}]},
        {"id": "g", "model": "m", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]},
    )
    raw = answer.raw()
    assert (raw["id"], raw["model"], raw["object"]) == ("g", "m", "chat.completion")
    assert [choice["message"]["content"] for choice in raw["choices"]] == ["a", "x"]
    assert [choice["finish_reason"] for choice in raw["choices"]] == ["stop", None]


@given(st.lists(st.text(st.characters())))
def test_a_text_can_be_read_while_it_grows(texts):
    """At any moment the text and the reasoning are all that came so far, whatever characters it holds."""
    answer = Accumulator()
    for count, text in enumerate(texts, start=1):
        answer.add(Delta(text, text[::-1]))
        assert answer.text == "".join(texts[:count])
        assert answer.reasoning == "".join(one[::-1] for one in texts[:count])


def test_those_who_read_a_text_share_it():
    """A long answer is kept once, though the reply, its turn and its raw form all hold it."""
    answer = added(
        {"choices": [{"delta": {"content": "long " * 100}}]}, {"choices": [{"delta": {"content": "answer"}}]}
    )
    assert answer.raw()["choices"][0]["message"]["content"] is answer.text


def test_what_a_finished_answer_keeps_has_passed_what_hides_the_key():
    """Texts that were joined from pieces here, and are searched by nobody before, are kept as they may be shown."""
    answer = Accumulator()
    for part in ("sec", "ret"):
        said = {"tool_calls": [{"index": 0, "function": {"arguments": part}}], "refusal": part}
        answer.add(*decode_chunk({"choices": [{"delta": said}]}))
    answer.finish(lambda text: text.replace("secret", "***"))
    said = answer.raw()["choices"][0]["message"]
    assert (said["refusal"], said["tool_calls"][0]["function"]["arguments"]) == ("***", "***")
