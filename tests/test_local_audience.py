"""Progress is shown to a person, and to nobody else."""

import subprocess
import sys
import types
from pathlib import Path

import pytest

from toprouter_nb.local.audience import is_person_watching

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("allows", "expected"), [(True, True), (False, False)])
def test_a_notebook_counts_where_a_person_runs_it(monkeypatch, allows, expected):
    """A kernel that may ask for input has a person; one that is driven by a tool has none."""
    shell = types.SimpleNamespace(kernel=types.SimpleNamespace(_allow_stdin=allows))
    monkeypatch.setitem(sys.modules, "IPython.core.getipython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert is_person_watching() is expected


def test_no_error_output_is_nobody(monkeypatch):
    """Without any standard error there is nobody to show anything to."""
    monkeypatch.setattr(sys, "stderr", None)
    assert is_person_watching() is False


def test_a_pipe_is_nobody():
    """A script whose output goes into a pipe shows nothing."""
    code = "from toprouter_nb.local.audience import is_person_watching; print(is_person_watching())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
