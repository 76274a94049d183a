"""The way to show is chosen by where the program runs."""

import subprocess
import sys
import types

import pytest

from toprouter_nb.display import choice, listener_for
from toprouter_nb.display.cell_reply import CellReply
from toprouter_nb.display.text_reply import TextReply
from toprouter_nb.errors import ParameterError


@pytest.fixture
def shell(monkeypatch):
    """Give a function that puts the program into a shell of one kind."""

    def enter(**attributes):
        made = types.SimpleNamespace(execution_count=1, **attributes)
        monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: made))
        return made

    return enter


@pytest.mark.parametrize("display", ["auto", "live", "static", True])
def test_a_kernel_shows_html(shell, display):
    """In a notebook's kernel a reply is HTML, unless text is asked for."""
    shell(kernel=object())
    assert isinstance(listener_for(display), CellReply)
    assert isinstance(listener_for("text"), TextReply)


@pytest.mark.parametrize("display", ["auto", "live", "static", "text", True])
def test_a_terminal_shows_text(shell, display):
    """In a terminal's IPython a reply is text, whatever is asked for."""
    shell()
    assert isinstance(listener_for(display), TextReply)


def test_false_shows_nothing(shell):
    """Where nothing shall be shown, there is no listener."""
    shell(kernel=object())
    assert listener_for(display=False) is None


def test_other_values_are_refused():
    """A value that is no choice is an error that names the choices."""
    with pytest.raises(ParameterError) as caught:
        listener_for("loud")
    assert str(caught.value) == "display is 'auto', 'live', 'static', 'text', True or False, not 'loud'."


def test_plain_python_loads_no_ipython():
    """In plain Python a reply is text, and neither IPython nor a parser is loaded to find out."""
    code = (
        "import sys; from toprouter_nb.display import listener_for; print(type(listener_for('auto')).__name__);"
        "print([name for name in ('IPython', 'ipywidgets', 'markdown_it', 'nh3', 'pygments') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "TextReply\n[]\n"


def test_no_ipython_no_shell(monkeypatch):
    """Where IPython was never loaded there is no shell."""
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert choice.running_shell() is None
