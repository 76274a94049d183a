"""What all tests share: settings as of a fresh process, and the one server of the local models."""

import signal
import subprocess
import sys

import pytest

from toprouter_nb import settings
from toprouter_nb.local.owner import Owner
from toprouter_nb.local.roster import SMOLLM2_ID


def pytest_sessionstart():
    """Let an interrupt be one: a shell starts what runs in its background deaf to it, and so Python stays."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Run the browser tests last: Playwright keeps an event loop running in this thread until the end."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch):
    """Begin each test with nothing configured and nothing of ours in the environment."""
    monkeypatch.setattr(settings, "_CURRENT", settings._Current())
    for name in ("TOPROUTER_API_KEY", "TOPROUTER_BASE_URL", "TOPROUTER_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def old_ipykernel(tmp_path_factory):
    """Install the last ipykernel 6, whose kernels hear nothing while a cell runs; return its folder."""
    folder = tmp_path_factory.mktemp("ipykernel6")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*pip, "ipykernel==6.31.*", "nest_asyncio"], check=True)
    return folder


@pytest.fixture(scope="session")
def local_owner():
    """Own a server with the embedded model loaded; the weights are fetched on the very first run."""
    owner = Owner()
    owner.address(SMOLLM2_ID)
    yield owner
    owner.stop()


@pytest.fixture(scope="session")
def local_address(local_owner):
    """Return base URL and key of that server."""
    return local_owner.address(SMOLLM2_ID)
