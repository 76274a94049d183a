"""Reading one regular file: nothing waits, nothing else is opened."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from toprouter_nb.errors import ImageError
from toprouter_nb.images.caps import CAPS
from toprouter_nb.images.files import read_image_file


def refused(path: object) -> ImageError:
    """Return the error that reading `path` raises."""
    with pytest.raises(ImageError) as caught:
        read_image_file(str(path))
    return caught.value


def test_file_is_read_whole(tmp_path):
    """A regular file is read to its end, however large, and through links."""
    data = bytes(range(256)) * 20_000
    (tmp_path / "image").write_bytes(data)
    (tmp_path / "link").symlink_to("image")
    assert read_image_file(str(tmp_path / "link")) == data


def test_missing_file(tmp_path):
    """A file that is not there is said to be missing, also inside of what is no folder."""
    (tmp_path / "file").touch()
    assert "There is no such file" in str(refused(tmp_path / "missing.png"))
    assert "There is no such file" in str(refused(tmp_path / "file" / "inside.png"))


def test_home_is_not_guessed():
    """`~` is a name like any other; the message says how to mean one's home."""
    assert "expanduser()" in str(refused("~/image.png"))


@pytest.mark.timeout(5)
def test_pipe_does_not_hang(tmp_path):
    """A named pipe nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "pipe.png")
    assert "not a regular file" in str(refused(tmp_path / "pipe.png"))


@pytest.mark.timeout(5)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random"])
def test_device_is_refused(device):
    """A device, endless or empty, is no image file."""
    assert "not a regular file" in str(refused(device))


def test_socket_is_refused(tmp_path, monkeypatch):
    """A socket in the file system is no image file."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
        assert "not a regular file" in str(refused("socket.png"))


def test_folder_is_refused(tmp_path):
    """A folder is named as such."""
    assert "folder" in str(refused(tmp_path))


def test_link_that_leads_to_itself(tmp_path):
    """A loop of links is named as such."""
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert "leads to itself" in str(refused(tmp_path / "one"))


def test_empty_file(tmp_path):
    """A file of 0 bytes is said to be empty."""
    (tmp_path / "empty.png").touch()
    assert "0 bytes" in str(refused(tmp_path / "empty.png"))


@pytest.mark.parametrize("path", ["image\x00.png", "\ud800.png", "x" * 5_000, ""])
def test_path_that_no_file_can_have(path):
    """A path no file can have is a typed error too."""
    refused(path)


def test_file_that_may_not_be_read(tmp_path):
    """A file without the right to read it is said to be so; asked by a process that is nobody."""
    tmp_path.chmod(0o755)
    (tmp_path / "closed.png").write_bytes(b"data")
    (tmp_path / "closed.png").chmod(0)
    code = (
        "import os, sys; from toprouter_nb.images.files import read_image_file; os.chdir(sys.argv[1]);"
        "os.getuid() or os.setuid(65534); read_image_file('closed.png')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "ImageError: It may not be read." in done.stderr


def test_huge_file_is_refused_by_its_size(tmp_path):
    """A file of 400 MB is refused before a byte is read, with both sizes."""
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(400_000_000)
    error = refused(tmp_path / "huge.png")
    assert error.kind == "too_large"
    assert "400,000,000" in str(error)
    assert f"{CAPS.file_bytes:,}" in str(error)


def test_file_at_the_limit_is_read(tmp_path):
    """The largest file is read, and one byte more is refused."""
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(CAPS.file_bytes)
        assert len(read_image_file(file.name)) == CAPS.file_bytes
        file.truncate(CAPS.file_bytes + 1)
        assert refused(file.name).kind == "too_large"


def test_file_that_grows_or_is_swapped_is_opened_once(tmp_path, monkeypatch):
    """The open file decides: what is put in its place between the check and the read does not matter."""
    path = tmp_path / "image"
    path.write_bytes(b"first")
    look = os.fstat
    opened = []
    real_open = os.open

    def look_and_swap(descriptor: int) -> os.stat_result:
        facts = look(descriptor)
        path.unlink()
        os.mkfifo(path)
        return facts

    monkeypatch.setattr("os.fstat", look_and_swap)
    monkeypatch.setattr("os.open", lambda *given: opened.append(given) or real_open(*given))
    assert read_image_file(str(path)) == b"first"
    assert len(opened) == 1


def test_no_file_stays_open(tmp_path):
    """Every way a read can end closes what it opened."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    (tmp_path / "empty").touch()
    for path in (tmp_path, tmp_path / "empty", tmp_path / "missing", "/dev/zero"):
        refused(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
