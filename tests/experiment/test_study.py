"""An experiment asks each cell once, whatever ends it."""

import json
import math
import threading
import time

import pytest
from studies import MODELS, Gateway, answer_to, cell_of, grid_of, listed, running, study_at, table_of, wait_for

from toprouter_nb import Experiment, Grid, errors, open_run, record, replay
from toprouter_nb.testing import Fault, Script


def test_a_run_asks_every_cell_once_and_a_second_run_none(tmp_path):
    """Running the cell again makes no call and shows the same table."""
    with Gateway() as gateway:
        first = study_at(gateway, tmp_path).run(display=False)
        before = table_of(first)
        again = study_at(gateway, tmp_path).run(display=False)
        assert gateway.calls == len(grid_of()) == 40
        assert set(gateway.asked.values()) == {1}
    assert table_of(again).equals(before)
    assert before["answer"].nunique() == 40
    assert first.state.phase == "done"


def test_repeats_keep_their_own_answers(tmp_path):
    """Five repeats at a temperature are five answers, cold and warm."""
    grid = grid_of(1, models=["a/small"], repeats=5, params=[{"temperature": 0.8}], seed=None)
    numbers = iter(range(100))
    with Gateway(lambda _: f"answer {next(numbers)}") as gateway:
        cold = table_of(study_at(gateway, tmp_path, grid).run(display=False))
        warm = table_of(study_at(gateway, tmp_path, grid).run(display=False))
        assert gateway.calls == 5
    assert cold["answer"].nunique() == 5
    assert warm.equals(cold)


def test_only_what_changes_the_answer_makes_a_new_cell(tmp_path):
    """Concurrency, time limits, retries, budget and streaming change no key; the address does."""
    with Gateway() as gateway, Gateway() as other:
        study_at(gateway, tmp_path).run(display=False)
        changed = {"first_byte_seconds": 7.0, "max_retries": 0, "stream": True, "durability": "power"}
        study_at(gateway, tmp_path, **changed).run(display=False, concurrency=3, budget_usd=5)
        assert gateway.calls == 40
        study_at(other, tmp_path).run(display=False)
        assert other.calls == 40
        study_at(gateway, tmp_path).run(display=False)
        assert gateway.calls == 40


def test_another_model_pays_for_its_cells_only(tmp_path):
    """One model more is exactly its share of the calls; the others' rows stand as they were."""
    with Gateway(models=listed([*MODELS, "c/new"])) as gateway:
        study = study_at(gateway, tmp_path)
        before = table_of(study.run(display=False))
        assert study.with_models("c/new").estimate().missing == 20
        more = table_of(study.with_models("c/new").run(display=False))
        assert gateway.calls == 60
        assert study.with_models("c/new").estimate().missing == 0
    assert more[more["model"] != "c/new"].reset_index(drop=True).equals(before)


def test_a_changed_prompt_is_asked_and_the_old_answer_leaves_the_table(tmp_path):
    """The table holds the grid that was run last; going back to the old one is free."""
    with Gateway() as gateway:
        old, new = (Grid([{"id": "p", "prompt": text}], models="a/small") for text in ("Old?", "New?"))
        study_at(gateway, tmp_path, old).run(display=False)
        changed = study_at(gateway, tmp_path, new).run(display=False)
        assert gateway.calls == 2
        assert changed.df()["prompt"].tolist() == ["New?"]
        back = study_at(gateway, tmp_path, old).run(display=False)
        assert gateway.calls == 2
        assert back.df()["prompt"].tolist() == ["Old?"]


def test_a_renamed_prompt_takes_the_answer_it_has(tmp_path):
    """The very same request under another id is not paid again; its row says where the answer is from."""
    with Gateway() as gateway:
        one, two = (Grid([{"id": name, "prompt": "Same?"}], models="a/small", seed=None) for name in ("one", "two"))
        first = table_of(study_at(gateway, tmp_path, one).run(display=False))
        second = study_at(gateway, tmp_path, two).run(display=False)
        assert gateway.calls == 1
    frame = second.df()
    assert frame["answer"].tolist() == first["answer"].tolist()
    assert (frame["prompt_id"].tolist(), frame["cache_hit"].tolist(), frame["cost_usd"].tolist()) == (
        ["two"],
        [True],
        [0.0],
    )


def test_errors_are_rows_and_are_asked_again(tmp_path):
    """A failed cell is a row that says why and costs nothing; the next run asks it again."""
    broken = threading.Event()
    broken.set()

    def reply(request):
        is_bad = broken.is_set() and "What is 3 +" in cell_of(request)
        return Fault(400, {"error": {"message": "bad prompt", "code": 400}}) if is_bad else answer_to(request)

    with Gateway(reply) as gateway:
        run = study_at(gateway, tmp_path).run(display=False)
        frame = run.df()
        failed = frame[frame["status"] == "error"]
        assert len(failed) == 4
        assert set(failed["error_type"]) == {"BadRequestError"}
        assert set(failed["error_code"]) == {400}
        assert failed["cost_usd"].isna().all()
        assert run.errors()[["status", "count"]].values.tolist() == [["error", 2], ["error", 2]]
        broken.clear()
        again = study_at(gateway, tmp_path).run(display=False)
        assert gateway.calls == 44
    assert set(again.df()["status"]) == {"ok"}


def test_faults_that_pass_are_tried_again_within_the_call(tmp_path):
    """A 503 and a 429 are waited out; the row says how often it was sent."""
    seen = set()

    def reply(request):
        cell = cell_of(request)
        if cell in seen or "What is 1 +" not in cell:
            return answer_to(request)
        seen.add(cell)
        status = 503 if "a/small" in cell else 429
        return Fault(status, headers={"Retry-After": "0.05"})

    with Gateway(reply) as gateway:
        run = study_at(gateway, tmp_path, grid_of(3)).run(display=False)
    frame = run.df()
    assert set(frame["status"]) == {"ok"}
    again = frame[frame["prompt_id"] == "p1"]
    assert set(again["attempts"]) == {2}
    assert (again["retry_wait_s"] > 0).all()
    assert set(frame[frame["prompt_id"] != "p1"]["attempts"]) == {1}
    assert run.state.refused == 2


def test_a_dead_model_does_not_stop_the_others(tmp_path):
    """A model that is not there is given up after a few calls; the rest of the grid is finished."""

    def reply(request):
        is_dead = request.json["model"] == "a/small"
        return Fault(404, {"error": {"message": "No such model", "code": 404}}) if is_dead else answer_to(request)

    with Gateway(reply) as gateway:
        run = study_at(gateway, tmp_path, grid_of(50)).run(display=False, concurrency=4)
        assert gateway.calls <= 100 + 3 + 4
    statuses = run.df().groupby("model", observed=True)["status"].value_counts().to_dict()
    assert statuses["b/large", "ok"] == 100
    assert statuses["a/small", "error"] < 8
    assert run.state.phase == "dead"
    assert "No such model" in run.state.dead["a/small"]


def test_stop_and_run_again_goes_on(tmp_path):
    """A stopped run keeps what is done, and the next one asks for the rest only."""
    with Gateway(seconds=0.02) as gateway:
        study = study_at(gateway, tmp_path, grid_of(40))
        run = study.run(wait=False, display=False, concurrency=4)
        wait_for(lambda: len(run) >= 10)
        run.stop()
        assert run.state.phase == "stopped"
        assert len(run) == gateway.calls < 160
        study.run(display=False)
        assert set(gateway.asked.values()) == {1}
        assert gateway.calls == 160


def test_pause_and_resume(tmp_path):
    """While a run is paused nothing is asked; then it goes on."""
    with Gateway(seconds=0.01) as gateway, running(study_at(gateway, tmp_path, grid_of(60)), concurrency=2) as run:
        wait_for(lambda: len(run) >= 5)
        run.pause()
        time.sleep(0.3)
        wait_for(lambda: len(run) == gateway.calls)  # those under way have ended, however busy the machine is
        before = gateway.calls
        time.sleep(0.3)
        assert gateway.calls == before < 240
        assert run.state.phase == "paused"
        run.resume()
        wait_for(lambda: gateway.calls > before)


def test_a_second_driver_is_refused_and_a_reader_is_not(tmp_path):
    """Two runs of one folder at once are one clear error; looking at it is always possible."""
    with Gateway(seconds=0.05) as gateway, running(study_at(gateway, tmp_path, grid_of(40)), concurrency=2) as run:
        wait_for(lambda: len(run) >= 2)
        with pytest.raises(errors.StorageError, match="is being driven already, by process"):
            study_at(gateway, tmp_path, grid_of(40)).run(display=False)
        reader = open_run(tmp_path / "sums")
        assert reader.is_running
        assert len(reader.df()) >= 2
        with pytest.raises(errors.ParameterError, match="This run is not driven from here"):
            reader.stop()
    assert not open_run(tmp_path / "sums").is_running


def test_the_key_is_in_no_file(tmp_path):
    """Nothing of a run's folder, its manifest or its exports holds the key, even where the server repeats it."""
    with Gateway(lambda request: f"your key is sk-canary-0123456789abcdef {cell_of(request)}") as gateway:
        run = study_at(gateway, tmp_path, grid_of(2)).run(display=False)
        run.export(tmp_path / "rows.csv")
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or b"canary-0123456789" not in file.read_bytes(), file
    assert "canary" not in json.dumps(run.manifest())


def test_a_streamed_run_knows_its_first_texts(tmp_path):
    """With stream=True each row has the seconds to its first text, and the same tokens and answer."""
    with Gateway(lambda _: Script("one two three", delay_seconds=0.01)) as gateway:
        run = study_at(gateway, tmp_path, grid_of(2), stream=True).run(display=False)
    frame = run.df()
    assert (frame["ttft_s"] > 0).all()
    assert set(frame["answer"]) == {"one two three"}
    assert set(frame["completion_tokens"]) == {3}


def test_a_lesson_answers_a_run_without_key_or_server(tmp_path):
    """A recorded experiment is played again where there is neither, also a model that the list no longer holds."""
    grid = grid_of(2, repeats=1)
    with Gateway() as gateway, record(tmp_path / "lesson.jsonl"):
        recorded = table_of(study_at(gateway, tmp_path, grid).run(display=False))
    with Gateway(models=listed(["c/other"])) as gateway, replay(tmp_path / "lesson.jsonl", speed=math.inf):
        run = Experiment("again", grid, dir=tmp_path, base_url=gateway.base_url).run(display=False)
        assert gateway.calls == 0
    assert table_of(run)["answer"].tolist() == recorded["answer"].tolist()
    assert set(run.df()["cost_usd"]) == {0.0}


def test_endings_are_statuses(tmp_path):
    """An answer cut at its limit, and one the filter ended, are told from whole ones, and are final."""
    reasons = {"What is 0 + 2?": "length", "What is 1 + 2?": "content_filter", "What is 2 + 2?": "stop"}
    with Gateway(lambda r: Script("x", finish_reason=reasons[r.json["messages"][-1]["content"]])) as gateway:
        grid = grid_of(3, models=["a/small"], repeats=1)
        frame = study_at(gateway, tmp_path, grid).run(display=False).df()
        study_at(gateway, tmp_path, grid).run(display=False)
        assert gateway.calls == 3
    assert frame.set_index("prompt_id")["status"].to_dict() == {"p0": "length", "p1": "filtered", "p2": "ok"}


def test_known_limits_are_kept(tmp_path):
    """Under 600 requests a minute, ten a second go out and none is refused; unused tokens are given back."""
    with Gateway() as gateway:
        run = study_at(gateway, tmp_path, grid_of(8)).run(
            display=False, requests_per_minute={"a/small": 600, "b/large": 6_000}, tokens_per_minute=60_000
        )
        times = sorted(gateway.times)
        assert times[-1] - times[0] >= 1.3
    assert run.state.done == 32
