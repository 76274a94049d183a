"""How far a run is, in numbers that are sums over its rows, shown calmly."""

import io
import json
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from studies import Gateway, grid_of, running, study_at, wait_for

from toprouter_nb import open_run
from toprouter_nb.experiment.progress import State
from toprouter_nb.experiment.progress_view import TextProgress, render_state
from toprouter_nb.testing import Fault

STATE = State(
    planned=200, done=50, errors=2, spent_usd=0.5, projected_usd=2.0, eta_seconds=90.0, per_second=1.5, refused=3,
    phase="running", dead={"a/<script>": "\x1b[31m gone"},
)  # fmt: skip


def test_the_view_says_what_matters_and_is_safe():
    """Done, time left, money, errors, refusals and dead models stand there; nothing of them acts."""
    html = render_state("<b>name</b>", STATE)
    for said in ("50 of 200", "1 min 30 s left", "$0.5000 spent, $2.0000 at the end", "2 errors", "3 refused (429)"):
        assert said in html
    assert "<script" not in html
    assert "<b>name" not in html
    assert "\x1b" not in html
    assert 'role="progressbar"' in html


def test_a_terminal_gets_a_bar(monkeypatch):
    """Without a notebook the same facts stand behind a bar."""
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    view = TextProgress("sums")
    view.draw(STATE)
    view.finish(STATE)
    assert "sums:" in screen.getvalue()
    assert "$0.5000 spent" in screen.getvalue()


def test_the_projection_is_near_the_end_early_on(tmp_path):
    """After a fifth of a shuffled run the projected cost is within a quarter of what it costs in the end."""
    with Gateway(seconds=0.02) as gateway, running(study_at(gateway, tmp_path, grid_of(50)), concurrency=4) as run:
        wait_for(lambda: len(run) >= 40)
        early = run.state.projected_usd
        run.wait()
        assert early == pytest.approx(run.state.spent_usd, rel=0.25)
        assert run.state.eta_seconds is None


def test_totals_are_sums_over_rows_whoever_looks(tmp_path):
    """After a restart, and from another kernel, the totals are those of all rows."""
    with Gateway() as gateway:
        study = study_at(gateway, tmp_path)
        study.run(budget_usd=0.0005, display=False)
        run = study.run(display=False)
    seen = open_run(tmp_path / "sums").state
    assert (seen.done, seen.planned) == (40, 40)
    assert seen.spent_usd == run.state.spent_usd == pytest.approx(float(run.df()["cost_usd"].sum()))


def test_a_gateway_that_is_not_there_is_told_plainly(tmp_path, monkeypatch):
    """Where every call failed, each view says so, why, and that a new run asks again; where one did not, none does."""
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    with Gateway() as gateway:
        lists = study_at(gateway, tmp_path, grid_of(1), max_retries=0)
        lists.estimate()
    run = lists.run(display=False)
    assert (run.state.phase, run.state.done, run.state.errors) == ("done", 0, 4)
    assert "was refused" in run.state.failure
    TextProgress("sums").finish(run.state)
    for told in (repr(run), run._repr_mimebundle_()["text/html"], screen.getvalue(), repr(open_run(run.path))):
        assert "Every call failed, the first with: The connection to 127.0.0.1" in told
        assert "failed cells are asked again" in told
    assert "is done" not in run._repr_mimebundle_()["text/html"]
    answers = iter([Fault(400), "4", "4", "4"])
    with Gateway(lambda _: next(answers)) as gateway:
        mixed = study_at(gateway, tmp_path, grid_of(1), name="mixed").run(display=False, concurrency=1)
    assert mixed.state.errors == 1
    assert mixed.state.failure == ""
    assert "Every call failed" not in repr(mixed)


def test_a_notebook_draws_in_place(tmp_path):
    """In a kernel the progress is one output that is updated and ends with the last state."""
    code = f"""
import sys; sys.path.insert(0, {json.dumps(str(tmp_path))})
import toprouter_nb as tr
from toprouter_nb import testing
with testing.ScriptedGateway(lambda request: "4") as gateway:
    grid = tr.Grid(["What is 2 + 2?"], models="scripted/text", repeats=30)
    settings = tr.Settings(gateway.base_url, "test", ledger_path=False)
    run = tr.Experiment("sums", grid, dir={json.dumps(str(tmp_path))}, settings=settings).run(concurrency=2)
"""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(book, timeout=60, kernel_name="python3").execute()
    outputs = book.cells[0].outputs
    assert len(outputs) == 1
    assert outputs[0].data["text/plain"].startswith("sums: 30 of 30")
    assert "is done" in outputs[0].data["text/html"]
