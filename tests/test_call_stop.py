"""A call that is stopped from another thread ends in an interrupt, whatever it was doing."""

import threading
import time

import pytest

from toprouter_nb import Conversation
from toprouter_nb.testing import Fault, Hang, Script, ScriptedGateway


class Told:
    """A listener that keeps the call."""

    def start(self, model, call):
        self.call = call

    def receive(self, delta):
        pass

    def finish(self, reply):
        pass

    def fail(self, error, partial):
        self.error, self.partial = error, partial


def stopped(replies, after=0.3):
    """Ask, stop the call from another thread, and return the conversation, the listener and the gateway's request."""
    told = Told()
    with ScriptedGateway(replies) as gateway:
        chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        question = chat._question(("x",), {})
        timer = threading.Timer(after, lambda: told.call.stop())  # noqa: PLW0108 - the call is there only later
        timer.start()
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            chat._turnstile.ask(question, told)
        seconds = time.monotonic() - begin
        timer.join()
        return chat, told, gateway.requests[-1].closed_early.wait(1), seconds


def test_what_had_arrived_is_kept():
    """The connection is closed, which the server sees, and the partial reply stands in the conversation."""
    chat, told, closed_early, seconds = stopped([Script(deltas=["Once ", Hang()])])
    assert told.partial.text == "Once "
    assert chat.last.is_partial
    assert closed_early
    assert seconds < 2


def test_a_stop_between_two_attempts_ends_it():
    """While it waits for another attempt, a stopped call makes none."""
    chat, told, _, _ = stopped([Fault(status=503)] * 3, after=0.05)
    assert told.call.attempts == 1
    assert chat.turns == ()


def test_it_is_known_when_something_was_heard():
    """Before the first byte nothing was heard; afterwards the seconds since then are told."""
    _, told, _, _ = stopped([Script(deltas=["Once ", Hang()])])
    assert 0.1 < told.call.heard_seconds_ago < 5
