"""Scores come after the rows are safe; a scorer that fails or hangs costs a score and nothing else."""

import threading

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
