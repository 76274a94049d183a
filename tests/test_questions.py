"""Whoever listens to a conversation is told of what they asked themselves, and of nothing else."""

import asyncio
import threading

import pytest

from toprouter_nb import Conversation, testing


class Ear:
    """Keeps what it is told."""

    def __init__(self):
        self.heard = []

    def start(self, model, call):
        """Begin."""
        self.heard.append("start")

    def receive(self, delta):
        """Take a delta."""

    def finish(self, reply):
        """End."""
        self.heard.append(reply.text)

    def fail(self, error, partial):
        """End badly."""
        self.heard.append(error)


@pytest.fixture
def chat():
    """Give a conversation with a server that repeats what it was asked."""
    with testing.ScriptedGateway(lambda request: request.json["messages"][-1]["content"]) as gateway:
        yield Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)


def test_a_listener_hears_its_block_only(chat):
    """Before and after the block, and in forks, nobody listens; the innermost listener is the one that is told."""
    outer, inner = Ear(), Ear()
    chat.ask("before")
    with chat.told(outer):
        chat.ask("one")
        with chat.told(inner), chat.fork().told(outer):
            chat.ask("two")
        chat.fork().ask("fork")
        chat.ask("three")
    chat.ask("after")
    assert outer.heard == ["start", "one", "start", "three"]
    assert inner.heard == ["start", "two"]


def test_another_thread_is_not_told(chat):
    """While one thread has a listener, another may ask the same conversation; and no order of leaving mixes them up."""
    ear, other = Ear(), Ear()
    inside, leave = threading.Event(), threading.Event()

    def listen():
        with chat.told(other):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=listen)
    with chat.told(ear):
        thread.start()
        inside.wait(10)
        chat.ask("mine")
    leave.set()
    thread.join()
    chat.ask("nobody's")
    assert ear.heard == ["start", "mine"]
    assert other.heard == []


def test_tasks_are_told_apart(chat):
    """Of two tasks each has its own listener."""
    ears = [Ear(), Ear()]

    async def ask(number, turn):
        with chat.told(ears[number]):
            await turn.acquire()
            await chat.ask_async(f"from {number}")
            turn.release()

    async def both():
        turn = asyncio.Semaphore(1)
        await asyncio.gather(ask(0, turn), ask(1, turn))

    asyncio.run(both())
    assert [ear.heard for ear in ears] == [["start", "from 0"], ["start", "from 1"]]
