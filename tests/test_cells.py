"""A cell that is run again takes its earlier place, as long as that is part of the conversation."""

import pytest

from toprouter_nb.cells import CellPlaces
from toprouter_nb.history import History
from toprouter_nb.turns import assistant, user


@pytest.fixture
def history():
    """Give an empty history."""
    return History()


def ask(history, places, cell, run, text):
    """Do what a conversation does when a cell asks, and return the node of the question."""
    after = places.find(cell, run) or history.head
    history.add([(user(text), None), (assistant("Yes."), None)], after=after)
    node = after.children[-1]
    places.note(cell, run, node)
    return node


def said(history):
    """Return the questions of the current path."""
    return [node.turn.text for node in history.path() if node.turn.role == "user"]


def test_a_new_run_replaces_what_the_last_run_asked(history):
    """The second run stands beside the first; both are kept."""
    places = CellPlaces(history)
    for run in ("1", "2", "3"):
        ask(history, places, "a", run, f"q{run}")
    assert said(history) == ["q3"]
    assert len(history.root.children) == 3


def test_several_questions_of_one_run_stand_after_each_other(history):
    """A new run replaces all that the last one asked, and adds one after the other again."""
    places = CellPlaces(history)
    for run in ("1", "2"):
        for number in range(3):
            ask(history, places, "a", run, f"{run}.{number}")
    assert said(history) == ["2.0", "2.1", "2.2"]


def test_what_followed_stays_on_the_old_branch(history):
    """Running an earlier cell again goes back before it, as an edit does; the later cell then adds to the end."""
    places = CellPlaces(history)
    ask(history, places, "a", "1", "a1")
    ask(history, places, "b", "2", "b1")
    ask(history, places, "a", "3", "a2")
    assert said(history) == ["a2"]
    ask(history, places, "b", "4", "b2")
    assert said(history) == ["a2", "b2"]


def test_cells_may_run_in_any_order(history):
    """What counts is where the cell's question stands, not where the cell does."""
    places = CellPlaces(history)
    for run, cell in enumerate("bca"):
        ask(history, places, cell, str(run), cell)
    assert said(history) == ["b", "c", "a"]
    ask(history, places, "c", "9", "c again")
    assert said(history) == ["b", "c again"]


def test_what_was_undone_is_not_replaced(history):
    """Where the earlier exchange was taken back, the new one goes to the end."""
    places = CellPlaces(history)
    first = ask(history, places, "a", "1", "a1")
    history.move_to(first.parent)
    ask(history, places, "b", "2", "b1")
    ask(history, places, "a", "3", "a2")
    assert said(history) == ["b1", "a2"]


def test_the_same_run_is_no_new_run(history):
    """Within one run there is no earlier place."""
    places = CellPlaces(history)
    ask(history, places, "a", "1", "a1")
    assert places.find("a", "1") is None
    assert places.find("b", "1") is None
