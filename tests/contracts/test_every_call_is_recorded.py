"""However a call is made and however it ends: one row in the ledger, which says so."""

import asyncio
import contextlib
import gc
import itertools
import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from fault_server import FaultServer

import toprouter_nb as tr
from toprouter_nb import Conversation
from toprouter_nb.call_log import CallLog, CallRow
from toprouter_nb.client import Client
from toprouter_nb.errors import ToprouterError
from toprouter_nb.testing import Fault, Script, ScriptedGateway
from toprouter_nb.wire.request import encode_request

CASES = json.loads((Path(__file__).parents[1] / "data" / "http_faults.json").read_text())["cases"]
PLAYED = [case for case in CASES if not {"connect", "interrupt_after"} & case["responses"][0].keys()]
# Every third one is played each time, all of them before a release.
NUMBERED = [
    pytest.param(number, case, id=case["name"], marks=[pytest.mark.slow] if number % 3 else [])
    for number, case in enumerate(PLAYED)
]
KEY = "sk-canary-5c1f0b7a93d24e68"
WORDS = Script("one two three four five six", delay_seconds=0.01)


@pytest.fixture
def path(tmp_path):
    """Keep the ledger of each test apart."""
    tr.configure(ledger_path=tmp_path / "ledger.sqlite")
    return tmp_path / "ledger.sqlite"


def only_row(path):
    """Return the one call in a ledger."""
    (found,) = CallLog(path).select()
    return CallRow(*found)


@contextlib.contextmanager
def asking(replies, **options):
    """Give a conversation with a gateway that plays these replies."""
    with ScriptedGateway(replies) as gateway:
        yield Conversation("any/model", base_url=gateway.base_url, api_key=KEY, display=False, **options)


async def no_pause(*_):
    """Stand for a pause between attempts."""


@pytest.mark.parametrize(("number", "case"), NUMBERED)
def test_a_fault_leaves_one_row(number, case, path, monkeypatch):
    """Whatever goes wrong: one row with the kind of the error, its attempts, and what is known of the cost."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(asyncio, "sleep", no_pause)
    error = None
    with FaultServer(case["responses"], {"KEY": KEY, "OTHER": "http://127.0.0.1:9"}) as server:
        settings = tr.Settings(server.base_url, KEY, ledger_path=path, **case.get("limits", {}))
        chat = Conversation("any/model", settings=settings, display=False)
        try:
            if number % 2:
                chat.ask("Hi", stream=case["stream"])
            else:
                asyncio.run(chat.ask_async("Hi", stream=case["stream"]))
        except ToprouterError as caught:
            error = caught
        chat.close()
    row = only_row(path)
    expected = ("ok", None) if error is None else ("error", error.kind)
    assert (row.status, row.error_kind, row.attempts) == (*expected, case["expect"]["requests_sent"])
    assert (row.is_streamed, row.requested_model, row.seconds >= 0) == (int(case["stream"]), "any/model", True)
    assert (row.cost_source == "unknown") is (row.cost_usd is None)
    assert KEY not in json.dumps(row)


async def ask_async(chat):
    """Ask inside an event loop."""
    await chat.ask_async("Hi")


async def stream_async(chat):
    """Stream inside an event loop."""
    async for _ in chat.stream_async("Hi"):
        pass


def use_client(chat):
    """Use what carries calls without a conversation."""
    client = Client(chat._settings_now())
    body = encode_request([b'{"role":"user","content":"Hi"}'], model="any/model", stream=True, options={})
    list(client.deltas(client.prepare(body, model="any/model", is_streamed=True)))
    client.close()


WAYS = {
    "ask": lambda chat: chat.ask("Hi"),
    "ask whole": lambda chat: chat.ask("Hi", stream=False),
    "stream": lambda chat: list(chat.stream("Hi")),
    "events": lambda chat: list(chat.stream("Hi", events=True)),
    "ask_async": lambda chat: asyncio.run(ask_async(chat)),
    "stream_async": lambda chat: asyncio.run(stream_async(chat)),
    "client": use_client,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_asking_is_recorded(way, path):
    """Whole or streamed, blocking or async, with or without a conversation."""
    with asking([WORDS]) as chat:
        chat.name = "tutor"
        WAYS[way](chat)
    row = only_row(path)
    is_chat = way != "client"
    assert (row.status, row.finish_reason, row.attempts, row.error_kind) == ("ok", "stop", 1, None)
    assert (row.conversation_id, row.conversation_name) == ((chat.id, "tutor") if is_chat else (None, None))
    assert (row.prompt_tokens, row.completion_tokens, row.total_tokens) == (1, 6, 7)
    assert (row.is_streamed, row.base_url) == (int(way != "ask whole"), chat._settings_now().base_url)
    assert abs(row.started_at - time.time()) < 60
    if is_chat:
        reply = chat.last
        assert (row.seconds, row.tokens_per_second) == (reply.seconds, reply.tokens_per_second)
        assert row.first_token_seconds == reply.first_token_seconds


def leave_early(chat):
    """Leave the loop after two words."""
    for _ in itertools.islice(chat.stream("Hi"), 2):
        pass


def drop(chat):
    """Forget the generator."""
    generator = chat.stream("Hi")
    next(generator)
    del generator
    gc.collect()


async def leave_early_async(chat):
    """Leave the loop inside an event loop."""
    async for _ in chat.stream_async("Hi"):
        break


async def cancel(chat):
    """Cancel the task that reads."""
    has_begun = asyncio.Event()

    async def read():
        async for _ in chat.stream_async("Hi"):
            has_begun.set()

    task = asyncio.create_task(read())
    await has_begun.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def abandon_with_its_loop(chat):
    """Stop an event loop, by hand, with a stream under way, and look at the conversation afterwards."""
    loop, generator = asyncio.new_event_loop(), chat.stream_async("Hi")
    loop.run_until_complete(anext(generator))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chat._turnstile, "_running", lambda: None)
        assert chat.last.is_partial
    loop.run_until_complete(generator.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


LEAVINGS = {
    "left": leave_early,
    "dropped": drop,
    "left async": lambda chat: asyncio.run(leave_early_async(chat)),
    "cancelled": lambda chat: asyncio.run(cancel(chat)),
    "abandoned": abandon_with_its_loop,
}


@pytest.mark.parametrize("leaving", LEAVINGS)
def test_a_reply_that_is_left_is_cancelled(leaving, path):
    """Who leaves the loop, drops the generator or cancels the task: one row says so, and what came is not lost."""
    with asking([WORDS]) as chat:
        LEAVINGS[leaving](chat)
        row = only_row(path)
    assert (row.status, row.error_kind, row.cost_usd, row.cost_source) == ("cancelled", "cancelled", None, "unknown")
    assert chat.last.is_partial


def test_an_interrupt_is_recorded_as_one(path):
    """The kernel's interrupt leaves a row, and one that says so."""
    with asking([Script("one two three", delay_seconds=0.2)]) as chat:
        timer = threading.Timer(0.25, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            chat.ask("Hi")
    row = only_row(path)
    assert (row.status, row.error_kind) == ("interrupted", "cancelled")


def test_a_call_that_was_never_sent_leaves_no_row(path):
    """What is refused before anything is sent costs nothing and is no call."""
    with asking([]) as chat:
        with pytest.raises(ToprouterError):
            chat.ask("Hi", temperature=9)
        stream = chat.stream("Hi")
        del stream
        client = Client(chat._settings_now())
        client.prepare(encode_request([b"{}"], model="m", stream=False, options={}), model="m", is_streamed=False)
    assert list(CallLog(path).select()) == []


def test_a_call_under_way_is_seen_as_started(path):
    """Before the first text the row is there; while its process lives or after it died, it says started."""
    with asking([WORDS]) as chat:
        stream = chat.stream("Hi")
        next(stream)
        row = only_row(path)
        stream.close()
    assert (row.status, row.seconds, row.cost_usd, row.cost_source) == ("started", None, None, "unknown")


def test_a_local_model_costs_exactly_nothing(path):
    """The model of this machine is recorded as well: 0, and why."""
    chat = Conversation("local/smollm2-135m", display=False, max_tokens=3)
    reply = chat.ask("Hi")
    chat.close()
    row = only_row(path)
    assert (row.cost_usd, row.cost_source, row.base_url) == ("0", "local", None)
    assert (reply.cost_usd, reply.cost_source, row.requested_model) == (0, "local", "local/smollm2-135m")


def test_without_a_ledger_nothing_is_written(path):
    """`ledger_path=False` keeps no calls; a block counts them all the same."""
    tr.configure(ledger_path=False)
    with asking([WORDS, Fault(400)]) as chat, tr.track() as t:
        chat.ask("Hi")
        with pytest.raises(ToprouterError):
            chat.ask("Hi")
    assert (path.exists(), t.calls, t.to_frame()["status"].tolist()) == (False, 2, ["ok", "error"])


@pytest.mark.parametrize("trouble", ["full", "damaged", "folder"])
def test_a_ledger_in_trouble_costs_no_answer(trouble, tmp_path):
    """Whatever is wrong with the file: one warning, and the conversation goes on."""
    place = tmp_path / "ledger.sqlite"
    if trouble == "full":
        place = Path("/dev/full")
    elif trouble == "damaged":
        place.write_bytes(b"what is this?" * 100)
    else:
        place.mkdir()
    tr.configure(ledger_path=place)
    with asking(["One.", "Two.", "Three."]) as chat, pytest.warns(RuntimeWarning) as caught:
        texts = [chat.ask("Hi").text for _ in range(3)]
    assert (texts, len(caught)) == (["One.", "Two.", "Three."], 1)
