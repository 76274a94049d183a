"""What holds for tests, doctests and notebooks alike: none of them writes to the data of whoever runs them."""

import os
import shutil
import tempfile
from collections.abc import Generator

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail: what is missing here is told, never passed over."""
    report = yield
    if report.skipped:
        report.outcome, report.longrepr = "failed", f"Skipped, which no test here may be: {report.longrepr}"
    return report


def pytest_unconfigure() -> None:
    """Take the folder away again."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
