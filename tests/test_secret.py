"""A key is shown nowhere, and text that repeats it is masked, in one piece or streamed."""

import copy
import io
import json
import pickle
import pprint
import string
import traceback
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toprouter_nb.secret import MASK, Secret, StreamMask, _Pieces

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"


def _show_logged(secret):
    return f"{secret}|{secret!r}|{secret!s}|{pprint.pformat({'key': secret})}|{[secret]}"


def _show_traceback(secret):
    try:
        int(secret)
    except TypeError as error:
        lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    return "".join(lines)


@pytest.mark.parametrize(
    "show",
    [
        _show_logged,
        _show_traceback,
        lambda secret: str([getattr(secret, name) for name in dir(secret) if name.startswith("_r")]),
        lambda secret: json.dumps({"key": secret}, default=str),
        lambda secret: repr(pickle.dumps(secret)),
        lambda secret: repr(copy.deepcopy({"key": secret})),
        lambda secret: repr(StreamMask(secret)) + _slots_of(StreamMask(secret)) + _slots_of(_Pieces(secret.reveal())),
    ],
)
def test_the_key_is_shown_nowhere(show):
    """No way of showing the object, its attributes, its copies or a traceback with locals has a piece of the key."""
    shown = show(Secret(KEY))
    assert not [KEY[start : start + 6] for start in range(len(KEY) - 5) if KEY[start : start + 6] in shown]


def test_json_refuses_a_secret():
    """A secret that gets into JSON by accident is an error, not a leak."""
    with pytest.raises(TypeError, match="Secret is not JSON serializable"):
        json.dump({"key": Secret(KEY)}, io.StringIO())


def test_copies_keep_it_and_pickles_do_not():
    """Inside the process a copy is as good as the original; what is stored or sent is empty."""
    secret = Secret(KEY)
    assert copy.copy(secret).reveal() == copy.deepcopy([secret])[0].reveal() == KEY
    assert pickle.loads(pickle.dumps(secret)).reveal() == ""


def test_secrets_compare_by_value_with_secrets_only():
    """Two secrets of one value are equal and hash alike; a secret is never equal to a text."""
    assert (Secret(KEY), hash(Secret(KEY))) == (Secret(KEY), hash(Secret(KEY)))
    assert Secret(KEY) != Secret("other")
    assert Secret(KEY) != KEY
    assert (bool(Secret()), bool(Secret(KEY)), repr(Secret())) == (False, True, "Secret('')")


def test_last_characters_are_four_of_a_long_key():
    """People may see four characters to tell keys apart, unless the key is too short to spare them."""
    assert Secret(KEY).last_characters() == "cdef"
    assert Secret(KEY[-24:]).last_characters() == "cdef"
    assert Secret(KEY[-23:]).last_characters() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Incorrect API key provided: {KEY}.", f"Incorrect API key provided: {MASK}."),
        (f"{KEY[:20]}...{KEY[-12:]}", f"{MASK}...{MASK}"),
        (f"{KEY[:11]}", KEY[:11]),
        (f"{KEY}{KEY}", f"{MASK}{MASK}"),
        ("another sk-proj-ABCDEFGHIJKLMNOP1234 here", f"another {MASK} here"),
        ("gsk_ABCDEFGHIJKLMNOP AIzaABCDEFGHIJKLMNOP hf_ABCDEFGHIJKLMNOP", f"{MASK} {MASK} {MASK}"),
        ("Authorization: Bearer eyJhbGciOi.J9.abc", f"Authorization: Bearer {MASK}"),
        ("read-or-write-operations-now, task-sk-like", "read-or-write-operations-now, task-sk-like"),
        ("nothing to hide", "nothing to hide"),
        ("", ""),
    ],
)
def test_text_of_others_is_masked(text, shown):
    """The key, its pieces of twelve characters or more, and other key-like words are hidden; ordinary words stay."""
    assert Secret(KEY).mask(text) == shown


def test_short_keys_are_masked_whole_or_not_at_all():
    """A key of six to eleven characters is hidden as a whole; a shorter one would eat ordinary words."""
    assert Secret("tr-123").mask("tr-123 tr-12") == f"{MASK} tr-12"
    assert Secret("test").mask("a test") == "a test"
    assert Secret().mask("a test") == "a test"


@st.composite
def _key_and_text(draw):
    """Draw a key of few letters, and a text that often holds pieces of it."""
    value = draw(st.text("abc", max_size=30))
    pieces = ["a", "b", "c", "x", value, value[:14], value[5:], value[3:17]]
    return value, "".join(draw(st.lists(st.sampled_from(pieces), max_size=12)))


@given(_key_and_text())
def test_masking_equals_its_definition(drawn):
    """Masked text is what the plain definition gives, and holds no piece of twelve characters of the key."""
    value, text = drawn
    shown = Secret(value).mask(text)
    assert shown == _mask_plainly(text, value, passing=0)
    assert not [start for start in range(len(value) - 11) if value[start : start + 12] in shown]


@settings(max_examples=400)
@given(_key_and_text(), st.lists(st.integers(0, 200), max_size=20))
def test_streamed_text_is_masked_whatever_the_cut(drawn, places):
    """Deltas joined equal the masked whole text, but for three characters before each mask; no piece gets out."""
    value, text = drawn
    mask = StreamMask(Secret(value))
    deltas = [text[start:end] for start, end in pairwise([0, *sorted(places), len(text)])]
    shown = "".join(mask.feed(delta) for delta in deltas) + mask.flush()
    assert shown == _mask_plainly(text, value, passing=3)
    assert not [start for start in range(len(value) - 11) if value[start : start + 12] in shown]


def test_ordinary_deltas_pass_as_they_come():
    """Deltas whose end is no piece of the key are handed out whole at once."""
    mask = StreamMask(Secret(KEY))
    deltas = [
        "Hello",
        " world",
        ",",
        " this",
        " is",
        " a",
        " long sentence, longer than any piece",
        ".",
        "\n\n",
        "",
        "x",
    ]
    assert [mask.feed(delta) for delta in deltas] == deltas
    assert mask.flush() == ""


def test_the_end_of_a_key_alone_is_not_waited_for():
    """Where too little of the key follows for a piece, nothing is held back."""
    mask = StreamMask(Secret("canary-0123456789-ending"))
    assert [mask.feed(text) for text in ("an endin", "6789-endin", " and 56789-ending")] == [
        "an endin",
        "6789-endin",
        f" and 567{MASK}",
    ]


def test_a_key_spelled_slowly_never_gets_out():
    """A key that comes character by character is replaced while it comes; what only looked like it is given back."""
    mask = StreamMask(Secret(KEY))
    assert "".join(mask.feed(character) for character in f"It is {KEY}!") + mask.flush() == f"It is sk-{MASK}!"
    mask = StreamMask(Secret(KEY))
    assert [mask.feed(text) for text in ("It is sk-or-v1", "-0", "!")] == ["It is sk-", "", "or-v1-0!"]
    assert (mask.feed("sk-or-v1"), mask.flush(), mask.flush()) == ("sk-", "or-v1", "")


@pytest.mark.parametrize(
    ("deltas", "shown"),
    [
        (("", KEY, "!"), f"sk-{MASK}!"),
        ((" sk-", "or-v1-012", "!"), f" sk-{MASK}!"),
        ((" sk-", "or-v1-01", "!"), " sk-or-v1-01!"),
        ((KEY[:20], "", KEY[20:], KEY), f"sk-{MASK}sk-{MASK}"),
        ((KEY, KEY[3:15], "."), f"sk-{MASK}or-{MASK}."),
        (("It is " + KEY, "! And more."), f"It is sk-{MASK}! And more."),
    ],
)
def test_every_piece_of_a_key_gets_its_mask(deltas, shown):
    """Twelve characters are hidden and eleven are not, also behind an empty delta or another piece of the key."""
    mask = StreamMask(Secret(KEY))
    assert "".join(map(mask.feed, deltas)) + mask.flush() == shown


@pytest.mark.parametrize("length", range(12, 40))
def test_each_piece_of_twelve_is_hidden_and_none_of_eleven(length):
    """Wherever it stands in a key of whatever length: as a whole text, and character by character."""
    secret = Secret(string.ascii_letters[:length])
    for size, hidden, streamed in ((12, lambda _: MASK, lambda piece: piece[:3] + MASK), (11, str, str)):
        for start in range(length - size + 1):
            piece, mask = secret.reveal()[start : start + size], StreamMask(secret)
            assert secret.mask(piece) == hidden(piece)
            assert "".join(map(mask.feed, piece)) + mask.flush() == streamed(piece)


def test_a_flushed_mask_begins_anew():
    """Nothing of the text before stays behind: the next one is hidden, and given back, as the first."""
    mask = StreamMask(Secret(KEY))
    for _ in range(2):
        assert (mask.feed(KEY), mask.flush()) == (f"sk-{MASK}", "")
        assert (mask.feed("sk-or"), mask.flush()) == ("sk-", "or")


def test_the_mask_says_what_it_stands_for():
    """A person who meets it knows that something was hidden, and what."""
    assert Secret(KEY).mask(KEY) == "[key hidden]"
    assert repr(Secret(KEY)) == "Secret('[key hidden]')"


@given(_key_and_text())
def test_the_quick_look_never_denies_a_piece(drawn):
    """Where something would be hidden, the holder says that it may be; without any letter of the key it denies."""
    value, text = drawn
    may_hold = Secret(value).holder()
    assert may_hold(text) is True or Secret(value).hide(text) == text
    assert may_hold("x" * 30) is False


def test_a_short_key_masks_no_stream():
    """A key of less than six characters holds nothing back."""
    mask = StreamMask(Secret("test"))
    assert [mask.feed(text) for text in ("te", "st", " tes", "t")] == ["te", "st", " tes", "t"]
    assert mask.flush() == ""


def _slots_of(thing):
    return str([getattr(thing, name) for name in type(thing).__slots__])


def _mask_plainly(text, value, *, passing):
    """Hide, from the left, each longest run that is a piece of the value and long enough; the plain definition."""
    least = min(12, len(value))
    shown, start = "", 0
    while start < len(text):
        end = start
        while end < len(text) and text[start : end + 1] in value:
            end += 1
        is_hidden = len(value) >= 6 and end - start >= least
        shown += text[start : start + passing] + MASK if is_hidden else text[start]
        start = end if is_hidden else start + 1
    return shown
