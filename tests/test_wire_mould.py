"""A mould tells what a payload says without parsing it, or says that it cannot."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.wire.answer import Delta, decode_chunk, parse_object
from toprouter_nb.wire.mould import mould_of

SAID = {"role": "assistant", "content": "Hi", "refusal": None, "tool_calls": []}
CHUNK = {"id": "g", "choices": [{"index": 0, "delta": SAID, "finish_reason": None, "logprobs": {"content": None}}]}
TEXTS = st.text(max_size=8) | st.sampled_from([" you", '"', "\\", "\n", "\u2028", "a\u00a0b", "\0", "\ud83d", '"},{"'])


def mould_from(chunk, text="Hi"):
    """Make the mould of a chunk."""
    before, quoted, after = json.dumps(chunk).partition(f'"{text}"')
    assert quoted
    return mould_of(f'{before}"', f'"{after}', decode_chunk(chunk)[0])


def with_said(**fields):
    """Return a chunk whose delta says something else too."""
    return {**CHUNK, "choices": [{**CHUNK["choices"][0], "delta": {**SAID, **fields}}]}


@given(TEXTS, st.booleans())
def test_what_fits_is_what_parsing_gives(text, ensure_ascii):
    """For any text, a mould gives the delta that the parsed payload has, or nothing."""
    mould = mould_from(CHUNK)
    payload = json.dumps(with_said(content=text), ensure_ascii=ensure_ascii)
    found = mould.text_in(payload)
    assert found in ("", text)
    if found:
        assert mould.delta_with(found) == decode_chunk(parse_object(payload))[0]
    is_plain = text.isprintable() and text.isascii() and '"' not in text and "\\" not in text
    assert bool(found) or not (text and is_plain)


@pytest.mark.parametrize(
    "payload",
    [
        json.dumps(CHUNK)[:-1],
        json.dumps(CHUNK)[1:],
        json.dumps({**CHUNK, "id": "h"}),
        json.dumps({**CHUNK, "usage": None}),
        json.dumps(with_said(content="")),
        json.dumps(with_said(content="a\tb")).replace("\\t", "\t"),
        "",
    ],
)
def test_what_differs_in_more_than_its_text_does_not_fit(payload):
    """Another field, a piece that is missing, no text, a control character: it has to be parsed."""
    assert mould_from(CHUNK).text_in(payload) == ""


@pytest.mark.parametrize(
    "chunk",
    [
        {**CHUNK, "error": {"code": 502}},
        {**CHUNK, "usage": {"prompt_tokens": 1}},
        {**CHUNK, "choices": CHUNK["choices"] * 2},
        {**CHUNK, "choices": [{**CHUNK["choices"][0], "index": 1}]},
        {**CHUNK, "choices": [{**CHUNK["choices"][0], "finish_reason": "stop"}]},
        {**CHUNK, "choices": [{**CHUNK["choices"][0], "error": "no"}]},
        {**CHUNK, "choices": [{"message": SAID}]},
        with_said(refusal="No."),
        with_said(reasoning_details=[{"text": "x"}]),
        with_said(reasoning="Hm"),
        with_said(tool_calls=[{"index": 0}]),
    ],
)
def test_what_says_more_than_a_text_has_no_mould(chunk):
    """Whatever is added up from chunk to chunk, or ends an answer, is read each time."""
    assert mould_from(chunk) is None


@pytest.mark.parametrize(
    "before_and_after",
    [
        ('{"id":"', '","choices":[{"delta":{"content":"Hi"}}]}'),
        ('{"choices":[{"delta":{"content":"', '","content":"Hi"}}]}'),
        ('{"choices":[{"delta":{"content":', "}}]}"),
    ],
)
def test_the_text_must_be_the_one_between(before_and_after):
    """The same letters elsewhere, a name that stands twice, or no JSON: no mould is made of it."""
    chunk = {"id": "Hi", "choices": [{"delta": {"content": "Hi"}}]}
    assert mould_of(*before_and_after, Delta("Hi", raw=chunk)) is None


def test_what_is_nested_very_deeply_has_no_mould():
    """Such a chunk is read as any other, and breaks nothing."""
    deep = []
    for _ in range(800):
        deep = [deep]
    assert mould_of('{"choices":[{"delta":{"content":"', '"}}]}', Delta("Hi", raw={**CHUNK, "x": deep})) is None


def test_deltas_of_a_mould_do_not_share_what_they_say():
    """The chunk of an earlier delta stays as it is."""
    mould = mould_from(CHUNK)
    first, second = mould.delta_with("a"), mould.delta_with("b")
    assert (first.raw, second.raw) == (with_said(content="a"), with_said(content="b"))
    assert CHUNK["choices"][0]["delta"]["content"] == "Hi"
