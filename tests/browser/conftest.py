"""JupyterLab on loopback and the system's Chromium, one of each for the whole run; a notebook per test.

Needs `chromium` on the path (Debian: apt-get install chromium). Nothing leaves the machine: news, updates and
background networking are off, and every other host is made unreachable.
"""

import shutil

import pytest
from lab import CHROMIUM_FLAGS, LabServer, Notebook
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def playwright():
    """Give the one Playwright of the run: it keeps an event loop running, in which there can be no second."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    """Give the one browser of the run."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=CHROMIUM_FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium):
    """Give an empty page of its own context."""
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Give the one JupyterLab of the run."""
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture
def notebook(lab, page):
    """Open a notebook with the given cells in JupyterLab, its kernel idle; the kernel ends with the test."""
    opened = []

    def open_notebook(name, cells, **options):
        book = Notebook(lab, page, name)
        book.open(cells, **options)
        opened.append(book)
        return book

    yield open_notebook
    for book in opened:
        book.shut_down()
