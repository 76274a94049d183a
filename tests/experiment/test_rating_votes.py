"""The file of votes: it only grows, survives a torn end, and is never another program's."""

import dataclasses
import json
from pathlib import Path

import pytest

from toprouter_nb import errors
from toprouter_nb.experiment.rating_votes import Vote, VoteFile

FULL = Path("/dev/full")
VOTE = Vote(
    pair="ab",
    prompt_id="p",
    cluster="p",
    repeat=0,
    model_a="m",
    model_b="n",
    winner="a",
    is_swapped=True,
    question="Which?",
    rater=None,
    voted_at=1.5,
    seconds=0.5,
)


def test_what_is_read_is_what_was_written(tmp_path):
    """A vote comes back whole; of two by the same person on the same pair the last one counts."""
    votes = VoteFile(tmp_path / "votes.jsonl")
    other = dataclasses.replace(VOTE, rater="Ada\n\x1b\u2028é", winner=None)
    changed = dataclasses.replace(VOTE, winner="tie")
    for vote in (VOTE, other, changed):
        votes.add(vote)
    assert VoteFile(tmp_path / "votes.jsonl").read() == [other, changed]
    votes.take_back(changed)
    assert votes.read() == [other]
    assert (tmp_path / "votes.jsonl").stat().st_mode & 0o077 == 0


def test_a_torn_end_costs_only_itself(tmp_path):
    """Cut after any byte, the file gives every whole line, and the next vote stands on a line of its own."""
    file = tmp_path / "votes.jsonl"
    VoteFile(file).add(VOTE)
    second = dataclasses.replace(VOTE, pair="cd")
    VoteFile(file).add(second)
    whole = file.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole) - 1):
        file.write_bytes(whole[:end])
        VoteFile(file).add(dataclasses.replace(VOTE, pair="ef"))
        assert [vote.pair for vote in VoteFile(file).read() if vote.pair != "cd"] == ["ab", "ef"]


def test_lines_that_make_no_sense_are_passed_over(tmp_path):
    """Numbers, lists, missing fields and unknown winners among the votes are no votes."""
    file = tmp_path / "votes.jsonl"
    VoteFile(file).add(VOTE)
    good = json.loads(file.read_bytes())
    for bad in (good | {"winner": "m"}, good | {"repeat": "x"}, good | {"vote": "1"}, {"vote": 1}, [1], 7, None):
        with file.open("ab") as lines:
            lines.write(json.dumps(bad).encode() + b"\n\xff\xfe\n\n")
    assert VoteFile(file).read() == [VOTE]


def test_a_file_of_something_else_is_refused(tmp_path):
    """A notebook, or votes of a newer version, are read by nobody and changed by nobody."""
    file = tmp_path / "chat.ipynb"
    file.write_text('{"cells": []}\n')
    with pytest.raises(errors.StorageError, match="holds something else than votes"):
        VoteFile(file).read()
    file.write_text('{"vote":2,"new":true}\n')
    with pytest.raises(errors.StorageError, match="newer toprouter_nb"):
        VoteFile(file).read()


def test_what_others_write_is_read_and_what_is_gone_is_gone(tmp_path):
    """Two objects on one file see each other's votes; what the file no longer holds no longer counts."""
    file = tmp_path / "votes.jsonl"
    one, two = VoteFile(file), VoteFile(file)
    one.add(VOTE)
    assert two.read() == [VOTE]
    other = dataclasses.replace(VOTE, pair="cd")
    two.add(other)
    assert one.read() == two.read() == [VOTE, other]
    file.unlink()
    assert one.read() == []
    VoteFile(file).add(other)
    assert one.read() == [other]


def test_a_vote_that_cannot_be_written_is_an_error(tmp_path):
    """In a folder that is gone, or on a full disk, it is one typed error that says the vote does not count."""
    with pytest.raises(errors.StorageError, match=r"could not be written .*It does not count"):
        VoteFile(tmp_path / "none" / "votes.jsonl").add(VOTE)
    with pytest.raises(errors.StorageError, match="It does not count"):
        VoteFile(tmp_path).add(VOTE)


def test_a_full_disk_is_told(tmp_path):
    """The system's own words stand in the error."""
    (tmp_path / "votes.jsonl").symlink_to(FULL)
    with pytest.raises(errors.StorageError, match="No space left on device"):
        VoteFile(tmp_path / "votes.jsonl").add(VOTE)
