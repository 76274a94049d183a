"""The tree of turns keeps everything."""

import pickle

from toprouter_nb.history import History, branch_of
from toprouter_nb.turns import assistant, user


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
