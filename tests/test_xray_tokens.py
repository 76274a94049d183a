"""Estimates of tokens: near enough for the model of this machine, bounded for images, safe to show."""

import pytest

from toprouter_nb import Conversation
from toprouter_nb.parts import ImagePart, TextPart
from toprouter_nb.turns import Turn, user
from toprouter_nb.xray_tokens import estimate_tokens, share_turns

ENGLISH = "A p-value is the probability of data at least as extreme as yours, if the null hypothesis were true. " * 4


def test_english_is_estimated_within_a_third(local_address):
    """The estimate of a prompt in English lies within a third of what the embedded model counts."""
    chat = Conversation("local/smollm2-135m", system="You are terse.", display=False, max_tokens=1)
    chat.ask(ENGLISH)
    xray = chat.xray()
    counted = chat.last.usage.prompt_tokens
    assert counted * 2 / 3 < xray.prompt_tokens < counted * 4 / 3


TEXTS = {
    "": 0,
    "a": 1,
    "\u6cd5\u56fd\u9996\u90fd": 4,
    "\u0440\u0435\u043a\u0430": 2,
    "\U0001f389": 1,
    "x" * 4_000_000: 1_000_000,
}


@pytest.mark.parametrize(("text", "tokens"), TEXTS.items(), ids=map(str, TEXTS.values()))
def test_scripts_differ(text, tokens):
    """Four characters of English, one of Chinese, two of other scripts make a token."""
    assert estimate_tokens(text) == tokens


def test_an_image_costs_by_its_area_up_to_a_cap():
    """A small image is cheap, a huge one capped, one of unknown size taken as usual."""

    def tokens(**size):
        part = ImagePart(data=b"x", media_type="image/png", **size)
        return share_turns([Turn("user", (part,))])[0].tokens - 4

    assert (tokens(width=75, height=100), tokens(width=8_000, height=8_000), tokens()) == (10, 1_600, 1_000)


def test_a_share_says_what_is_in_the_turn_and_cannot_act():
    """The beginning is one line, cut and escaped; images are counted with their bytes."""
    part = ImagePart(data=b"12345", media_type="image/png", width=10, height=10)
    share = share_turns([user(TextPart("a\nb\x1b[31m" + "c" * 500), part)])[0]
    assert share.beginning.startswith("a b\\x1b[31mccc")
    assert len(share.beginning) == 80
    assert (share.role, share.images, share.image_bytes) == ("user", 1, 5)
