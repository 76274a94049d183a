"""What is promised of repeated attempts: which, how many, and after how long."""

import contextlib
import math
import random
import threading
import time

import pytest
from fault_server import FaultServer
from hypothesis import given
from hypothesis import strategies as st

from toprouter_nb import Conversation
from toprouter_nb.errors import ConnectFailedError, RateLimitError, ServerError
from toprouter_nb.retry import LONGEST_WAIT_SECONDS, RetryBudget, pause_seconds
from toprouter_nb.settings import Settings

BUSY = RateLimitError("slow down", is_transient=True)


def pause(error, *, attempts=1, max_retries=2, chance=0.5):
    """Return the pause with a fixed random number."""
    return pause_seconds(error, attempts=attempts, max_retries=max_retries, random=lambda: chance)


def test_what_will_not_pass_is_not_repeated():
    """Only a transient fault is tried again."""
    assert pause(ServerError("no", is_transient=False)) is None


@pytest.mark.parametrize(
    ("attempts", "max_retries", "is_repeated"), [(1, 2, True), (2, 2, True), (3, 2, False), (1, 0, False)]
)
def test_attempts_are_counted(attempts, max_retries, is_repeated):
    """At most so many after the first."""
    assert (pause(BUSY, attempts=attempts, max_retries=max_retries) is not None) == is_repeated


@pytest.mark.parametrize("wish", [0.001, 1.5, 30.0, LONGEST_WAIT_SECONDS])
def test_the_wish_of_the_server_is_honoured_exactly(wish):
    """Neither shortened nor stretched, whatever the random number."""
    error = RateLimitError("wait", retry_after_seconds=wish, is_transient=True)
    assert {pause(error, chance=chance) for chance in (0.0, 0.5, 0.99)} == {wish}


@pytest.mark.parametrize("wish", [120.001, 3600.0, math.inf])
def test_a_longer_wish_ends_the_call(wish):
    """Nobody sits half an hour before a cell that seems dead."""
    assert pause(RateLimitError("wait", retry_after_seconds=wish, is_transient=True)) is None


@pytest.mark.parametrize("wish", [None, 0.0])
@given(attempts=st.integers(1, 60), chance=st.floats(0, 1, exclude_max=True))
def test_without_a_usable_wish_it_is_full_jitter(wish, attempts, chance):
    """Anywhere between nothing and a bound that doubles from one second up to eight."""
    error = ConnectFailedError("broken", retry_after_seconds=wish, is_transient=True)
    waited = pause(error, attempts=attempts, max_retries=100, chance=chance)
    assert waited == pytest.approx(chance * min(8.0, 0.5 * 2**attempts))


def test_many_callers_do_not_come_back_together():
    """The pauses of a thousand callers spread over the whole range."""
    draw = random.Random(7).random  # a fixed seed, for a fixed test
    pauses = [pause_seconds(BUSY, attempts=1, max_retries=2, random=draw) for _ in range(1000)]
    assert min(pauses) < 0.02
    assert max(pauses) > 0.98
    assert sum(pauses) / 1000 == pytest.approx(0.5, abs=0.05)


def test_a_shared_budget_bounds_the_attempts_at_a_dead_server():
    """200 calls that always fail make at most 10 % more requests than calls, after the first 20."""
    budget, requests = RetryBudget(), 0
    for _ in range(200):
        budget.earn()
        for attempts in range(1, 4):
            requests += 1
            if pause(BUSY, attempts=attempts) is None or not budget.spend():
                break
    assert requests <= 200 * 1.1 + 20


def test_a_budget_counts_what_is_earned_spent_and_given_back():
    """It starts with 20; ten calls earn one more, and a call that ends well returns what it spent, or nothing."""
    budget = RetryBudget()
    assert [budget.spend() for _ in range(21)] == [True] * 20 + [False]
    for _ in range(11):
        budget.earn()
    assert [budget.spend(), budget.spend()] == [True, False]
    budget.give_back(0)
    assert not budget.spend()
    budget.give_back(2)
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_threads_share_a_budget():
    """No attempt is given out twice."""
    budget, given_out = RetryBudget(start=100, part=0.0), []
    threads = [threading.Thread(target=lambda: given_out.extend(budget.spend() for _ in range(50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(given_out) == 100


@pytest.mark.parametrize("max_retries", [0, 1, 4])
def test_the_setting_decides_how_often(max_retries, monkeypatch):
    """One layer repeats, and only that one: so many requests reach the server."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    with FaultServer([{"status": 503, "headers": [], "body": ""}]) as server:
        settings = Settings(server.base_url, "sk-test", max_retries=max_retries)
        chat = Conversation("any/model", settings=settings, display=False)
        with contextlib.closing(chat), pytest.raises(ServerError) as caught:
            chat.ask("Hi")
    assert len(server.requests) == caught.value.attempts == max_retries + 1
