"""The tree of turns keeps everything."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb import history as rooms
from toprouter_nb.history import History, branch_of
from toprouter_nb.parts import ImagePart
from toprouter_nb.turns import Turn, assistant, user
from toprouter_nb.wire.request import encode_turn


def exchange(question, answer):
    """Return two turns as `History.add` takes them."""
    return [(user(question), None), (assistant(answer), None)]


def texts(history):
    """Return what is said on the current path."""
    return [node.turn.text for node in history.path()]


def test_turns_follow_each_other():
    """What is added last is where the conversation stands."""
    history = History()
    history.add(exchange("a", "b"))
    history.add(exchange("c", "d"))
    assert texts(history) == ["a", "b", "c", "d"]


def test_going_back_and_on_makes_a_sibling():
    """The branch left behind stays in the tree, after the older one."""
    history = History()
    history.add(exchange("a", "b"))
    start = history.path()[0]
    history.add([(assistant("other"), None)], after=start)
    assert texts(history) == ["a", "other"]
    assert [child.turn.text for child in start.children] == ["b", "other"]


def test_a_path_is_right_wherever_one_walks():
    """Longer, shorter, to a sibling and back: each path is that of its node, and what is returned is the caller's."""
    history = History()
    history.add(exchange("a", "b"))
    start = history.path()[0]
    history.path().clear()
    history.add(exchange("c", "d"))
    long = history.head
    assert texts(history) == ["a", "b", "c", "d"]
    history.add([(assistant("other"), None)], after=start)
    assert texts(history) == ["a", "other"]
    assert [node.turn.text for node in history.path(long)] == ["a", "b", "c", "d"]
    assert [node.turn.text for node in history.path(start)] == ["a"]
    assert (history.path(history.root), texts(history)) == ([], ["a", "other"])
    assert texts(pickle.loads(pickle.dumps(history))) == ["a", "other"]


def test_a_turn_is_encoded_once():
    """The JSON of a turn is the same object at the second look, in a copy too."""
    history = History()
    history.add(exchange("a", "b"))
    first = history.path()[0].encoded()
    assert history.path()[0].encoded() is first
    assert history.copy(history.path()).path()[0].encoded() is first


@given(st.lists(st.integers(1, 700), min_size=1, max_size=30), st.data())
def test_pieces_are_what_the_turns_of_the_path_are(sizes, data):
    """Wherever the history stands, and stood before, its pieces joined are the JSON of the turns on that path."""
    history = History()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "_PIECE_BYTES", 500)
        for size in sizes:
            at = data.draw(st.sampled_from([history.root, *history.nodes()]))
            said = "" if size % 5 == 0 else "x" * size
            history.add([(user(f"{size}"), None), (Turn("assistant", said), None)], after=at)
            to = data.draw(st.sampled_from([None, *history.nodes()]))
            sent = [node.turn for node in history.path(to) if not node.turn.is_silent]
            assert b",".join(history.pieces(to)) == b",".join(map(encode_turn, sent))


def test_large_turns_are_not_copied_and_short_ones_are_joined_once():
    """Of a long conversation the next question gets the same few objects."""
    history = History()
    history.add(exchange("x" * 2**20, "b"))
    for _ in range(3_000):
        history.add(exchange("q" * 100, "a" * 100))
    first = history.pieces()
    assert first[0] is history.path()[0].encoded()
    assert len(first) < 3_000
    history.add(exchange("one", "more"))
    assert all(piece is before for piece, before in zip(history.pieces()[:3], first[:3], strict=True))


def test_a_turn_knows_of_images_before_it():
    """Whether images would be sent is not searched for in every turn of a long conversation."""
    history = History()
    history.add(exchange("a", "b"))
    plain = history.head
    history.add([(user("c", ImagePart(url="https://example.com/i.jpg")), None), (assistant("d"), None)])
    assert (plain.has_images, history.head.has_images) == (False, True)


def test_the_drawing_shows_every_branch_and_marks_the_current_one():
    """One line a turn, indented where it branches, a star on the path that goes on."""
    history = History()
    history.add(exchange("a", "b"))
    history.add([(assistant("other\nline"), None)], after=history.path()[0])
    assert repr(branch_of(history)) == "* user: a\n    assistant: b\n*   assistant: other line"


def test_a_conversation_of_thousands_of_turns_has_no_depth_limit():
    """Neither the tree nor its drawing recurses."""
    history = History()
    for _ in range(3_000):
        history.add(exchange("q", "a"))
    assert repr(branch_of(history)).count("\n") == 5_999


def test_a_pickle_holds_the_whole_tree_however_deep():
    """Turns, branches and the place where the conversation stands come back; nothing recurses."""
    history = History()
    for _ in range(2_000):
        history.add(exchange("q", "a"))
    history.add([(assistant("other"), None)], after=history.path()[0])
    again = pickle.loads(pickle.dumps(history))
    assert repr(branch_of(again)) == repr(branch_of(history))
    assert texts(again) == ["q", "other"]
    again.add(exchange("b", "c"))
    assert texts(again) == ["q", "other", "b", "c"]


def test_an_empty_tree_says_so():
    """The drawing of nothing is a sentence."""
    assert repr(branch_of(History())) == "(nothing asked yet)"
