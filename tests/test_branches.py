"""The tree of a conversation as a table and as a figure."""

import re

import pytest

from toprouter_nb import Conversation
from toprouter_nb.branches import BRANCH_COLUMNS
from toprouter_nb.testing import Cut, Script, ScriptedGateway


def chat_with(gateway):
    """Return a conversation with the gateway."""
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)


def branched(gateway):
    """Return a conversation that branched twice: another answer, then another question."""
    chat = chat_with(gateway)
    chat.ask("Capital of France?")
    chat.retry()
    chat.ask("And of Italy?")
    chat.undo()
    chat.ask("And of Spain?")
    return chat


@pytest.fixture
def tree():
    """Return the tree of such a conversation."""
    with ScriptedGateway(["Paris.", "It is Paris.", "Rome.", "Madrid."]) as gateway:
        return branched(gateway).tree()


def test_the_table_has_a_row_for_each_turn(tree):
    """Parents come before children and are named by number; the current path is marked; columns are as declared."""
    frame = tree.to_frame()
    assert frame["text"].tolist() == [
        "Capital of France?", "Paris.", "It is Paris.", "And of Italy?", "Rome.", "And of Spain?", "Madrid.",
    ]  # fmt: skip
    assert frame["parent"].fillna(0).tolist() == [0, 1, 1, 3, 4, 3, 6]
    assert frame["depth"].tolist() == [0, 1, 1, 2, 3, 2, 3]
    assert frame["is_current"].tolist() == [True, False, True, False, False, True, True]
    assert frame["model"].notna().tolist() == [False, True, True, False, True, False, True]
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        column.name: column.dtype for column in BRANCH_COLUMNS
    }


def test_the_figure_draws_each_turn_once(tree):
    """A line and a dot for each turn, what is aside drawn as such, and strokes that lead to every branch."""
    html = tree._repr_mimebundle_()["text/html"]
    assert html.count("<circle") == html.count('<li class="tr-step') == 7
    assert html.count("tr-aside") - html.count(".tr-aside") == 3
    strokes = re.findall(r'<path d="([^"]*)"', html)
    assert [len(re.findall("H", path)) for path in strokes] == [0, 1, 1, 1, 0, 1, 0]
    assert strokes[0] == "M8 13V26"  # the first turn: only downwards
    assert strokes[1] == "M8 0V26M8 0V13M8 13H24"  # a branch with another after it
    assert strokes[5] == "M24 0V13M24 13H40M40 13V26"  # the last branch, which goes on


def test_the_plain_text_stays(tree):
    """The repr is the drawing in text."""
    assert repr(tree).splitlines()[:2] == ["* user: Capital of France?", "    assistant: Paris."]


def test_an_empty_conversation_has_a_tree():
    """Nothing asked: no rows, one sentence."""
    tree = Conversation("any/model", base_url="http://127.0.0.1:9", display=False).tree()
    assert tree.to_frame().shape == (0, len(BRANCH_COLUMNS))
    assert "Nothing asked yet." in tree._repr_mimebundle_()["text/html"]


def test_a_long_conversation_is_drawn_in_bounds():
    """Thousands of turns and branches in branches neither recurse nor make an endless figure."""
    turns = [{"role": role, "content": "x"} for _ in range(3_000) for role in ("user", "assistant")]
    tree = Conversation.from_messages(turns, "any/model", base_url="http://127.0.0.1:9", display=False).tree()
    html = tree._repr_mimebundle_()["text/html"]
    assert "5,700 more turns are not shown" in html
    assert len(html) < 200_000
    assert len(tree.to_frame()) == 6_000


def test_branches_in_branches_stay_on_the_page():
    """However often a path branched, the figure has a bounded width."""
    with ScriptedGateway(lambda request: "ok") as gateway:
        chat = chat_with(gateway)
        for _ in range(20):
            chat.ask("?")
            chat.retry()
        widths = [
            int(width) for width in re.findall(r'<svg width="(\d+)"', chat.tree()._repr_mimebundle_()["text/html"])
        ]
    assert max(widths) == 15 * 16


def test_what_was_said_cannot_act():
    """Markup and control bytes of turns and of the server's model name are text."""
    hostile = "<script>1</script>\x1b[31m"
    with ScriptedGateway([Script(deltas=[hostile, Cut()], model="<b>m</b>")]) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(Exception, match=r"ended|broke"):
            chat.ask(hostile)
        bundle = chat.tree()._repr_mimebundle_()
    assert "<script" not in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    assert "cut short" in bundle["text/html"]
    assert "\x1b" not in bundle["text/html"] + bundle["text/plain"]
