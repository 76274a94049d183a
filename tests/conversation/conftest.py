"""A gateway that plays numbered answers."""

import pytest

from toprouter_nb.testing import ScriptedGateway


@pytest.fixture
def gateway():
    """Play numbered answers, as many as a test likes."""
    with ScriptedGateway([f"Answer {number}." for number in range(1, 20)]) as playing:
        yield playing
