"""Callers of a model are served in order, and told to come back when there are too many."""

import threading
import time

import pytest

from toprouter_nb.local.line import Gone, Line
from toprouter_nb.local.refusal import Refusal


def stay():
    """Say that the caller is still there."""
    return True


def enter(line, leave, entered, name):
    """Hold a place until told to leave."""
    with line.place(stay):
        entered.append(name)
        leave.wait(10)


def test_callers_are_served_in_order():
    """Whoever waits longest comes next."""
    line, leave, entered, threads = Line(1, 5), threading.Event(), [], []
    for name in range(4):
        threads.append(threading.Thread(target=enter, args=(line, leave, entered, name)))
        threads[-1].start()
        time.sleep(0.02)
    assert entered == [0]
    leave.set()
    for thread in threads:
        thread.join(10)
    assert entered == [0, 1, 2, 3]


def test_a_full_line_turns_away():
    """With all places taken and nobody allowed to wait, the answer is 429 with a time to come back."""
    line = Line(1, 0)
    with line.place(stay), pytest.raises(Refusal) as caught, line.place(stay):
        pass
    assert caught.value.status == 429
    assert caught.value.headers == (("Retry-After", "3"),)


def test_waiting_has_an_end():
    """A caller that waits too long is turned away, and leaves no trace in the line."""
    line = Line(1, 5, wait_seconds=0.1)
    with line.place(stay), pytest.raises(Refusal, match="No place became free"), line.place(stay):
        pass
    with line.place(stay):
        assert not line._queue


def test_a_caller_that_left_gives_up_its_turn():
    """Nobody is kept waiting behind a caller that has gone."""
    line = Line(1, 5)
    with line.place(stay), pytest.raises(Gone), line.place(lambda: False):
        pass
    assert not line._queue
