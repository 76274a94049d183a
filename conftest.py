"""What holds for tests, doctests and notebooks alike: none of them writes to the data of whoever runs them."""

import os
import shutil
import tempfile

# Set before anything is imported, so that kernels, servers and other processes begun by a test have it too.
_FOLDER = tempfile.mkdtemp(prefix="toprouter-tests-")
os.environ["TOPROUTER_DATA_DIR"] = os.environ["XDG_DATA_HOME"] = _FOLDER


def pytest_unconfigure() -> None:
    """Take the folder away again."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
