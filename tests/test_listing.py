"""Fetching the list of models over a real connection."""

import pytest

from toprouter_nb.errors import AuthenticationError, ConnectFailedError, ReadTimeoutError, ServerError
from toprouter_nb.listing import fetch_models
from toprouter_nb.settings import Settings
from toprouter_nb.testing import Cut, Fault, Hang, ScriptedGateway

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
