"""No key is in the blocks of a take."""

import itertools
import random

import pytest

from toprouter_nb.lessons.clean import clean_blocks
from toprouter_nb.secret import Secret

KEY = Secret("canary-0f1e2d3c4b5a6978")


def cut(body, rng):
    """Cut bytes into blocks at random places, each with its time."""
    places = sorted({0, len(body), *(rng.randrange(len(body) + 1) for _ in range(rng.randrange(8)))})
    return tuple((float(n), body[a:b]) for n, (a, b) in enumerate(itertools.pairwise(places)))


def test_blocks_without_a_key_are_the_same_blocks():
    """Most answers are kept as they came, byte for byte, cut where they were cut."""
    blocks = cut("data: é🎉\n\n".encode() * 3 + b"\xff", random.Random(0))
    assert clean_blocks(blocks, KEY) is blocks
    assert clean_blocks(blocks, Secret()) is blocks
    assert clean_blocks((), KEY) == ()


@pytest.mark.parametrize("seed", range(40))
def test_a_key_is_hidden_however_the_blocks_were_cut(seed):
    """Over blocks, several times, between characters of many bytes; all else stays, and no time is made up."""
    rng = random.Random(seed)
    text = f"data: é{KEY.reveal()}\r\n\n: {KEY.reveal()[3:18]} 🎉\n" + "more\n" * rng.randrange(3)
    blocks = cut(text.encode() + b"\xff", rng)
    cleaned = clean_blocks(blocks, KEY)
    assert b"".join(block for _, block in cleaned) == KEY.mask(text).encode() + b"\xff"
    assert {seconds for seconds, _ in cleaned} <= {seconds for seconds, _ in blocks}
    assert [seconds for seconds, _ in cleaned] == sorted(seconds for seconds, _ in cleaned)
