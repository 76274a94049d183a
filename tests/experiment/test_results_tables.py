"""A run leaves as a file with where its numbers come from, and its tables say what they should."""

import json
import signal
import threading

import pandas as pd
import pytest
from studies import Gateway, answer_to, exact, grid_of, study_at, wait_for

from toprouter_nb import Grid, errors, open_run, scorer
from toprouter_nb.call_log import current_log
from toprouter_nb.settings import Settings
from toprouter_nb.testing import Fault


@pytest.fixture
def run(tmp_path):
    """Return a finished run whose answers are not harmless."""
    with Gateway(lambda request: f'=HYPERLINK("x")\n{answer_to(request)}') as gateway:
        yield study_at(gateway, tmp_path, scorers=[exact]).run(display=False)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_an_export_holds_the_table_and_a_manifest(run, tmp_path, ending):
    """The file has the rows of df(); beside it stand versions, prices with their date, hashes and every start."""
    file = run.export(tmp_path / f"rows.{ending}")
    back = pd.read_parquet(file) if ending == "parquet" else pd.read_csv(file)
    assert len(back) == 40
    assert list(back.columns) == list(run.df().columns)
    assert back["cost_usd"].sum() == pytest.approx(float(run.df()["cost_usd"].sum()))
    facts = json.loads((tmp_path / "rows.manifest.json").read_text())
    start = facts["starts"][0]
    assert start["prices_usd_per_million"] == {"a/small": [1.0, 2.0], "b/large": [1.0, 2.0]}
    assert {"prices_at", "toprouter_nb", "python", "packages", "base_url", "concurrency", "noted_at"} <= set(start)
    assert start["grid"]["fingerprint"] == grid_of().fingerprint
    assert [scorer["name"] for scorer in start["scorers"]] == ["exact"]
    assert start["ended"] == "done"


def test_a_csv_holds_no_formula(run, tmp_path):
    """What a spreadsheet would run is text there; a Parquet file keeps the answer as it is."""
    answers = pd.read_csv(run.export(tmp_path / "rows.csv"))["answer"]
    assert answers.str.startswith("'=HYPERLINK").all()
    kept = pd.read_parquet(run.export(tmp_path / "rows.parquet"))["answer"]
    assert kept.str.startswith("=HYPERLINK").all()


def test_an_export_that_cannot_be_written_leaves_nothing(run, tmp_path):
    """Another ending, and a folder that is not there, are clear errors; no part of a file is left."""
    with pytest.raises(errors.ParameterError, match=r"export\(\) writes .parquet and .csv, not 'rows.xls'"):
        run.export(tmp_path / "rows.xls")
    with pytest.raises(errors.StorageError, match="cannot be written"):
        run.export(tmp_path / "no" / "rows.csv")
    assert not list(tmp_path.glob(".rows*"))


def test_summaries_and_comparisons_know_the_plan(tmp_path):
    """Missing cells are counted, a failed row is no zero, and models are compared on shared prompts."""
    with Gateway(lambda request: str(int(request.json["messages"][-1]["content"].split()[2]) + 2)) as gateway:
        study = study_at(gateway, tmp_path, scorers=[exact])
        study.run(display=False, budget_usd=0.0003)
        run = open_run(tmp_path / "sums")
        line = run.summary().df().iloc[0]
        assert 0 < line["ok"] < 20
        assert line["missing"] == 20 - line["ok"]
        assert line["mean"] == 1
        run = study.run(display=False)
    assert run.compare().df()[["wins", "ties", "losses"]].to_numpy().tolist() == [[0, 10, 0]]
    assert run.by_prompt.shape == (10, 2)
    assert (run.by_prompt == 1).all(axis=None)
    assert run.scores == ["exact"]
    assert "40 of 40 done" in repr(run)
    assert "<script" not in run._repr_mimebundle_()["text/html"]


def test_columns_are_those_that_were_named(run):
    """Naming columns gives exactly these, in that order, with the values of the whole table; one name is a list."""
    whole = run.df()
    for named in (["status", "model"], ["exact", "prompt"], ["cost_usd"], ["reference", "answer"], list(whole.columns)):
        assert run.df(named).equals(whole[named])
    assert run.df("model").equals(whole[["model"]])


@pytest.mark.parametrize("columns", ["nope", "mod", ["model", "nope"], [["model"]], 5, ["row_key"]])
def test_a_column_that_is_not_there_is_refused(run, columns):
    """A wrong name is told with the names there are, also part of one."""
    with pytest.raises(errors.ParameterError, match=r"There is no column .* The columns are: kind, model, .*, exact"):
        run.df(columns)


def test_scores_without_a_value_are_shown_as_missing(tmp_path):
    """Where a scorer gave no value, or there is none, the table by prompt says so and does not fail."""
    none = scorer(version=1, name="none")(lambda row: None)
    with Gateway() as gateway:
        bare = study_at(gateway, tmp_path, grid_of(2)).run(display=False).by_prompt
        only = study_at(gateway, tmp_path, grid_of(2), scorers=[none]).run(display=False).by_prompt
        both = study_at(gateway, tmp_path, grid_of(2), scorers=[none, exact]).run(display=False).by_prompt
    assert bare.shape == (2, 0)
    assert only.shape == (2, 2)
    assert only.isna().all(axis=None)
    assert both["none"].isna().all(axis=None)
    assert (both["exact"] == 0).all(axis=None)


def test_texts_with_half_a_pair_of_surrogates_are_kept(tmp_path):
    """A prompt, an answer and what comes with them may hold what no file can: it is readable and can be exported."""
    prompt = {"id": "p", "prompt": "half \ud800", "reference": "r\ud800"}
    says = scorer(version=1, name="says")(lambda row: getattr(row, row.prompt))
    answer = rb'{"provider": "p\ud800", "choices": [{"message": {"content": "a\ud800"}, "finish_reason": "stop"}]}'
    with Gateway(lambda _: Fault(200, answer)) as gateway:
        study = study_at(gateway, tmp_path, Grid([prompt], models="a/small"), scorers=[says])
        run = study.run(display=False)
    row = run.df().iloc[0]
    told = row[["prompt", "reference", "answer", "provider"]]
    assert told.tolist() == ["half \ufffd", "r\ufffd", "a\ufffd", "p\ufffd"]
    assert "half \ufffd" in run.score_errors()["message"].item()
    for ending in ("csv", "parquet"):
        assert run.export(tmp_path / f"rows.{ending}").stat().st_size > 0


def test_the_calls_stand_in_the_ledger(tmp_path):
    """Every call of a run is a line of the ledger, under the run's name, with its cost."""
    with Gateway() as gateway:
        study = study_at(gateway, tmp_path)
        study._base = Settings(gateway.base_url, "sk-canary-0123456789abcdef", ledger_path=tmp_path / "ledger.sqlite")
        run = study.run(display=False)
        log = current_log(study._base)
        lines = list(log.select(["conversation_name", "status", "cost_usd", "requested_model"]))
        log.close()
    assert len(lines) == 40
    assert {(name, status) for name, status, *_ in lines} == {("sums", "ok")}
    assert sum(float(cost) for _, _, cost, _ in lines) == pytest.approx(float(run.df()["cost_usd"].sum()))


def test_an_interrupt_ends_gently_and_the_run_goes_on_later(tmp_path):
    """Ctrl-C begins no new call and waits for those under way, which are paid; nothing is asked twice."""
    with Gateway(seconds=0.05) as gateway:
        study = study_at(gateway, tmp_path, grid_of(60))

        def interrupt():
            wait_for(lambda: gateway.calls > 20)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            study.run(display=False, concurrency=4)
        run = open_run(tmp_path / "sums")
        assert len(run) == gateway.calls
        assert run.manifest()["starts"][0]["ended"] == "interrupted"
        study.run(display=False)
        assert set(gateway.asked.values()) == {1}
        assert gateway.calls == 240
