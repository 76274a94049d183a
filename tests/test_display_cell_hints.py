"""What a reply in a cell says of a silence, and whom an interrupt in that cell may end."""

import types

import pytest
from live_store import Shell

from toprouter_nb.display import cell_reply
from toprouter_nb.display.cell_reply import CellReply
from toprouter_nb.display.cell_run import STOPPED_RUNS, CellRun


@pytest.fixture
def shown(monkeypatch):
    """Give a function that starts a reply, lets seconds pass, and returns its hint."""

    def after(seconds, **call):
        now = [100.0]
        monkeypatch.setattr(cell_reply, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
        reply = CellReply(Shell(), "static")
        reply.start("any/model", types.SimpleNamespace(stop=None, **call))
        now[0] += seconds
        hint = reply._hint()
        reply._view.close()
        return hint

    return after


@pytest.mark.parametrize(
    ("seconds", "heard", "attempts", "hint"),
    [
        (4, None, 1, ""),
        (14, 1.5, 1, "The gateway is alive, the model has been silent for 14 s."),
        (14, None, 1, "Nothing has come from the gateway for 14 s."),
        (14, 14.0, 1, "Nothing has come from the gateway for 14 s."),
        (7, None, 3, "Nothing has come from the gateway for 7 s (attempt 3)."),
    ],
)
def test_a_silence_is_explained(shown, seconds, heard, attempts, hint):
    """After five seconds it is said whether the gateway is there at all, and which attempt this is."""
    assert shown(seconds, heard_seconds_ago=heard, attempts=attempts) == hint


def test_after_a_stop_the_same_run_asks_no_more():
    """The next question of that run is not sent; the next run of the cell asks again."""
    STOPPED_RUNS.add(CellRun("stopped", "a"))
    asked = []
    with pytest.raises(KeyboardInterrupt):
        CellReply(Shell("a", "stopped"), "static").carry(lambda: asked.append("sent"), lambda: None)
    assert asked == []
    CellReply(Shell("a", "the next"), "static").carry(lambda: asked.append("sent"), lambda: None)
    assert asked == ["sent"]
