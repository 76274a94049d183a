"""Scores come after the rows are safe; a scorer that fails or hangs costs a score and nothing else."""

import sys
import threading

import pytest
from studies import Gateway, exact, grid_of, study_at

from toprouter_nb import open_run, scorer


@scorer(version=1)
def raises(row):
    """Fail."""
    raise ZeroDivisionError(row.answer)


@scorer(version=1)
def hangs(row):
    """Never end, for one prompt."""
    if row.prompt_id == "p0":
        threading.Event().wait()
    return {"value": 0.5, "passed": True, "why": row.prompt}


def test_every_answer_is_scored_once_it_is_there(tmp_path):
    """Each scorer has a column; the reference is at hand."""
    with Gateway(lambda request: str(int(request.json["messages"][-1]["content"].split()[2]) + 2)) as gateway:
        run = study_at(gateway, tmp_path, scorers=[exact]).run(display=False)
    assert run.df()["exact"].tolist() == [1.0] * 40


def test_a_scorer_that_raises_or_hangs_costs_only_its_score(tmp_path):
    """Its error stands in the table of errors, the other scores are there, and the run ends."""
    grid = grid_of(3, repeats=1, models=["a/small"])
    with Gateway("x") as gateway:
        study = study_at(gateway, tmp_path, grid, scorers=[raises, hangs, exact], scorer_seconds=0.2)
        run = study.run(display=False)
    frame = run.df().set_index("prompt_id")
    assert frame["raises"].isna().all()
    assert frame["hangs"].dropna().to_dict() == {"p1": 0.5, "p2": 0.5}
    assert frame["exact"].tolist() == [0.0] * 3
    said = run.score_errors().set_index("scorer")["message"].to_dict()
    assert said == {"raises": "ZeroDivisionError: x", "hangs": "The scorer took longer than 0.2 s."}


def test_the_rows_after_three_hangs_say_that_they_were_left_out(tmp_path):
    """A scorer that hangs again and again is left out, its table of errors counts every row, and a new start tries."""
    stuck = threading.Event()
    waits = scorer(version=1, name="waits")(lambda row: stuck.wait())
    with Gateway() as gateway:
        study = study_at(gateway, tmp_path, grid_of(10, repeats=1), scorers=[waits], scorer_seconds=0.1)
        run = study.run(display=False)
        said = run.score_errors()
        assert said["count"].tolist() == [17, 3]
        assert said["message"][0].startswith("Not scored: the scorer hung for 3 rows before this one. Mend it")
        told = run.summary().sentences[-1]
        assert told.startswith("waits failed for 20 answers; see .score_errors(). The first: Not scored:")
        stuck.set()
        again = study.run(display=False)
    assert again.df()["waits"].count() == 17
    assert again.score_errors()["count"].tolist() == [3]


@pytest.mark.parametrize(
    ("judge", "said"),
    [
        (lambda row: sys.exit(3), "SystemExit: 3"),
        (lambda row: (_ for _ in ()).throw(KeyboardInterrupt), "KeyboardInterrupt: "),
        (lambda row: (_ for _ in ()).throw(TimeoutError("late")), "TimeoutError: late"),
        (lambda row: "yes", "dict with \"value\", or None for no score, not 'yes'."),
        (lambda row: "0.5", "not '0.5'."),
        (lambda row: {"score": 1}, "not a dict without it."),
        (lambda row: [1], "not [1]."),
        (lambda row: float("inf"), "or None for no score, not inf."),
        (lambda row: 10**400, "0000…."),
    ],
)
def test_what_a_scorer_does_wrong_is_the_error_of_its_row(tmp_path, judge, said):
    """Leaving the process, failing, or returning what is no score costs one score, at once, and says what is right."""
    wrong = scorer(version=1, name="wrong")(lambda row: judge(row) if row.prompt_id == "p0" else 0.5)
    with Gateway() as gateway:
        run = study_at(gateway, tmp_path, grid_of(5, repeats=1), scorers=[wrong], scorer_seconds=5).run(display=False)
    assert run.df()["wrong"].count() == 8
    errors = run.score_errors()
    assert errors["count"].tolist() == [2]
    assert errors["message"][0].endswith(said)
    told = [sentence for sentence in run.summary().sentences if ".score_errors()" in sentence]
    assert told == [f"wrong failed for 2 answers; see .score_errors(). The first: {errors['message'][0]}"]


def test_errors_of_an_older_version_are_told_no_more(tmp_path):
    """Once a mended scorer has scored the rows, nothing failed."""
    with Gateway() as gateway:
        run = study_at(gateway, tmp_path, grid_of(2), scorers=[raises]).run(display=False)
    mended = scorer(version=2, name="raises")(lambda row: 1)
    assert run.score_errors()["count"].sum() == 8
    assert run.rescore([mended]).score_errors().empty


def test_rescoring_makes_no_call(tmp_path):
    """Another scorer, or another version, is applied to what is there; the old version's scores are kept, not shown."""
    with Gateway() as gateway:
        study_at(gateway, tmp_path, scorers=[exact]).run(display=False)
        opened = open_run(tmp_path / "sums")
        length = scorer(version=1, name="length")(lambda row: len(row.answer))
        assert opened.rescore([length]).df()["length"].tolist() == [12.0] * 40
        other = scorer(version=2, name="length")(lambda row: 2 * len(row.answer))
        assert opened.rescore([other]).df()["length"].tolist() == [24.0] * 40
        assert gateway.calls == 40
    assert next(opened._store.select("SELECT count(*) FROM scores"))[0] == 120


def test_what_was_scored_in_a_stopped_run_is_not_scored_again(tmp_path):
    """A second run scores only what has no score."""
    seen = []
    counts = scorer(version=1, name="counts")(lambda row: seen.append(row.row_key) or 1)
    with Gateway() as gateway:
        for _ in range(2):
            study_at(gateway, tmp_path, scorers=[counts]).run(display=False)
    assert len(seen) == len(set(seen)) == 40
