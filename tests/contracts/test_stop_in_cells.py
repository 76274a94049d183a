"""What stopping a reply means for the cell around it, in a real kernel: the partial reply, and no further question."""

import time

import pytest
from kernels import Kernel, shown_by

SETUP = """
import asyncio, threading, time
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
from toprouter_nb.testing import Hang, Script
gateways = []
def chat_with(*replies, **options):
    gateways.append(testing.ScriptedGateway(list(replies)).start())
    return Conversation("any/model", base_url=gateways[-1].base_url, api_key="test", **options)
def endless():
    return Script(deltas=["Once upon ", Hang()])
"""


@pytest.fixture(scope="module")
def kernel():
    """Give one kernel for all tests of this file."""
    with Kernel() as started:
        assert started.run(SETUP) == []
        yield started


def interrupted(kernel, code, word="Once upon "):
    """Run a cell and interrupt it when the words are shown; return its messages."""
    messages = []
    kernel.send(code)
    for message in kernel.receive():
        messages.append(message)
        if message[0] == "update_display_data" and message[1]["data"].get("text/plain") == word:
            kernel.interrupt()
    return messages


def interrupted_early(kernel, code):
    """Run a cell and interrupt it a moment after it printed its first line; return its messages."""
    messages = []
    kernel.send(code)
    for message in kernel.receive():
        messages.append(message)
        if message[0] == "stream" and message[1]["text"] == "begun\n":
            time.sleep(0.3)
            kernel.interrupt()
    return messages


def printed(messages):
    """Return what the cell printed."""
    return "".join(content["text"] for kind, content in messages if kind == "stream")


@pytest.mark.parametrize("ask", ["chat.ask('x')", "await chat.ask_async('x')"])
def test_a_stopped_reply_is_a_value(kernel, ask):
    """The cell goes on with what had arrived, the conversation keeps it, the gateway saw the close."""
    kernel.run("chat = chat_with(endless(), 'Again.')")
    messages = interrupted(kernel, f"reply = {ask}; print(repr(reply.text), reply.is_partial, chat.last is reply)")
    assert printed(messages) == "'Once upon ' True True\n"
    assert [kind for kind, _ in messages if kind == "error"] == []
    assert printed(kernel.run("print(gateways[-1].requests[-1].closed_early.wait(5))")) == "True\n"
    assert shown_by(kernel.run("chat.ask('y')"))[1]["text/plain"] == "Again."


@pytest.mark.parametrize("ask", ["chat.ask('x')", "await chat.ask_async('x')"])
def test_a_loop_of_questions_ends_with_the_stop(kernel, ask):
    """What the same run of the cell asks after a stop is not sent; it ends in two lines, and the next cell may ask."""
    kernel.run("chat = chat_with('One.', endless(), 'Three.', 'Four.')")
    messages = interrupted(kernel, f"for number in range(4):\n    {ask}\n    print(number)")
    assert printed(messages) == "0\n1\n"
    kind, error = messages[-1]
    assert kind == "error"
    assert error["ename"] in ("KeyboardInterrupt", "CancelledError")
    assert len(error["traceback"]) == 2
    assert printed(kernel.run("print(len(gateways[-1].requests), chat.ask('x').text)")) == "2 Three.\n"


def test_retry_and_edit_are_stopped_like_a_question(kernel):
    """Their partial replies are values too."""
    kernel.run("chat = chat_with('One.', endless(), endless())")
    kernel.run("chat.ask('x')")
    assert printed(interrupted(kernel, "print(chat.retry().is_partial)")) == "True\n"
    assert printed(interrupted(kernel, "print(chat.edit(0, 'y').is_partial)")) == "True\n"


def test_a_stop_before_the_first_word_leaves_an_empty_reply(kernel):
    """Where nothing had come the reply is empty, and the conversation as it was."""
    kernel.run("chat = chat_with(Script(deltas=[Hang()]))")
    code = "print('begun', flush=True); reply = chat.ask('x'); print(repr(reply.text), reply.is_partial, chat.turns)"
    assert printed(interrupted_early(kernel, code)) == "begun\n'' True ()\n"


def test_without_a_display_an_interrupt_is_raised(kernel):
    """A program that shows nothing gets its KeyboardInterrupt, as does one that iterates over a stream."""
    kernel.run("chat = chat_with(endless(), endless(), display=False)")
    for ask in ("chat.ask('x')", "list(chat.stream('x'))"):
        messages = interrupted_early(kernel, f"print('begun', flush=True); {ask}")
        assert messages[-1][1]["ename"] == "KeyboardInterrupt"


def test_what_the_program_cancels_stays_cancelled(kernel):
    """A time limit of the program's own around a question raises as it always does; nothing is swallowed."""
    kernel.run("chat = chat_with(endless(), 'Again.')")
    code = """
try:
    async with asyncio.timeout(1):
        await chat.ask_async('x')
    print('swallowed')
except TimeoutError:
    print('in time')
print(chat.turns[-1].is_partial, (await chat.ask_async('y')).text)
"""
    assert printed(kernel.run(code)) == "in time\nTrue Again.\n"


def test_a_reply_in_a_thread_is_stopped_by_its_button(kernel):
    """In a thread no interrupt can be raised: the call's connection is closed, and the partial reply returned."""
    kernel.run("chat = chat_with(endless())")
    code = """
from toprouter_nb.display import cell_reply
brakes, made = [], cell_reply.Brake
cell_reply.Brake = lambda: brakes.append(made()) or brakes[-1]
thread = threading.Thread(target=lambda: replies.append(chat.ask('x')))
replies = []
thread.start()
time.sleep(0.4)
brakes[0].pull()
thread.join(5)
cell_reply.Brake = made
print([(reply.text, reply.is_partial) for reply in replies])
"""
    assert printed(kernel.run(code)) == "[('Once upon ', True)]\n"
