"""Interrupting a cell in a real kernel, at any moment: what came is kept, the server sees the end, and life goes on."""

import json
import os
import random
import time

import pytest
from jupyter_client.manager import start_new_kernel
from kernels import PROJECT

from toprouter_nb.testing import Script, ScriptedGateway

# In its first and last milliseconds a cell belongs to ipykernel alone, which may lose the request to an interrupt (11
# of 733 times for a cell that only sleeps, with 7.4.0); so the moments of a stream of two seconds are 0.05 to 1.9 s.
WORDS = [f"word{number} " for number in range(100)]
SETUP = """
import toprouter_nb as tr
chat = tr.Conversation("any/model", base_url={base_url!r}, api_key="test")
"""
ASK = "stopped = None; stopped = chat.ask('Count!').is_partial"
ASK_ASYNC = "stopped = None; stopped = (await chat.ask_async('Count!')).is_partial"
FORGET = 'chat.undo(len([turn for turn in chat.turns if turn.role == "user"]))'
REPORT = f"""
import json
last = chat.turns[-1] if chat.turns else None
kept = [last.text, last.is_partial] if last is not None else None
after = chat.ask("And now?").text
{FORGET}
json.dumps([kept, after])
"""


@pytest.fixture(scope="module")
def kernel():
    """Start one kernel for all moments, as a person keeps one."""
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code):
    """Run a cell that must end well; return the text of its result."""
    result = []

    def hear(message):
        if message["msg_type"] == "execute_result":
            result.append(message["content"]["data"]["text/plain"])

    ended = client.execute_interactive(code, output_hook=hear, timeout=30)["content"]
    assert ended["status"] == "ok", "\n".join(ended.get("traceback", ()))
    return result[0] if result else None


def interrupt_after(manager, client, code, seconds):
    """Run a cell, interrupt it after a while, and return how it ended and how long that took."""
    request = client.execute(code, stop_on_error=False)
    while True:  # on a busy machine the cell may begin later than the first moments
        message = client.get_iopub_msg(timeout=30)
        if message["parent_header"].get("msg_id") == request and message["msg_type"] == "execute_input":
            break
    time.sleep(seconds)
    interrupted = time.monotonic()
    manager.interrupt_kernel()
    while True:
        reply = client.get_shell_msg(timeout=30)
        if reply["parent_header"]["msg_id"] == request:
            return reply["content"], time.monotonic() - interrupted


def play(kernel, code, moments):
    """Interrupt a stream of about two seconds at each moment and check what is left; return how many hit."""
    hits = 0
    manager, client = kernel
    script = Script(deltas=WORDS, delay_seconds=0.02)
    with ScriptedGateway(lambda request: script if len(request.json["messages"]) == 1 else "Fine.") as gateway:
        run(client, SETUP.format(base_url=gateway.base_url))
        for moment in moments:
            ended, seconds = interrupt_after(manager, client, code, moment)
            asked = gateway.requests[-1] if gateway.requests else None
            if run(client, "stopped") == "False":  # the interrupt came before the cell began, or after it ended
                run(client, FORGET)
                continue
            hits += 1
            assert seconds < 1.5, moment
            # Just before the question begins, or just after the reply is there, an interrupt is what it always is.
            name = ended.get("ename", "KeyboardInterrupt")
            assert name in ("KeyboardInterrupt", "CancelledError"), (moment, ended)
            shown = run(client, REPORT)
            kept, after = json.loads(eval(shown))
            assert after == ("Fine." if kept else "".join(WORDS)), moment
            if kept:
                assert kept[1], moment
                assert "".join(WORDS).startswith(kept[0]), moment
                nearly_all = len(kept[0].split()) > len(WORDS) - 20  # the server may have been done by then
                assert nearly_all or asked.closed_early.wait(5), moment
    return hits


@pytest.mark.parametrize("code", [ASK, ASK_ASYNC])
def test_an_interrupt_keeps_what_came_and_the_next_question_works(kernel, code):
    """At a few moments of a stream: a marked prefix is kept, the server sees the close, the next ask answers."""
    assert play(kernel, code, [0.05, 0.3, 0.7, 1.2]) >= 3


def test_an_interrupt_of_the_last_ipykernel_6_does_the_same(old_ipykernel):
    """The kernels that many still have: both kinds of cell keep what came, and go on."""
    path = os.pathsep.join([str(old_ipykernel), str(PROJECT)])
    started = start_new_kernel(kernel_name="python3", env={**os.environ, "PYTHONPATH": path})
    try:
        run(started[1], "import ipykernel; assert ipykernel.__version__.startswith('6.31')")
        assert play(started, ASK, [0.4]) + play(started, ASK_ASYNC, [0.4]) == 2
    finally:
        started[1].stop_channels()
        started[0].shutdown_kernel(now=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("code", [ASK, ASK_ASYNC])
def test_an_interrupt_at_any_of_a_hundred_moments(kernel, code):
    """At a hundred random moments of a stream of two seconds, the same."""
    chance = random.Random(11)
    assert play(kernel, code, [chance.uniform(0.05, 1.9) for _ in range(100)]) > 80
