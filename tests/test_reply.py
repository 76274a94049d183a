"""Deltas add up to one answer, and a reply tells what is known of it and nothing more."""

import pickle

import pytest

from toprouter_nb.errors import StreamTruncatedError
from toprouter_nb.reply import Accumulator, Reply, assistant_turn
from toprouter_nb.usage import Usage
from toprouter_nb.wire.answer import decode_chunk


def reply_of(text="Paris.", **changes):
    """Return a reply with usual facts."""
    facts = {"usage": Usage(3, 4, 7), "cost_usd": None, "finish_reason": "stop", "requested_model": "any/model"}
    facts |= {"served_model": None, "id": None, "seconds": 3.0, "first_token_seconds": 1.0, "is_partial": False}
    facts |= {"attempts": 1, "reasoning": "", "raw": {}}
    return Reply(text=text, turn=assistant_turn(text, is_partial=False), **facts | changes)


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


def test_speed_counts_from_the_first_token():
    """Waiting for the model is not part of its speed; without a first token there is none."""
    assert reply_of().tokens_per_second == 2.0
    assert reply_of(first_token_seconds=None).tokens_per_second is None
    assert reply_of(usage=Usage()).tokens_per_second is None
    assert reply_of(first_token_seconds=3.0).tokens_per_second is None


def test_plain_views_show_control_bytes_escaped():
    """Text that would act on a terminal is escaped in reprs, and untouched in the data."""
    reply = reply_of("red\x1b[31m\u202eevil")
    assert reply.text == "red\x1b[31m\u202eevil"
    shown = repr(reply) + reply._repr_mimebundle_()["text/plain"]
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31m" in shown


def test_rich_views_are_html_and_plain_text():
    """A notebook gets both, safe, with the facts in the footer; no `text/markdown` of a model's text."""
    bundle = reply_of("**bold** <script>alert(1)</script>")._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "<strong>bold</strong>" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "any/model" in bundle["text/html"]


def test_a_reply_shown_in_this_cell_is_not_echoed():
    """The echo of the cell stays silent once it has been streamed there, and only there."""
    here = [True]
    reply = reply_of()
    with pytest.raises(NotImplementedError):
        reply._ipython_display_()
    reply.mark_shown(lambda: here[0])
    assert reply._ipython_display_() is None
    here[0] = False
    with pytest.raises(NotImplementedError):
        reply._ipython_display_()


def test_a_reply_can_be_pickled_also_on_an_error():
    """What a worker process found out comes back whole, wherever it was shown."""
    reply = reply_of()
    reply.mark_shown(lambda: True)
    error = pickle.loads(pickle.dumps(StreamTruncatedError("cut", partial=reply)))
    assert (error.partial.text, error.partial.usage) == ("Paris.", Usage(3, 4, 7))
