"""Calls share their connections and their budget for repeated attempts."""

import asyncio

import pytest

from toprouter_nb import errors
from toprouter_nb.client import Client
from toprouter_nb.secret import Secret
from toprouter_nb.settings import Settings
from toprouter_nb.testing import Fault, ScriptedGateway
from toprouter_nb.wire.request import RequestBody

BODY = RequestBody([b'{"messages":[]}'])
AT_ONCE = {"retry-after-ms": "1"}


def ask(client):
    """Make one call and return its text."""
    call = client.prepare(BODY, model="any/model", is_streamed=False)
    return "".join(delta.text for delta in client.deltas(call))


def client_of(gateway):
    """Return a client of a scripted gateway."""
    return Client(Settings(gateway.base_url, Secret("test")))


def test_a_dead_server_is_not_asked_three_times_as_often():
    """Of 200 calls to a server that only fails, at most 10 % and 40 more requests are sent."""
    with ScriptedGateway([Fault(503, headers=AT_ONCE)], repeat=True) as gateway:
        client = client_of(gateway)
        for _ in range(200):
            with pytest.raises(errors.ServerError):
                ask(client)
        client.close()
    assert 200 < len(gateway.requests) <= 200 * 1.1 + 40


def test_faults_that_pass_cost_no_budget():
    """However often a second attempt helps, the next one is made too."""
    with ScriptedGateway([Fault(429, headers=AT_ONCE), "Fine."], repeat=True) as gateway:
        client = client_of(gateway)
        assert [ask(client) for _ in range(60)] == ["Fine."] * 60
        client.close()


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_call_that_is_run_says_what_its_deltas_say(is_streamed):
    """`run_async` tells the same deltas as `deltas_async` yields, repeats what may pass, and leaves the same reply."""

    async def ask_both(gateway):
        client = client_of(gateway)
        told = []
        first = client.prepare(BODY, model="any/model", is_streamed=is_streamed)
        await client.run_async(first, told.append)
        second = client.prepare(BODY, model="any/model", is_streamed=is_streamed)
        yielded = [delta async for delta in client.deltas_async(second)]
        assert first.attempts == second.attempts == 2
        assert first.reply().text == second.reply().text == "Fine, and you?"
        return [[(delta.text, delta.finish_reason) for delta in deltas] for deltas in (told, yielded)]

    with ScriptedGateway([Fault(429, headers=AT_ONCE), "Fine, and you?"], repeat=True) as gateway:
        told, yielded = asyncio.run(ask_both(gateway))
    assert told == yielded
    assert told
