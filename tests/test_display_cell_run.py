"""Which run of which cell asks is read from the message that started it."""

import contextvars
import types

import pytest
from live_store import Shell

from toprouter_nb.display.cell_run import CellRun, StoppedRuns, current_run, leave_cell


def test_run_and_cell_are_read():
    """The message's id names the run, its metadata the cell."""
    assert current_run(Shell("a", "1")) == CellRun("1", "a")
    assert current_run(Shell(None, "1")) == CellRun("1", None)


@pytest.mark.parametrize("parent", [None, {}, {"header": None, "metadata": None}, {"header": {"msg_id": 7}}, "text"])
def test_odd_parents_name_nothing(parent):
    """A kernel that says nothing, or something else, is no error."""
    shell = Shell()
    shell.parent = parent
    assert current_run(shell) == CellRun(None, None)


def test_no_shell_no_run():
    """A terminal's shell knows no runs."""
    assert current_run(types.SimpleNamespace()) == CellRun()


def test_a_thread_leaves_its_cell_where_the_kernel_can():
    """With ipykernel 7 the parent of this context is emptied; an older kernel has none, and hears nothing meanwhile."""
    parent = contextvars.ContextVar("parent")
    parent.set({"header": {}})
    new = types.SimpleNamespace(kernel=types.SimpleNamespace(_shell_parent=parent))
    old = types.SimpleNamespace(kernel=types.SimpleNamespace(_parents={}))
    assert contextvars.copy_context().run(lambda: (leave_cell(new), parent.get())) == (True, {})
    assert parent.get() == {"header": {}}
    assert not leave_cell(old)
    assert not leave_cell(None)


def test_stopped_runs_are_remembered_for_a_while():
    """A stopped run is known; one without an id never is, and the oldest are let go of."""
    runs = StoppedRuns()
    runs.add(CellRun("1", "a"))
    runs.add(CellRun(None, "b"))
    assert CellRun("1", "a") in runs
    assert CellRun(None, "b") not in runs
    for number in range(200):
        runs.add(CellRun(f"later {number}"))
    assert CellRun("1", "a") not in runs
