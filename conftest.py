"""What holds for tests, doctests and notebooks alike: none of them writes to the data of whoever runs them."""

import os
import shutil
import tempfile

import pytest

from toprouter_nb import catalogue

# Set before any process is begun, so that kernels, servers and other processes begun by a test have it too.
_FOLDER = tempfile.mkdtemp(prefix="toprouter-tests-")
os.environ["TOPROUTER_DATA_DIR"] = os.environ["XDG_DATA_HOME"] = _FOLDER


@pytest.fixture(autouse=True)
def _fresh_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know no list of models at first: servers of tests come and go, and a port is used again."""
    monkeypatch.setattr(catalogue, "_LISTS_HERE", {})
    monkeypatch.setattr(catalogue, "_KNOWN", catalogue._KnownLists())  # noqa: SLF001 - what a fresh process has


def pytest_unconfigure() -> None:
    """Take the folder away again."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
