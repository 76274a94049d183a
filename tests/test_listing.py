"""Fetching the list of models over a real connection."""

import pytest

from toprouter_nb.errors import AuthenticationError, ConnectFailedError, ReadTimeoutError, ServerError
from toprouter_nb.listing import fetch_models
from toprouter_nb.settings import Settings
from toprouter_nb.testing import Cut, Fault, Hang, Raw, ScriptedGateway, Stall

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    """Take the machine's own key away."""
    monkeypatch.delenv("TOPROUTER_API_KEY", raising=False)


def test_the_list_is_asked_for_with_the_key_where_there_is_one():
    """A key is sent; without one the list is asked for all the same."""
    with ScriptedGateway([], models=[]) as gateway:
        assert fetch_models(Settings(gateway.base_url, KEY)) == b'{"object":"list","data":[]}'
        fetch_models(Settings(gateway.base_url))
        assert [request.authorized for request in gateway.requests] == [True, False]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Fault(401), AuthenticationError),
        (Fault(503), ServerError),
        (Cut(), ConnectFailedError),
        (Hang(), ReadTimeoutError),
    ],
)
def test_what_goes_wrong_is_a_typed_error(answer, error):
    """A refusal, a broken connection and silence are errors of the package's own tree, without the key."""
    with ScriptedGateway([], models=answer) as gateway, pytest.raises(error) as caught:
        fetch_models(Settings(gateway.base_url, KEY, first_byte_seconds=0.3))
    assert KEY not in str(caught.value)


def test_a_list_that_never_ends_is_given_up():
    """A gateway that sends a byte now and then keeps nobody waiting for longer than `progress_seconds`."""
    drips = Raw([b" ", Stall(0.1)] * 100)
    with ScriptedGateway([], models=drips) as gateway, pytest.raises(ReadTimeoutError) as caught:
        fetch_models(Settings(gateway.base_url, KEY, progress_seconds=0.3))
    assert str(caught.value) == (
        "The list of models was not there within 0.3 s (progress_seconds): it comes too slowly."
    )
    assert (caught.value.kind, caught.value.is_transient) == ("idle_timeout", True)


def test_a_list_that_repeats_the_key_is_masked():
    """What is kept on disk and shown holds no key; other bytes stay."""
    with ScriptedGateway([], models=[{"id": "any/model", "name": f"\u00e9 {KEY} \U0001f600"}]) as gateway:
        body = fetch_models(Settings(gateway.base_url, KEY))
    assert body.decode() == '{"object":"list","data":[{"id":"any/model","name":"\u00e9 [key hidden] \U0001f600"}]}'
