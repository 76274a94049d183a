"""The file of a lesson: whole lines are used, everything else is told."""

import copy
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from toprouter_nb.errors import ParameterError, StorageError
from toprouter_nb.lessons.asked import Asked
from toprouter_nb.lessons.file import LessonFile, load_lesson
from toprouter_nb.lessons.lines import decode_line, decode_take, encode_take
from toprouter_nb.lessons.take import Break, Take

GOLDEN = (Path(__file__).parents[1] / "data" / "lesson_v1.jsonl").read_bytes()
HELLO = Asked("m", ({"role": "user", "content": "Hi"},), {"seed": 1})


@pytest.mark.parametrize(
    "take",
    [
        Take(HELLO, 200, 0.25, ((0.25, b"data: x\n\n"), (1.5, "é".encode()[:1]), (1.6, "é".encode()[1:]))),
        Take(HELLO, None, 0.0, (), Break(2.5, "ConnectFailedError", "connection", "It broke.", is_transient=True)),
        Take(
            HELLO,
            200,
            0.1,
            ((0.2, b"\xff\x00"),),
            Break(3.0, "ReadTimeoutError", "idle_timeout", "Silence.", is_transient=False),
        ),
        Take(Asked("", (), {"a": {"b": [1, None, "\ud800"]}}), 503, 0.0, ()),
    ],
)
def test_a_take_comes_back_from_its_line(take):
    """Blocks that are no text, cut characters and faults included; a line has one line end."""
    line = encode_take(take)
    assert line.count(b"\n") == 1
    assert decode_take(decode_line(line)) == take


def test_a_file_cut_short_plays_as_far_as_it_is_whole(tmp_path):
    """One warning tells how much is lost; where nothing is whole that is an error."""
    path = tmp_path / "lesson.jsonl"
    path.write_bytes(GOLDEN[:-20])
    with pytest.warns(RuntimeWarning, match=r"'.*lesson\.jsonl': 1 of its lines cannot be read, as one that was cut"):
        assert len(load_lesson(path)) == 1
    path.write_bytes(GOLDEN[:200])
    with pytest.raises(StorageError, match="is a lesson without a whole exchange"):
        load_lesson(path)


def test_a_recording_after_a_cut_line_begins_on_its_own(tmp_path):
    """What is recorded after a crash is not joined to what the crash left."""
    path = tmp_path / "lesson.jsonl"
    path.write_bytes(GOLDEN[:-20])
    file = LessonFile(path)
    file.open()
    file.append(Take(HELLO, 200, 0.1, ()))
    file.close()
    with pytest.warns(RuntimeWarning, match="1 of its lines"):
        assert len(load_lesson(path)) == 2


@pytest.mark.parametrize(
    "content", [b"my notes\n", b'{"format": "other", "version": 1}\n', b"\x00\xff", b"{}\n" + GOLDEN]
)
def test_another_file_is_neither_played_nor_added_to(content, tmp_path):
    """It is told what a lesson begins with, and stays as it is."""
    path = tmp_path / "file"
    path.write_bytes(content)
    for do in (load_lesson, lambda path: LessonFile(path).open()):
        with pytest.raises(StorageError, match=r"is no lesson\. One is recorded with `with tr\.record"):
            do(path)
    assert path.read_bytes() == content


def test_a_newer_version_is_told_with_its_number(tmp_path):
    """Neither played nor added to."""
    path = tmp_path / "file"
    path.write_bytes(GOLDEN.replace(b'"version": 1', b'"version": 7', 1))
    for do in (load_lesson, lambda path: LessonFile(path).open()):
        with pytest.raises(StorageError, match=r"of version 7, and this release reads version 1\. Update"):
            do(path)


def test_a_file_that_is_not_there_is_told(tmp_path):
    """At once, not with the first question; so is a folder that is none."""
    with pytest.raises(ParameterError, match="There is no file"):
        load_lesson(tmp_path / "no.jsonl")
    with pytest.raises(StorageError, match="cannot be written"):
        LessonFile(tmp_path / "no" / "lesson.jsonl").open()


def test_what_is_appended_is_there_after_a_kill(tmp_path):
    """No acknowledged exchange is lost, and at most the last line is torn."""
    code = (
        "import sys\nfrom toprouter_nb.lessons.file import LessonFile\nfrom toprouter_nb.lessons.take import Take\n"
        "from toprouter_nb.lessons.asked import Asked\nfile = LessonFile(sys.argv[1])\nfile.open()\ncount = 0\n"
        "while True:\n    file.append(Take(Asked('m', (), {'n': count}), 200, 0, ((0, b'x' * 50_000),)))\n"
        "    count += 1\n    print(count, flush=True)\n"
    )
    for seed in range(2):
        path = tmp_path / f"{seed}.jsonl"
        child = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
        child.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.1))
        child.send_signal(signal.SIGKILL)
        told = child.communicate()[0].split()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert len(load_lesson(path)) >= int(told[-1] if told else 1)


def test_a_line_that_cannot_be_written_whole_is_ended(tmp_path, monkeypatch):
    """On a full disk the error is ours, and the next recording is not joined to the torn line."""
    file = LessonFile(tmp_path / "lesson.jsonl")
    file.open()
    file.append(Take(HELLO, 200, 0.1, ()))
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, line: real(handle, line[:10]))
    with pytest.raises(StorageError, match="No space left on device"):
        file.append(Take(HELLO, 200, 0.2, ()))
    monkeypatch.undo()
    file.append(Take(HELLO, 200, 0.3, ()))
    file.close()
    with pytest.raises(StorageError, match="is not being recorded any more"):
        file.append(Take(HELLO, 200, 0.4, ()))
    with pytest.warns(RuntimeWarning, match="1 of its lines"):
        assert len(load_lesson(tmp_path / "lesson.jsonl")) == 2


ODD = (None, -1, 1e999, 10**9, "", "x", [], {}, [[1]], True, {"base64": "%"}, "\ud800", [[0.1, 5]], "SystemExit")


def damage(rng, content):
    """Return a lesson with bytes or values replaced."""
    if rng.random() < 0.5:
        damaged = bytearray(content)
        for _ in range(rng.randrange(1, 5)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        return bytes(damaged)
    lines = content.splitlines()
    place = rng.randrange(len(lines))
    row = json.loads(lines[place])
    row[rng.choice(list(row))] = copy.deepcopy(rng.choice(ODD))
    if "request" in row and isinstance(row["request"], dict) and row["request"]:
        row["request"][rng.choice(list(row["request"]))] = copy.deepcopy(rng.choice(ODD))
    lines[place] = json.dumps(row).encode()
    return b"\n".join(lines)


@pytest.mark.filterwarnings("ignore:.*of its lines cannot be read")
def test_damaged_lessons_end_in_our_errors_only(tmp_path):
    """Whatever 200 mutations do to a lesson, it is played as far as it is whole, or refused with an error of ours."""
    rng = random.Random(5)
    path = tmp_path / "lesson.jsonl"
    outcomes = set()
    for _ in range(200):
        path.write_bytes(damage(rng, GOLDEN))
        try:
            lesson = load_lesson(path)
            lesson.next_take(HELLO)
        except (StorageError, ParameterError) as error:
            outcomes.add(type(error))
    assert outcomes == {StorageError, ParameterError}
