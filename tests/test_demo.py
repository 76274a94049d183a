"""The demonstration, run for real with the model of this machine."""

import io
import re

import pytest

from toprouter_nb import demo
from toprouter_nb.errors import LocalModelError
from toprouter_nb.local import stop
from toprouter_nb.terminal import Terminal


@pytest.fixture
def shown(local_address):
    """Run the demonstration once the weights are there, and return what it showed."""
    out = io.StringIO()
    demo.run_demo(Terminal(out))
    stop()
    return out.getvalue()


def test_it_holds_a_conversation_refuses_an_image_and_shows_the_usage(shown):
    """Two questions are answered, the image is refused with a reason and read by another model, and tokens counted."""
    assert re.search(r"^you +What is the capital of France\?\nmodel +\S.*Paris", shown, re.MULTILINE)
    assert re.search(r"^you +Name one famous sight there\.\nmodel +\S", shown, re.MULTILINE)
    assert "refused  local/smollm2-135m takes no images. These do: local/ocr." in shown
    assert re.search(r"^ocr +.*\n? +Open from 9 to 5$", shown, re.MULTILINE)
    table = shown.partition("call  prompt  completion")[2].splitlines()[1:3]
    assert [line.split()[0] for line in table] == ["1", "2"]
    assert all(int(count) > 0 for line in table for count in line.split()[1:3])
    assert "export TOPROUTER_API_KEY=" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_without_text_recognition_it_says_how_to_get_it(monkeypatch, local_address):
    """Where the extra is missing, a hint with the command stands in place of the answer."""
    monkeypatch.setattr(demo, "has_ocr", lambda: False)
    out = io.StringIO()
    demo.run_demo(Terminal(out))
    stop()
    assert "pip install 'toprouter_nb[ocr]' adds local/ocr" in out.getvalue()


def test_a_model_that_cannot_start_is_a_typed_error(monkeypatch, tmp_path):
    """Where the model cannot be had the error of the package reaches the command line, which prints it."""
    monkeypatch.setenv("TOPROUTER_LOCAL_GGUF", str(tmp_path / "none.gguf"))
    with pytest.raises(LocalModelError, match="TOPROUTER_LOCAL_GGUF"):
        demo.run_demo(Terminal(io.StringIO()))
