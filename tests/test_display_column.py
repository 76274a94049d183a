"""A growing column: its changes, put together, are what was said; nothing travels twice, and every end is told."""

import random
import re

import pytest
from live_store import apply
from long_reply import long_reply
from random_markdown import random_document, random_pieces

from toprouter_nb.display.column import Column, shared_length, utf16_length
from toprouter_nb.render.markdown import render_markdown

EMOJI = "One 😀 two 👩‍👩‍👧 שלום **three** `four` 😀😀 five\n\n- 😀\n- six\n\nSeven 😀"


def grown(pieces, looks=1, **options):
    """Return the changes of a column that is looked at after every so many pieces, and the column."""
    column = Column(**options)
    changes = [column.changes()]
    for place, piece in enumerate(pieces, 1):
        column.add(piece)
        if place % looks == 0:
            changes.append(column.changes())
    return column, [*changes, column.changes()]


def small(column):
    """Return the words of the small print."""
    return " ".join(re.findall(r"<span>([^<]+)", column.changes()["f"]))


def put_together(changes):
    """Return what a view has after these changes."""
    shown = {"p": "", "t": "", "r": "", "f": "", "s": "waiting"}
    for change in changes:
        apply(shown, change)
    return shown


@pytest.mark.parametrize("text", [EMOJI, "".join(long_reply(400)), "```python\nx = '😀'\n" * 3])
def test_the_changes_put_together_are_the_whole(text):
    """Character by character, also beyond the first plane: finished blocks and tail equal the whole drawing."""
    column, changes = grown(text)
    shown = put_together(changes)
    assert shown["p"] + shown["t"] == render_markdown(text)
    assert shown == {name: column.snapshot()[name] for name in shown}


def test_random_texts_put_together():
    """The same for random Markdown in random pieces and looks."""
    chance = random.Random(3)
    for _ in range(60):
        pieces = random_pieces(chance, random_document(chance))
        column, changes = grown(pieces, looks=chance.randint(1, 4))
        shown = put_together(changes)
        snapshot = column.snapshot()
        assert (shown["p"], shown["t"]) == (snapshot["p"], snapshot["t"])


def test_a_look_without_news_is_nothing():
    """Where nothing came and no second passed, nothing is to be sent."""
    column, _ = grown(["One"], clock=lambda: 0.0)
    assert column.changes() == {}


def test_traffic_is_linear():
    """4,000 deltas, looked at 22 times a second at 200 a second, are about 100 kB, not millions."""
    _, changes = grown(long_reply(), looks=9)
    assert sum(len(str(change)) for change in changes) < 160_000


def test_reasoning_is_plain_text_and_safe():
    """Reasoning is sent as text, once, with acting characters shown as escapes, however it is cut."""
    column = Column()
    for piece in ("Let \x1b", "[31m me", " see\u202e"):
        column.add("", piece)
    assert column.changes()["r"] == "Let \\x1b[31m me see\\u202e"
    assert "r" not in column.changes()


def test_while_it_runs_the_small_print_counts():
    """Seconds at once, tokens from the first piece on, tokens a second after one second; at the end what was given."""
    now = [0.0]
    column = Column(clock=lambda: now[0])
    column.tell(["any/model"])
    assert small(column) == "any/model 0 s"
    now[0] = 1.0
    column.add("One ")
    now[0] = 2.5
    column.add("two ")
    assert small(column) == "any/model 2 s ~2 tokens ~1 tokens/s"
    column.end("done", ["any/model", "2 tokens out"])
    assert small(column) == "any/model 2 tokens out"


def test_the_hint_is_shown_while_it_runs_only():
    """A remark about a silence is asked for twice a second, and gone at the end."""
    now = [0.0]
    column = Column(hint=lambda: f"Silent <for> {now[0]:.0f} s.", clock=lambda: now[0])
    now[0] = 7.0
    assert "Silent &lt;for&gt; 7 s." in column.changes()["f"]
    column.end("done")
    assert "Silent" not in column.changes()["f"]


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        ("stopped", "", "Stopped: this is what had arrived."),
        ("error", "Too <many>", "Too &lt;many&gt;"),
        ("done", "", ""),
    ],
)
def test_each_end_is_told(status, error, words):
    """Done, stopped and failed are told apart, and an error's words are text."""
    column, _ = grown(["One"])
    column.end(status, ["m"], error)
    changes = column.changes()
    assert changes["s"] == column.snapshot()["s"] == status
    assert words in changes["f"]
    assert column.is_over


def test_the_static_form_holds_the_same():
    """For places without script: the reasoning open until there is text, the blocks, the small print."""
    column = Column()
    column.add("", "Hm.")
    column.changes()
    assert '<details class="tr-reasoning" open>' in column.html()
    column.add("**Yes**")
    column.changes()
    assert '<details class="tr-reasoning"><summary>' in column.html()
    assert "<strong>Yes</strong>" in column.html()


def test_shared_beginnings():
    """The shared length is exact, at the ends too."""
    assert [shared_length(*pair) for pair in (("", ""), ("a", "a"), ("ab", "ac"), ("a", "abc"), ("x", "y"))] == [
        0, 1, 1, 1, 0,
    ]  # fmt: skip
    assert utf16_length("é😀") == 3
