"""A panel over a scripted server."""

import pytest

from toprouter_nb import Conversation, testing
from toprouter_nb.panel import Panel


@pytest.fixture
def opened():
    """Open panels of conversations with a scripted server; returns a function."""
    gateways = []

    def open_panel(replies, **options):
        gateways.append(testing.ScriptedGateway(replies))
        gateway = gateways[-1].__enter__()
        chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False, **options)
        return Panel(chat, ["Explain tides"]), chat, gateway

    yield open_panel
    for gateway in gateways:
        gateway.__exit__(None, None, None)
