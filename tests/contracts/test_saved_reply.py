"""A reply in a notebook that a program runs: one static copy, the same each time, readable as a page."""

import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

SETUP = """
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
gateway = testing.ScriptedGateway([testing.Script(deltas=["**One** ", "two."], delay_seconds=0.4)] * 2).start()
chat = Conversation("any/model", base_url=gateway.base_url, api_key="test")
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run a notebook with a blocking and an awaited question as nbconvert does, and return its file."""
    cells = [nbformat.v4.new_code_cell(code) for code in (SETUP, "chat.ask('x')", "await chat.ask_async('y')")]
    book = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(book, kernel_name="python3").execute()
    path = tmp_path_factory.mktemp("saved") / "book.ipynb"
    nbformat.write(book, path)
    return path


def test_the_file_holds_a_static_copy(ran):
    """Each cell has an empty output and the reply as HTML and text; no widget, and none in the file's state."""
    book = nbformat.read(ran, as_version=4)
    for cell in book.cells[1:]:
        assert [set(output.data) for output in cell.outputs] == [{"text/plain"}, {"text/html", "text/plain"}]
        assert [output.data["text/plain"] for output in cell.outputs] == ["", "**One** two."]
    assert "widgets" not in book.metadata


def test_running_it_again_gives_the_same(ran):
    """The strict check, which ignores updates of outputs, finds no difference but in the measured times."""
    (ran.parent / "times.cfg").write_text("[times]\nregex: [0-9.,]+ (s|tokens/s)\\b\nreplace: some \\1\n")
    options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "times.cfg", "-p", "no:cacheprovider", "-q"]
    check = [sys.executable, "-m", "pytest", *options, ran.name]
    run = subprocess.run(check, capture_output=True, text=True, cwd=ran.parent, check=False)
    assert "3 passed" in run.stdout, run.stdout


def test_as_a_page_it_reads_without_jupyter(ran):
    """Converted to HTML it shows the formatted reply, and asks no server for a widget."""
    page, _ = HTMLExporter().from_filename(str(ran))
    assert page.count("<strong>One</strong> two.") == 2
    assert "widget-view" not in page
