"""httpx is loaded without its command line program."""

import subprocess
import sys

LOADED = """
import sys
{first}
from toprouter_nb.transport.library import httpx
assert httpx is sys.modules["httpx"]
print(*sorted({{"rich", "click", "httpx._main"}} & set(sys.modules)), None in sys.modules.values())
"""


def loaded(first=""):
    """Return what a new interpreter has loaded after a first statement and ours."""
    command = [sys.executable, "-c", LOADED.format(first=first)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_the_program_of_httpx_stays_out():
    """Neither it nor what it draws with is loaded, and nothing is left in the way of a later import of it."""
    assert loaded() == ["False"]


def test_an_httpx_that_is_there_already_is_taken_as_it_is():
    """The user's own import is the same module, whole."""
    assert loaded("import httpx, httpx._main")[-1] == "False"
    assert "httpx._main" in loaded("import httpx, httpx._main")
