"""A growing text is drawn in linear time, and its pieces join to the whole."""

import random
import time

import pytest
from random_markdown import random_document, random_pieces

from toprouter_nb.render.blocks import LONG_TAIL, GrowingMarkdown
from toprouter_nb.render.markdown import MARKDOWN_CHARACTERS, render_markdown


def drawn_in_pieces(pieces):
    """Draw after every piece; return what a view that keeps finished blocks shows at the end."""
    growing, finished, tail = GrowingMarkdown(), "", ""
    for piece in pieces:
        growing.add(piece)
        drawn = growing.draw()
        finished += drawn.finished
        tail = drawn.tail
    return finished + tail


def assert_equal_to_whole(seeds):
    """Compare documents of these seeds, drawn in pieces and as a whole."""
    for seed in seeds:
        chance = random.Random(seed)
        text = random_document(chance)
        assert drawn_in_pieces(random_pieces(chance, text)) == render_markdown(text), f"seed {seed}"


def test_pieces_join_to_the_whole():
    """300 random documents, drawn after every few characters, end as the whole drawing."""
    assert_equal_to_whole(range(300))


@pytest.mark.slow
def test_pieces_join_to_the_whole_many_times():
    """3,000 random documents, none of them seen in the quick run."""
    assert_equal_to_whole(range(1_000, 4_000))


def test_finished_blocks_are_handed_out_once():
    """A block that is handed out as finished never comes again, and only two blocks are held back."""
    growing = GrowingMarkdown()
    growing.add("one\n\ntwo\n\nthree\n\nfour")
    first = growing.draw()
    assert (first.finished.count("<p"), first.tail.count("<p")) == (2, 2)
    growing.add("\n\nfive")
    second = growing.draw()
    assert second.finished == '<p dir="auto">three</p>\n'


def test_an_open_fence_is_code_to_the_end():
    """While a code block is still open, what came of it is drawn as code."""
    growing = GrowingMarkdown()
    growing.add("```python\nx = 1\n\n# not a heading")
    assert "<h1" not in growing.draw().tail


def test_a_reference_is_known_to_all_later_blocks():
    """A definition in a finished block serves the links after it, however much later they come."""
    pieces = ["[r]: https://ref.test\n\na\n\nb\n\nc\n\nd\n\n", "see [r]"]
    assert 'href="https://ref.test"' in drawn_in_pieces(pieces)


def test_half_a_reference_is_not_believed():
    """A definition that is still being written does not serve before it is whole."""
    pieces = ["[r]: https://ref.te", "st/whole\n\na\n\nb\n\nc\n\n[r]"]
    assert 'href="https://ref.test/whole"' in drawn_in_pieces(pieces)


def test_an_endless_block_shows_its_newest_text():
    """A block too long to be drawn each time still shows every character that came."""
    pieces = ["- item\n" * LONG_TAIL, "- the newest"]
    assert "the newest" in drawn_in_pieces(pieces)


def test_what_is_beyond_the_bound_is_not_drawn_while_it_grows():
    """Past the bound nothing more is drawn, and the whole says so at the end."""
    growing = GrowingMarkdown()
    growing.add("word " * (MARKDOWN_CHARACTERS // 5))
    growing.draw()
    growing.add("beyond")
    assert "beyond" not in growing.draw().tail
    assert growing.finish().endswith("the whole text is kept.</p>\n")


@pytest.mark.parametrize("unit", ["A sentence of some words, and `code`.\n\n", "- an item of one endless list\n"])
def test_drawing_is_linear(unit):
    """Twice the text, drawn after every 40 characters, costs less than 2.6 times the CPU."""

    def seconds(count):
        text = unit * count
        begin = time.process_time()
        drawn_in_pieces(text[place : place + 40] for place in range(0, len(text), 40))
        return time.process_time() - begin

    seconds(50)
    ratios = [seconds(600) / seconds(300) for _ in range(3)]
    assert min(ratios) < 2.6
