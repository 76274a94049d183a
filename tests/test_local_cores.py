"""The engine gets all cores but one, of those this process may really use."""

import os

import pytest

from toprouter_nb.local.cores import MAX_THREADS, engine_threads, usable_cores


@pytest.mark.parametrize(("quota", "cores"), [("100000 100000", 1), ("50000 100000", 1), ("250000 100000", 2)])
def test_a_containers_quota_counts(tmp_path, monkeypatch, quota, cores):
    """On a large machine a container of one or two cores counts one or two."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: range(64))
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path / "cpu.max") == cores


@pytest.mark.parametrize("content", ["max 100000", "", "odd", None])
def test_without_a_quota_the_bound_cores_count(tmp_path, monkeypatch, content):
    """An unlimited, odd or missing quota leaves what the process is bound to."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {1, 3, 5})
    if content is not None:
        (tmp_path / "cpu.max").write_text(content)
    assert usable_cores(tmp_path / "cpu.max") == 3


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 3), (64, MAX_THREADS)])
def test_one_core_is_left_to_others(monkeypatch, cores, threads):
    """All cores but one, at least one, at most eight."""
    monkeypatch.setattr("toprouter_nb.local.cores.usable_cores", lambda: cores)
    assert engine_threads() == threads
