"""The notebook people begin with."""

import json

import nbformat
import pytest
from nbclient import NotebookClient

from toprouter_nb.cli import main
from toprouter_nb.errors import ParameterError, StorageError
from toprouter_nb.starter import write_starter
from toprouter_nb.testing import ScriptedGateway


def test_the_notebook_runs_from_the_top(tmp_path, monkeypatch):
    """Every cell runs, with nothing but an address and a key in the environment."""
    path = write_starter(str(tmp_path / "first_steps"))
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# first steps\n")
    with ScriptedGateway(["One.", "Two.", "Three."]) as gateway:
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        monkeypatch.setenv("TOPROUTER_API_KEY", "test")
        monkeypatch.setenv("TOPROUTER_MODEL", "any/model")
        NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    assert len(gateway.requests) == 3
    assert "Three." in json.dumps(notebook)


def test_a_file_that_is_there_is_never_written_over(tmp_path, capsys):
    """The command ends with 1, one line and the way on."""
    path = tmp_path / "mine.ipynb"
    assert main(["new", str(path)]) == 0
    path.write_text("my work")
    assert main(["new", str(tmp_path / "mine")]) == 1
    assert path.read_text() == "my work"
    assert "is there already, and is left as it is" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", " ", ".", "/", "a\0b", "  .ipynb"])
def test_a_name_must_name_something(name):
    """What names no file is refused."""
    with pytest.raises((ParameterError, StorageError)):
        write_starter(name)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    """It is not made in silence."""
    with pytest.raises(StorageError, match="No such file or directory"):
        write_starter(str(tmp_path / "no" / "first"))


def test_a_name_is_only_a_name_in_the_notebook(tmp_path):
    """Quotes, Markdown and control bytes of a name leave a valid notebook."""
    path = write_starter(str(tmp_path / 'a"`b\x1b* $x$'))
    assert "\x1b" not in path.read_text()
    nbformat.validate(nbformat.read(path, 4))
