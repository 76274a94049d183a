"""What plain text views show of text that would act on a screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb.plain import render_plain, shorten

ACTING = [
    *(chr(code) for code in (*range(9), *range(0x0B, 0x20), *range(0x7F, 0xA0))),
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\u206f",
    *"\u3164\ufeff\uffa0\ufff9\ufffb\U0001d173\U000e0001\U000e0041\U000e007f\ud800\udfff",
]


@pytest.mark.parametrize("character", ACTING, ids=ascii)
def test_an_acting_character_is_shown_as_its_escape(character):
    """Controls, bidirectional marks, zero-width, blank and tag characters and lone surrogates never pass, anywhere."""
    escape = character.encode("unicode_escape").decode()
    escape = {"\\r": "\\x0d"}.get(escape, escape)
    for before, after in (("a", "b"), ("", ""), ("\u4e00", "\u4e01")):
        assert render_plain(before + character + after) == before + escape + after


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b]8;;http://evil.test\x1b\\click\x1b]8;;\x1b\\", "\\x1b]8;;http://evil.test\\x1b\\click\\x1b]8;;\\x1b\\"),
        ("\x1b]52;c;AAAA\x07", "\\x1b]52;c;AAAA\\x07"),
        ("\x9b31mred", "\\x9b31mred"),
        ("50 %\rdone", "50 %\\x0ddone"),
        ("abc\b\b\bxyz", "abc\\x08\\x08\\x08xyz"),
        ("access = '\u202etluafed'", "access = '\\u202etluafed'"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("pay\u200dpal pay\u200cpal pay\u200bpal", "pay\\u200dpal pay\\u200cpal pay\\u200bpal"),
        ("\u200dx", "\\u200dx"),
        ("\u4e00\u200d\u200c\u200d\u4e01", "\u4e00\\u200d\\u200c\\u200d\u4e01"),
        ("a\ufe0f\ufe00", "a\\ufe0f\\ufe00"),
        ("😀\ufe0f\ufe01\ufe02", "😀\ufe0f\\ufe01\\ufe02"),
        ("x\U000e0100\U000e0101", "x\\U000e0100\\U000e0101"),
        ("🏴\U000e0067\U000e007f", "🏴\\U000e0067\\U000e007f"),
        ("\ud83d\ude00", "\\ud83d\\ude00"),
    ],
)
def test_what_tricks_a_reader_becomes_visible(text, shown):
    """Terminal sequences, reversed source, look-alike joins and hidden rows of selectors can be seen."""
    assert render_plain(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "tabs\tand\nlines, ünïcödé, 東京, \u00a0, \u3000",
        "👩‍👩‍👧‍👦 ❤️‍🔥 🏳️‍🌈 👨🏽‍💻 1️⃣ #️⃣ ©️ ☝🏿 🇫🇷",
        "می‌خواهم نمی‌شود",
        "क्‍ष ശ്രീ അവന്‍ ශ්‍රී",
        "葛󠄀飾区",
        "ᠮᠣᠩᠭᠣᠯ᠋",
        "שלום العربية",
        "p\u0430ypal.test",
    ],
)
def test_scripts_and_emoji_stay_readable(text):
    """Joiners and selectors stay where a script or an emoji needs them; look-alike letters are letters."""
    assert render_plain(text) is text


@given(st.text(st.characters(exclude_categories=())))
def test_the_result_is_safe_and_final(text):
    """Whatever comes in, the result has no control byte, encodes as UTF-8, and is not changed by a second pass."""
    shown = render_plain(text)
    assert not {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))} & set(shown)
    shown.encode()
    assert render_plain(shown) == shown


def test_shorten_cuts_to_the_limit():
    """A text within the limit is returned as it is; a longer one ends in an ellipsis at the limit."""
    assert shorten("abcd", 4) == "abcd"
    assert shorten("abcde", 4) == "abc…"
