"""One call: its attempts, its times, and when there is another attempt."""

import pytest

from toprouter_nb import errors
from toprouter_nb.booking import Booking
from toprouter_nb.call import Call
from toprouter_nb.retry import RetryBudget
from toprouter_nb.secret import Secret
from toprouter_nb.settings import Settings
from toprouter_nb.tracking import Account
from toprouter_nb.wire.answer import Delta
from toprouter_nb.wire.request import RequestBody

PASSING = {"is_transient": True}


def call_of(*, is_streamed=True, is_free=False, times=None, **options):
    """Return a call whose clock gives the listed seconds, then stands still."""
    clock = iter(times or ())
    now = [0.0]

    def tell():
        now[0] = next(clock, now[0])
        return now[0]

    settings = Settings("https://gateway.test", Secret("test"), ledger_path=False)
    known = {"model": "any/model", "settings": settings, "is_streamed": is_streamed}
    body = RequestBody([b"{}"])
    return Call(
        body,
        key=settings.api_key,
        booking=Booking(Account(), body, is_free=is_free, **known),
        **known,
        clock=tell,
        chance=lambda: 0.5,
        **options,
    )


def test_a_fault_that_may_pass_is_tried_again_and_then_raised():
    """With two retries there are three attempts; the error says so and keeps its request id."""
    call = call_of()
    for pause in (0.5, 1.0):
        call.begin()
        assert call.pause_after(errors.ServerError("boom", **PASSING)) == pause
    call.begin()
    with pytest.raises(errors.ServerError, match=r"^boom \(request id r1, 3 attempts\)$") as caught:
        call.pause_after(errors.ServerError("boom", request_id="r1", **PASSING))
    assert (caught.value.attempts, caught.value.partial) == (3, None)


def test_nothing_is_repeated_after_the_first_delta():
    """Once text was handed out, a fault ends the call, and the text is on the error."""
    call = call_of()
    exchange = call.begin()
    exchange.answer.add(Delta("Hi", raw={"model": "m"}))
    with pytest.raises(errors.ServerError) as caught:
        call.pause_after(errors.ServerError("boom", **PASSING))
    assert (caught.value.partial.text, caught.value.partial.is_partial) == ("Hi", True)


def test_a_spent_budget_ends_the_retries():
    """What all calls may repeat together also bounds this one."""
    call = call_of(budget=RetryBudget(start=0, part=0))
    call.begin()
    with pytest.raises(errors.ServerError):
        call.pause_after(errors.ServerError("boom", **PASSING))


def test_a_call_that_ends_well_gives_its_retries_back():
    """The budget is as before."""
    budget = RetryBudget(start=1, part=0)
    call = call_of(budget=budget)
    call.begin()
    call.pause_after(errors.ServerError("boom", **PASSING))
    call.begin()
    call.end_well()
    assert (budget.spend(), budget.spend()) == (True, False)


def test_the_error_carries_no_foreign_error():
    """Cause and context, whose frames may hold what was sent, are gone."""
    call = call_of()
    call.begin()
    error = errors.ServerError("boom")
    error.__cause__ = error.__context__ = OSError("holds a header")
    with pytest.raises(errors.ServerError) as caught:
        call.pause_after(error)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(("is_streamed", "first"), [(True, 2.0), (False, None)])
def test_times_count_from_the_call(is_streamed, first):
    """The first token is the first text or reasoning; an answer that came whole has none."""
    call = call_of(is_streamed=is_streamed, times=[10.0, 10.0])
    exchange = call.begin()
    call._clock = iter([12.0, 15.0]).__next__
    for delta in (Delta(raw={"id": "g"}), Delta("Hi"), Delta(" there")):
        exchange.answer.add(delta)
        call.note(delta)
    reply = call.reply()
    assert (reply.first_token_seconds, reply.seconds, reply.text) == (first, 5.0, "Hi there")


def test_a_local_model_costs_exactly_nothing():
    """Free is 0, which is known; unknown is None."""
    free, paid = call_of(is_free=True).reply(), call_of().reply()
    assert (free.cost_usd, free.cost_source) == (0, "local")
    assert (paid.cost_usd, paid.cost_source) == (None, "unknown")
