"""A run on a cluster is the run of one machine: same rows, same store, nothing lost, nothing finished paid twice."""

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from distributed import Client, LocalCluster
from studies import Gateway, exact, grid_of, running, study_at, table_of, wait_for

from toprouter_nb import DaskRunner, errors

pytestmark = pytest.mark.filterwarnings("ignore")  # of Dask, when workers and schedulers are killed

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
def cluster(monkeypatch, tmp_path):
    """Start two workers in processes of their own, with the key in their environment."""
    monkeypatch.setenv("TOPROUTER_API_KEY", KEY)
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with LocalCluster(**options, local_directory=str(tmp_path / "dask"), silence_logs=50) as made:
        yield made


@pytest.fixture
def near_client(monkeypatch):
    """Return a client of a cluster within this process, which is there at once."""
    monkeypatch.setenv("TOPROUTER_API_KEY", KEY)
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with LocalCluster(**options, silence_logs=50) as made, Client(made) as client:
        yield client


@pytest.fixture
def client(cluster):
    """Return a client of the cluster."""
    with Client(cluster) as made:
        yield made


def worker_pids(cluster):
    """Return the process ids of the workers that run, by address, once there is one."""
    found = {}
    while not found:
        time.sleep(0.01)
        found = {nanny.worker_address: nanny.pid for nanny in cluster.workers.values() if nanny.pid}
    return found


def check_same_table(tmp_path, client):
    """Run on a cluster, see that each cell was asked once, and that a run here has the same table."""
    with Gateway(seconds=0.01) as gateway:
        study = study_at(gateway, tmp_path, grid_of(30), scorers=[exact])
        runner = DaskRunner(client, concurrency=5, chunk_cells=20)
        run = study.run(on=runner, budget_usd=1, display=False)
        assert run.state.phase == "done"
        assert set(gateway.asked.values()) == {1}
        assert gateway.calls == 120
        here = study_at(gateway, tmp_path, grid_of(30), name="here", scorers=[exact]).run(display=False)
        assert table_of(run).equals(table_of(here))
        assert run.df()["exact"].equals(here.df()["exact"])
        study.run(on=runner, display=False)
        assert gateway.calls == 240
    for file in (tmp_path / "sums").rglob("*"):
        assert file.is_dir() or KEY.encode() not in file.read_bytes()


def test_a_cluster_makes_the_same_table(tmp_path, near_client):
    """The rows of a cluster equal those of this machine, each cell asked once; a second run asks nothing."""
    check_same_table(tmp_path, near_client)


@pytest.mark.slow
def test_a_cluster_of_processes_makes_the_same_table(tmp_path, client):
    """The same with workers in processes of their own."""
    check_same_table(tmp_path, client)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_killed_workers_cost_only_what_was_under_way(tmp_path, cluster, client, seed):
    """Workers killed at random lose no row, and no more calls are paid again than were under way."""
    chance, lanes, kills = random.Random(seed), 5, 3
    with Gateway(seconds=0.05) as gateway:
        study = study_at(gateway, tmp_path, grid_of(60))
        with running(study, on=DaskRunner(client, concurrency=lanes, chunk_cells=40)) as run:
            for _ in range(kills):
                time.sleep(chance.uniform(0.2, 0.8))
                os.kill(chance.choice(list(worker_pids(cluster).values())), signal.SIGKILL)
            run.wait()
        assert run.state.phase == "done"
        # A fence is looked at twice a second.
        assert 240 <= gateway.calls <= 240 + kills * lanes * 2
        here = study_at(gateway, tmp_path, grid_of(60), name="here").run(display=False)
        assert table_of(run).equals(table_of(here))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_frozen_worker_that_comes_back_changes_nothing(tmp_path, cluster, client, seed):
    """A worker that is frozen past its time, replaced, and thawed: its late rows are dropped, its cost is booked."""
    with Gateway(seconds=0.05) as gateway:
        study = study_at(gateway, tmp_path, grid_of(60))
        with running(study, on=DaskRunner(client, concurrency=5, chunk_cells=60)) as run:
            wait_for(lambda: len(run) > 10 + seed)
            address, pid = next(iter(worker_pids(cluster).items()))
            os.kill(pid, signal.SIGSTOP)
            client.retire_workers([address], close_workers=False, remove=True)
            wait_for(lambda: len(run) > 100, 30)
            os.kill(pid, signal.SIGCONT)
            run.wait()
        assert gateway.calls <= 240 + 20
        here = study_at(gateway, tmp_path, grid_of(60), name="here").run(display=False)
        assert table_of(run).equals(table_of(here))


@contextlib.contextmanager
def cluster_of_commands(folder):
    """Start a scheduler and two workers by their commands, as people do; yield the scheduler and its address file."""
    file = str(folder / "scheduler.json")
    begin = [sys.executable, "-m"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    ends = ["--scheduler-file", file, "--no-dashboard"]
    started = [subprocess.Popen([*begin, "distributed.cli.dask_scheduler", "--port", "0", *ends], **quiet)]
    worker = [*begin, "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", *ends]
    started += [subprocess.Popen([*worker, "--local-directory", str(folder)], **quiet) for _ in range(2)]
    try:
        yield started[0], file
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_lost_scheduler_is_told_and_the_run_goes_on_elsewhere(tmp_path, monkeypatch):
    """Where the scheduler dies the run ends with one clear error; on this machine it goes on without paying again."""
    monkeypatch.setenv("TOPROUTER_API_KEY", KEY)
    with Gateway(seconds=0.05) as gateway, cluster_of_commands(tmp_path) as (scheduler, file):
        study = study_at(gateway, tmp_path / "runs", grid_of(60))
        client = Client(scheduler_file=file, timeout=60)
        client.wait_for_workers(2, timeout=60)
        run = study.run(on=DaskRunner(client, concurrency=5, chunk_cells=40), wait=False, display=False)
        wait_for(lambda: len(run) > 20, 30)
        scheduler.kill()
        with pytest.raises(errors.ConnectFailedError, match="The Dask cluster is gone"):
            run.wait(90)
        assert len(run) > 20
        again = study.run(display=False)
        assert gateway.calls <= 240 + 20
        assert again.state.phase == "done"
        client.close()


def drive_on_cluster(address, file, folder):
    """Drive a run on a cluster from a process of its own."""
    gateway = type("Address", (), {"base_url": address})
    with Client(scheduler_file=file) as client:
        study_at(gateway, folder, grid_of(60)).run(on=DaskRunner(client, concurrency=5, chunk_cells=40), display=False)


@pytest.mark.slow
def test_a_killed_driver_loses_nothing(tmp_path, monkeypatch):
    """The workers' journals outlive the driver; the next one takes them over, and old attempts see it and end."""
    monkeypatch.setenv("TOPROUTER_API_KEY", KEY)
    context = multiprocessing.get_context("spawn")
    with Gateway(seconds=0.05) as gateway, cluster_of_commands(tmp_path) as (_, file):
        with Client(scheduler_file=file, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
        for _ in range(2):
            before = gateway.calls
            driver = context.Process(target=drive_on_cluster, args=(gateway.base_url, file, tmp_path / "runs"))
            driver.start()
            wait_for(lambda since=before: gateway.calls > since + 30, 60)
            os.kill(driver.pid, signal.SIGKILL)
            driver.join()
        with Client(scheduler_file=file) as client:
            study = study_at(gateway, tmp_path / "runs", grid_of(60))
            run = study.run(on=DaskRunner(client, concurrency=5, chunk_cells=40), display=False)
        # Of each killed driver: two workers' calls under way, and those of half a second until they see the fence.
        assert 240 <= gateway.calls <= 240 + 2 * 2 * (5 + 60)
        here = study_at(gateway, tmp_path / "runs", grid_of(60), name="here").run(display=False)
        assert table_of(run).equals(table_of(here))


def test_what_a_cluster_lacks_is_told_before_any_call(tmp_path, monkeypatch):
    """No workers, and workers without a key, are one clear error each; the folder is free again afterwards."""
    monkeypatch.delenv("TOPROUTER_API_KEY", raising=False)
    options = {"threads_per_worker": 1, "processes": False, "dashboard_address": None, "silence_logs": 50}
    with Gateway() as gateway, LocalCluster(n_workers=0, **options) as cluster, Client(cluster) as client:
        study = study_at(gateway, tmp_path, grid_of(2))
        with pytest.raises(errors.ConnectFailedError, match="The Dask cluster has no workers"):
            study.run(on=DaskRunner(client), display=False)
        cluster.scale(1)
        client.wait_for_workers(1)
        with pytest.raises(errors.SettingsError, match="A Dask worker has no key"):
            study.run(on=DaskRunner(client), display=False)
        assert gateway.calls == 0
        study.run(display=False)


def test_bad_numbers_are_refused():
    """Concurrency and chunk size have bounds."""
    client_stub = type("Client", (), {"scheduler_info": None, "asynchronous": False})()
    for options in ({"concurrency": 0}, {"chunk_cells": 0}, {"concurrency": "5"}, {"concurrency": True}):
        with pytest.raises(errors.ParameterError, match="must be a whole number from 1 to"):
            DaskRunner(client_stub, **options)
