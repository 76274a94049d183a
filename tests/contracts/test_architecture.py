"""The map in ARCHITECTURE.md is the tree, the changelog is of this version, and the layers hold."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import toprouter_nb

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "toprouter_nb"
MAX_LINES = 300


def job_of(path):
    """Return the first line of a module's docstring, which says its one job."""
    source = path / "__init__.py" if path.is_dir() else path
    return ast.get_docstring(ast.parse(source.read_text())).splitlines()[0]


def test_the_map_names_every_module_with_its_job():
    """Each line of the map is a module or package of the tree and the first line of its docstring."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    mapped = dict(re.findall(r"^`(\w+(?:\.py|/))` — (.+)$", text, re.MULTILINE))
    children = [path for path in PACKAGE.iterdir() if path.name not in ("__pycache__", "py.typed")]
    assert mapped == {f"{path.name}/" if path.is_dir() else path.name: job_of(path) for path in children}


def test_every_module_says_its_job_and_keeps_to_one_noun():
    """A module opens with a docstring of at least two sentences' room and has at most 300 lines."""
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text()
        assert ast.get_docstring(ast.parse(source)), path
        assert source.count("\n") <= MAX_LINES, path


def test_the_changelog_begins_with_this_version():
    """What users read first is about what they have."""
    versions = re.findall(r"^## \[?([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == toprouter_nb.__version__


def test_the_layers_hold():
    """Data flows one way: no module imports a higher one, and every module has its place."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_nothing_names_a_machine():
    """No absolute path of a machine stands in what people read or run."""
    for path in [*PACKAGE.rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")]:
        assert not re.search(r"/(?:root|work|home|Users)/", path.read_text()), path
