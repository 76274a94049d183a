"""Many questions at once: all asked, a few at a time, errors apart, the conversation untouched, nothing lost."""

import _thread
import asyncio
import threading
import time

import pytest

from toprouter_nb import Conversation
from toprouter_nb.errors import ParameterError
from toprouter_nb.parallel import Errand, ask_many
from toprouter_nb.testing import Fault, Hang, Script, ScriptedGateway


def chat_with(gateway):
    """Return a conversation with the gateway."""
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False, system="S")


def run(chat, texts, **options):
    """Ask them all and return the outcomes by place."""
    outcomes = {}
    errands = [Errand((text,), {}) for text in texts]
    ask_many(chat, errands, ended=lambda end: outcomes.setdefault(end.place, end), **{"concurrency": 4, **options})
    return outcomes


def echo(request):
    """Answer with the question, and how many messages there were."""
    return f"{request.json['messages'][-1]['content']} of {len(request.json['messages'])}"


def test_each_is_asked_as_the_next_question():
    """Every outcome is in its place, sees the same history, and leaves nothing in the conversation."""
    with ScriptedGateway(echo) as gateway:
        chat = chat_with(gateway)
        chat.ask("first")
        outcomes = run(chat, [str(number) for number in range(30)])
        assert [outcomes[place].reply.text for place in range(30)] == [f"{place} of 4" for place in range(30)]
        assert len(chat.turns) == 3
        assert len(chat.replies) == 1


def test_as_many_as_said_are_under_way():
    """The number of questions at the same time is the one asked for."""
    lock, under_way, most = threading.Lock(), 0, 0

    def slow(request):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        return "ok"

    with ScriptedGateway(slow) as gateway:
        run(chat_with(gateway), ["x"] * 9, concurrency=3)
    assert most == 3


def test_an_error_ends_one_question_only():
    """The others go on; the error stands in its place."""

    def some(request):
        text = request.json["messages"][-1]["content"]
        return Fault(400, body={"error": {"message": "no"}}) if text == "2" else text

    with ScriptedGateway(some) as gateway:
        outcomes = run(chat_with(gateway), ["1", "2", "3"])
    assert [outcomes[place].error is None for place in range(3)] == [True, False, True]
    assert outcomes[1].error.status == 400


def test_what_would_fail_for_all_is_asked_once():
    """After a refused key nothing more is sent, and every question has that error."""
    with ScriptedGateway(lambda request: Fault(401)) as gateway:
        outcomes = run(chat_with(gateway), ["x"] * 20, concurrency=1)
        assert len(gateway.requests) == 1
    assert {outcome.error.status for outcome in outcomes.values()} == {401}
    assert len(outcomes) == 20


def test_an_interrupt_cancels_at_once_and_keeps_what_came():
    """What had ended is told, what hangs is closed, and the interrupt stays an interrupt."""

    def hang(request):
        text = request.json["messages"][-1]["content"]
        return text if text == "0" else Script(deltas=["begun ", Hang()])

    outcomes = {}

    def ended(outcome):
        if not outcomes:
            threading.Timer(0.2, _thread.interrupt_main).start()
        outcomes[outcome.place] = outcome

    errands = [Errand((str(number),), {}) for number in range(9)]
    with ScriptedGateway(hang) as gateway:
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            ask_many(chat_with(gateway), errands, concurrency=2, ended=ended)
    assert time.monotonic() - start < 4
    assert outcomes[0].reply.text == "0"
    assert len(outcomes) < 9


def test_it_works_inside_a_running_loop():
    """A notebook's own event loop is no hindrance."""

    async def main():
        with ScriptedGateway(echo) as gateway:
            return run(chat_with(gateway), ["a", "b"])

    assert len(asyncio.run(main())) == 2


def test_a_bug_of_whoever_is_told_is_raised():
    """An exception out of `ended` ends everything and is raised as it is."""
    with ScriptedGateway(echo) as gateway, pytest.raises(ZeroDivisionError):
        ask_many(chat_with(gateway), [Errand(("x",), {})] * 5, concurrency=2, ended=lambda _: 1 // 0)


@pytest.mark.parametrize("concurrency", [0, 65, 1.5, True, "4"])
def test_concurrency_is_checked(concurrency):
    """A whole number from 1 to 64, before anything is sent."""
    with ScriptedGateway(echo) as gateway:
        with pytest.raises(ParameterError, match="concurrency must be a whole number from 1 to 64"):
            run(chat_with(gateway), ["x"], concurrency=concurrency)
        assert not gateway.requests


def test_no_errands_are_no_trouble():
    """Nothing to ask is done at once."""
    with ScriptedGateway(echo) as gateway:
        assert run(chat_with(gateway), []) == {}
