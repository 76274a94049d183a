"""Calls share their connections and their budget for repeated attempts."""

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
