"""A file is the old one or the new one, whatever happens."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest

import toprouter_nb as tr
from toprouter_nb.archive.storage import read_whole, write_whole
from toprouter_nb.errors import ParameterError, StorageError

SAVER = """
import sys
from toprouter_nb.archive.storage import write_whole
print("ready", flush=True)
count = 0
while True:
    count += 1
    write_whole(sys.argv[1], str(count).encode() * 200_000)
    print(count, flush=True)
"""


def kill_while_saving(path, seconds):
    """Save again and again in a child, kill it, and return the last save it told of."""
    child = subprocess.Popen([sys.executable, "-c", SAVER, path], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
    finally:
        child.send_signal(signal.SIGKILL)
        told = child.communicate()[0].split()
    return int(told[-1]) if told else 0


def killed(path, seconds):
    """Kill a child while it saves, and check what it left."""
    told = kill_while_saving(path, seconds)
    if told:
        content = path.read_bytes().decode()
        count = int(content[: len(content) // 200_000])
        assert content == str(count) * 200_000
        assert count >= told
    write_whole(path, b"last")
    assert [left.name for left in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_leaves_the_old_file_or_the_new(seed, tmp_path):
    """After kill -9 the file is whole, no acknowledged save is lost, and the next save leaves no draft."""
    killed(tmp_path / "file", random.Random(seed).uniform(0, 0.15))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_kills(tmp_path):
    """The same, at 200 random moments."""
    for seed in range(200):
        killed(tmp_path / "file", random.Random(seed).uniform(0, 0.1))


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """Where the system takes no more bytes, the error is ours, the old file stands and no draft is left."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot be written; what was there is as it was \(File too large\)"):
            write_whole(path, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"old"
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_the_bytes_are_on_the_disk_before_the_name(tmp_path, monkeypatch):
    """Where the system cannot have the bytes on the disk, the old file stays."""
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(_handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match=r"\(Input/output error\)"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_several_processes_may_save_one_file(tmp_path):
    """The last one wins, and none takes another's draft for a leftover."""
    code = "import sys\nfrom toprouter_nb.archive.storage import write_whole\n"
    code += "for i in range(40): write_whole(sys.argv[1], sys.argv[2].encode() * 50_000)"
    path = tmp_path / "file"
    children = [subprocess.Popen([sys.executable, "-c", code, path, letter]) for letter in "abcd"]
    assert [child.wait(60) for child in children] == [0] * 4
    content = path.read_bytes()
    assert content == content[:1] * 50_000
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_a_pipe_or_a_huge_file_is_not_read(tmp_path):
    """Reading waits for nobody and takes no more than the bound."""
    os.mkfifo(tmp_path / "pipe")
    for do in (read_whole, lambda path: write_whole(path, b"")):
        with pytest.raises(StorageError, match="regular file"):
            do(tmp_path / "pipe")
    (tmp_path / "big").write_bytes(b"x" * 11)
    with pytest.raises(StorageError, match="is larger than 0 MiB"):
        read_whole(tmp_path / "big", 10)


def test_names_are_shown_safely(tmp_path):
    """A name with control bytes does nothing to a terminal, and a long one can be saved."""
    with pytest.raises(StorageError) as told:
        read_whole(tmp_path / "\x1b[31m", 0) if (tmp_path / "\x1b[31m").write_bytes(b"x") else None
    assert "\x1b" not in str(told.value)
    write_whole(tmp_path / ("n" * 250), json.dumps({}).encode())


def test_a_name_that_no_system_takes_is_told(tmp_path):
    """A name beyond what the file system allows is one of our errors, wherever a file is named."""
    long = tmp_path / ("a" * 300)
    chat = tr.Conversation.from_messages([{"role": "user", "content": "Hi"}])
    for use in (chat.save, tr.Conversation.load, tr.Conversation.from_notebook, tr.replay):
        with pytest.raises(StorageError, match=r"cannot be found \(.*too long"):
            use(long)
    with pytest.raises(StorageError, match="cannot be found"):
        chat.export(long.with_suffix(".md"))
    with pytest.raises(ParameterError, match="No file matches"):
        tr.collect(long)
