"""The documentation is built without a warning, and tells of every public name."""

import re
import subprocess
import sys
from pathlib import Path

import toprouter_nb

ROOT = Path(__file__).parents[2]


def test_the_documentation_is_built_and_its_links_lead_somewhere(tmp_path):
    """The one command ends without a warning: no broken link, docstring or notebook."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", ".", tmp_path]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    for page in ("docs/index.html", "docs/reference.html", "notebooks/01_first_conversation.html"):
        assert (tmp_path / page).stat().st_size > 10_000


def test_the_reference_names_what_is_public():
    """Every public name has its place on a page of the reference, and no other has."""
    pages = "".join((ROOT / "docs" / name).read_text() for name in ("reference.md", "errors.md"))
    named = re.findall(r"^\.\. auto\w+:: toprouter_nb\.(\w+)$", pages, re.MULTILINE)
    assert sorted(named) == sorted(toprouter_nb.__all__)
