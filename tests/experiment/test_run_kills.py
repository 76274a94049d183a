"""A run that is killed anywhere loses nothing that was finished and pays for nothing twice."""

import multiprocessing
import os
import random
import signal
import time

import pytest
from studies import Gateway, cell_of, grid_of, settings_for, study_at, table_of

from toprouter_nb import Experiment, open_run
from toprouter_nb.experiment.store_writer import RowWriter

LANES = 8


def drive(base_url, folder, journal, budget):
    """Run the experiment in a process of its own, and note each row once the engine was told that it is durable."""
    put = RowWriter.put
    log = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def put_and_tell(self, row):
        await put(self, row)
        os.write(log, f"{row.model} {row.prompt_id} {row.seed}\n".encode())

    RowWriter.put = put_and_tell
    gateway = type("Address", (), {"base_url": base_url})
    study = Experiment("sums", grid_of(30), dir=folder, settings=settings_for(gateway))
    study.run(display=False, concurrency=LANES, budget_usd=budget)


def kill_until_done(tmp_path, *, kills, seed, budget=None):
    """Start the run again and again, kill it at random moments, and let it end; return gateway, results and facts."""
    chance = random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["studies", "pandas", "httpx", "toprouter_nb.experiment.study"])
    journal, facts = tmp_path / "journal", []
    with Gateway(seconds=0.03) as gateway:
        for number in range(kills + 1):
            known = dict(gateway.asked)
            told = set(journal.read_text().splitlines()) if journal.exists() else set()
            process = context.Process(target=drive, args=(gateway.base_url, tmp_path, journal, budget))
            process.start()
            if number < kills:
                limit = time.monotonic() + 5
                while gateway.calls == sum(known.values()) and process.is_alive() and time.monotonic() < limit:
                    time.sleep(0.002)
                time.sleep(chance.uniform(0, 0.08))
                os.kill(process.pid, signal.SIGKILL)
            process.join()
            facts.append((told, {cell for cell, count in gateway.asked.items() if count > known.get(cell, 0)}))
        assert process.exitcode == 0
        whole = study_at(gateway, tmp_path, grid_of(30), name="whole").run(display=False)
        told = set(journal.read_text().splitlines())
    return gateway, open_run(tmp_path / "sums"), whole, facts, told


def name_of(line):
    """Return the cell that a line of the journal names, as the gateway names it."""
    model, prompt_id, seed = line.split()
    return f"{model} What is {prompt_id[1:]} + 2? {seed} None"


def check(tmp_path, *, kills, seed):
    """Kill a run so often, and see that nothing was lost, nothing finished was asked again, and the table is right."""
    gateway, run, whole, facts, told = kill_until_done(tmp_path, kills=kills, seed=seed)
    frame = run.df()
    assert len(frame) == 120
    # A row may be durable and its teller dead.
    assert told <= {f"{row.model} {row.prompt_id} {row.seed}" for row in frame.itertuples()}
    for before, asked in facts:
        assert not {name_of(line) for line in before} & asked
    # The unkilled run asked each cell once more.
    assert gateway.calls - 240 <= LANES * kills
    assert table_of(run).equals(table_of(whole))


def test_killed_runs_lose_nothing_and_pay_nothing_twice(tmp_path):
    """Eight kills at random moments: no told row is missing or asked again, and the table equals the unkilled run's."""
    check(tmp_path, kills=8, seed=4)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(25))
def test_two_hundred_kills(tmp_path, seed):
    """The same over twenty-five runs of eight kills each."""
    check(tmp_path, kills=8, seed=100 + seed)


def test_what_a_kill_cut_off_counts_against_the_budget(tmp_path):
    """Calls under way at a kill may be paid: they are booked at their worst, and the budget holds over all starts."""
    budget = 0.1
    _, run, _, _, _ = kill_until_done(tmp_path, kills=2, seed=9, budget=budget)
    booked = [(cost, why) for cost, why in run._store.select("SELECT cost_nano_usd, why FROM spent")]
    assert booked
    assert {why for _, why in booked} == {"calls under way when the process died"}
    assert run.state.spent_usd == pytest.approx(float(run.df()["cost_usd"].sum()) + sum(c for c, _ in booked) / 1e9)
    assert run.state.spent_usd <= budget


def test_the_names_of_cells_agree():
    """What the journal calls a cell is what the gateway calls it."""
    cell = grid_of(1)[0]
    body = {"model": cell.model, "messages": [{"content": cell.prompt.text}], "seed": cell.seed}
    request = type("Request", (), {"json": body})
    assert cell_of(request) == name_of(f"{cell.model} {cell.prompt.id} {cell.seed}")
