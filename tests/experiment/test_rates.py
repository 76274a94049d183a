"""The rate of a model is found from what its server refuses, and known limits are never broken."""

import heapq

import pytest

from toprouter_nb.experiment.rates import Rate


def simulate(cap, *, calls, lanes=200, latency=0.3, retry_after=0.2, **limits):
    """Ask a server with a token bucket of one second; return the share of its cap that was used and of refusals."""
    rate = Rate(0.0, first_per_second=2.0 * lanes, **limits)
    now, bucket, filled, events = 0.0, float(cap), 0.0, []
    waiting, again, sent, done, refused = calls, 0, 0, 0, 0
    while done < calls:
        wait = 0.0
        while len(events) < lanes and (waiting or again):
            wait = rate.wait(now)
            if wait:
                break
            is_first = again == 0
            waiting, again, sent = waiting - is_first, again - (not is_first), sent + 1
            bucket, filled = min(cap, bucket + (now - filled) * cap), now
            is_served = bucket >= 1
            bucket -= is_served
            heapq.heappush(events, (now + (latency if is_served else 0.02), sent, is_served, now, is_first))
        now = (
            min([now + wait + 1e-6] if wait else [], default=float("inf"))
            if not events
            else (min(events[0][0], now + wait + 1e-6) if wait else events[0][0])
        )
        while events and events[0][0] <= now:
            _, _, is_served, since, is_first = heapq.heappop(events)
            if is_served:
                done += 1
                rate.succeed(now, first_try=is_first)
            else:
                refused, again = refused + 1, again + 1
                rate.refuse(sent_at=since, now=now, retry_after=retry_after)
    return calls / now / cap, refused / sent


@pytest.mark.parametrize(("cap", "calls", "most_refused"), [(300, 6_000, 0.005), (100, 2_500, 0.01), (30, 900, 0.03)])
def test_an_unknown_limit_is_found_and_nearly_used(cap, calls, most_refused):
    """At least nine tenths of a server's cap are used, and hardly a call is refused."""
    used, refused = simulate(cap, calls=calls)
    assert used >= 0.9
    assert refused <= most_refused


def test_a_known_limit_is_kept_without_one_refusal():
    """With the limit given, no call is refused, and nine tenths of it are used."""
    used, refused = simulate(300, calls=6_000, requests_per_minute=0.95 * 300 * 60)
    assert used >= 0.9
    assert refused == 0


def test_everybody_holds_as_long_as_the_server_asks():
    """Retry-After holds the model's calls exactly, and a later 429 of the same episode cuts nothing more."""
    rate = Rate(0.0, first_per_second=100)
    assert rate.wait(0.0) == 0
    rate.refuse(sent_at=0.0, now=0.1, retry_after=5)
    after = rate.per_second
    rate.refuse(sent_at=0.05, now=0.2, retry_after=5)
    assert rate.per_second == after
    assert rate.wait(5.0) == pytest.approx(0.2)
    assert rate.wait(5.21 + 1 / after) == 0


def test_a_fault_of_the_server_pauses_growth_and_cuts_nothing():
    """A 5xx says nothing of the rate."""
    rate = Rate(0.0, first_per_second=10)
    for step in range(20):
        rate.wait(step / 10)
        rate.fail()
    assert rate.per_second == 10


def test_an_unused_rate_does_not_grow():
    """What was not needed was not tested."""
    rate = Rate(0.0, first_per_second=10)
    for second in range(10):
        rate.wait(float(second))
    assert rate.per_second == 10


def test_tokens_a_minute_are_kept():
    """Calls of 600 tokens go once a second under 36,000 tokens a minute; what was not used is given back."""
    rate = Rate(0.0, first_per_second=1000, tokens_per_minute=36_000)
    assert rate.wait(0.0, 600) == 0
    assert rate.wait(0.01, 600) == pytest.approx(0.99)
    rate.correct(600, 100)
    assert rate.wait(0.01, 600) == pytest.approx(0.1567, abs=1e-3)
