"""A screen joins halves of characters and hides the key wherever an answer repeats it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.errors import MalformedChunkError
from toprouter_nb.screen import Screen
from toprouter_nb.secret import MASK, Secret

KEY = "sk-canary/0123456789abcdef"


def chunk(text, index=0, **fields):
    """Return a chunk with a text."""
    return {"id": "g", "choices": [{"index": index, "delta": {"content": text}, **fields}]}


def read(screen, value, encoding=None):
    """Have a screen read a value, as text or as bytes; return its deltas passed on."""
    payload = json.dumps(value)
    return [screen.pass_on(delta) for delta in screen.read(payload.encode(encoding) if encoding else payload, value)]


def test_what_holds_no_key_passes_as_it_is():
    """The raw chunk is as it came, and so is the text, in the end."""
    screen = Screen(Secret(KEY))
    for text in ("Hello", " world", "\n", "sk-canary", ""):
        value = chunk(text)
        (delta,) = read(screen, value)
        assert delta.raw == value
    assert "".join(delta.text for delta in screen.flush()) == "canary"


@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-16", "utf-32-be"])
def test_the_key_is_hidden_in_every_field(encoding):
    """Names and values at any depth, the finish reason and tool calls: none holds a piece of the key."""
    call = {"id": KEY, "function": {"name": "f", "arguments": f'{{"key": "{KEY}"}}'}}
    value = {
        "id": KEY,
        KEY: [{"x": {KEY[:14]: 1}}],
        "choices": [{"delta": {"tool_calls": [call]}, "finish_reason": KEY}],
    }
    (delta,) = read(Screen(Secret(KEY)), value, encoding)
    assert (delta.finish_reason, delta.tool_calls[0]["id"], delta.raw["id"]) == (MASK, MASK, MASK)
    assert delta.raw[MASK] == [{"x": {MASK: 1}}]
    assert KEY[:12] not in repr(delta)


def test_a_payload_like_the_last_one_is_searched_too():
    """The quick way for deltas that differ in their text only lets no key through, in text or around it."""
    screen = Screen(Secret(KEY))
    seen = [read(screen, chunk(text))[0] for text in ("Hello", " you", f" {KEY} ", "on")]
    seen += [read(screen, chunk("on", x=KEY))[0], read(screen, chunk("on"))[0]]
    assert KEY[:12] not in repr(seen)
    assert [delta.raw["choices"][0]["delta"]["content"] for delta in seen] == [
        "Hello",
        " you",
        f" {MASK} ",
        *["on"] * 3,
    ]


def test_what_differs_in_its_text_only_is_read_without_parsing():
    """From the third alike on; the delta is the one that parsing gives, with its text as far as it may be shown."""
    screen = Screen(Secret(KEY))
    for text in ("Hello", " you"):
        assert screen.read_alike(json.dumps(chunk(text))) is None
        read(screen, chunk(text))
    assert screen.read_alike(json.dumps(chunk(" there"))) == (" there", "", (), None, None, 0, chunk(" there"))
    for other in (chunk("on", x=1), chunk("\n"), chunk("on", index=1), {"choices": []}):
        assert screen.read_alike(json.dumps(other)) is None
    assert screen.read_alike(json.dumps(chunk("on"))).text == "on"


def test_a_key_in_texts_that_are_not_parsed_is_hidden():
    """Whole in one, or over several, the key is hidden in the texts; a piece of it also in the chunks."""
    screen = Screen(Secret(KEY))
    for text in ("Hello", " you"):
        read(screen, chunk(text))
    deltas = [screen.read_alike(json.dumps(chunk(text))) for text in ("It is ", KEY, " or ", KEY[:9], KEY[9:], ".")]
    text = "".join(delta.text for delta in [*deltas, *screen.flush()])
    assert text.count(MASK) == 2
    assert KEY[3:15] not in text
    assert KEY[:12] not in repr([delta.raw for delta in deltas])


def test_a_stream_whose_chunks_are_never_alike_costs_no_trials_for_ever():
    """Where all that could be learnt was wrong so many times in a row, nothing more is learnt."""
    screen = Screen(Secret(KEY))
    for number in range(40):
        for _ in range(2):
            read(screen, {**chunk("on"), "number": number})
    assert screen.read_alike(json.dumps({**chunk("on"), "number": 39})) is None


def test_letters_and_slashes_may_be_escaped():
    """JSON has more than one way to spell a key."""
    for payload in (
        json.dumps(chunk("x", y=KEY)).replace("/", "\\/"),
        json.dumps(chunk("x", y=KEY)).replace("sk-canary", "\\u0073\\u006b-c\\u0061n\\u0061ry"),
        json.dumps(chunk("x", y=KEY)).replace("0123", "\\u0030123").replace("abc", "\\u0061\\u0062\\u0063"),
    ):
        (delta,) = Screen(Secret(KEY)).read(payload, json.loads(payload))
        assert delta.raw["choices"][0]["y"] == MASK


def test_each_choice_is_a_run_of_its_own():
    """Texts of several choices that take turns are joined and masked apart from each other."""
    screen = Screen(Secret(KEY))
    texts = {0: "", 1: ""}
    pieces = [KEY[place : place + 3] for place in range(0, len(KEY), 3)]
    for piece in [*pieces, "!", "\ud83d", "\ude00"]:
        for index in texts:
            (delta,) = read(screen, chunk(piece, index))
            texts[delta.index] += delta.text
    for delta in screen.flush():
        texts[delta.index] += delta.text
    assert texts == {0: f"sk-{MASK}!\U0001f600", 1: f"sk-{MASK}!\U0001f600"}


def test_halves_that_are_left_alone_are_replaced():
    """A character's half without the other is shown as one that is missing, at the end too."""
    screen = Screen(Secret())
    assert [read(screen, chunk(text))[0].text for text in ("a\ud83d", "b\ude00c", "\ud83d")] == [
        "a",
        "\ufffdb\ufffdc",
        "",
    ]
    assert [delta.text for delta in screen.flush()] == ["\ufffd"]


def test_what_lies_too_deep_is_hidden_as_a_whole():
    """No depth of nesting is a way around the mask, or breaks it."""
    value = KEY
    for _ in range(500):
        value = [value]
    hidden = Screen(Secret(KEY)).hide({"deep": value, "flat": f"a {KEY}"})
    assert hidden["flat"] == f"a {MASK}"
    assert KEY[:12] not in repr(hidden)


def test_without_a_key_nothing_is_searched():
    """The empty key hides nothing."""
    value = chunk(KEY, x=KEY)
    (delta,) = read(Screen(Secret()), value)
    assert (delta.raw, delta.text) == (value, KEY)


def test_what_is_no_chunk_is_refused():
    """The refusal is the decoder's own."""
    with pytest.raises(MalformedChunkError):
        Screen(Secret(KEY)).read('{"choices": [1]}', {"choices": [1]})


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from(["", "a", KEY, KEY[:12], f"x{KEY[5:]}y"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", KEY]), children),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "model", "x", KEY]), JSON), st.booleans())
def test_no_piece_of_the_key_is_in_what_is_read(value, ensure_ascii):
    """Whatever a chunk holds, what comes out holds no piece of the key, and the rest is the same."""
    payload = json.dumps(value, ensure_ascii=ensure_ascii)
    (delta,) = Screen(Secret(KEY)).read(payload, value)
    assert delta.raw == json.loads(Secret(KEY).hide(payload))
