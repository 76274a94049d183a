"""What the README shows is true."""

import re
from pathlib import Path

import matplotlib.figure
import pytest
from IPython.core.interactiveshell import InteractiveShell

from toprouter_nb import configure, testing

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"(<!-- not run: [^\n]+ -->\n)?```python\n(.+?)```", README, re.DOTALL)


@pytest.mark.parametrize(
    "code", [code for note, code in BLOCKS if not note], ids=lambda code: code.splitlines()[0][:40]
)
def test_the_code_of_the_readme_runs(code, capsys):
    """Each block runs by itself, except those that say why not."""
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.parametrize("code", [code for note, code in BLOCKS if note])
def test_code_that_is_not_run_is_still_python(code):
    """A block that needs a key is at least spelled right."""
    compile(code, "README.md", "exec")


def test_the_chat_cells_of_the_readme_run():
    """Each cell of a block of chat cells does what it says, with the variables it names."""
    (block,) = re.findall(r"```ipython\n(.+?)```", README, re.DOTALL)
    shell = InteractiveShell()
    shell.user_ns |= {"fig": matplotlib.figure.Figure(), "name": "Ada"}
    with testing.ScriptedGateway(["It says: Ada."]) as gateway:
        configure(base_url=gateway.base_url, api_key="test", model="scripted/vision", display=False)
        for cell in block.split("\n\n"):
            shell.run_cell(cell).raise_error()
        shell.run_line_magic("unload_ext", "toprouter_nb")
    said = gateway.requests[-1].json["messages"][-1]["content"]
    assert [part["type"] for part in said] == ["text", "image_url"]
    assert said[0]["text"] == "What does this plot say about Ada?"


def test_the_two_commands_stand_where_people_look():
    """Both are on the first screen, in the form the checks read them."""
    top = README.splitlines()[:25]
    assert 'Try it: `python -m pip install -e ".[local]" && toprouter-nb demo`' in top
    assert 'Test it: `python -m pip install -e ".[dev]" && pytest`' in top


def test_links_within_the_project_lead_somewhere():
    """Every relative link names a file."""
    root = Path(__file__).parents[2]
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (root / target).exists(), target
