"""The key comes to light nowhere: four shapes of keys, every kind of end of a call, every place one could look."""

import asyncio
import base64
import itertools
import json
import logging
import os
import signal
import threading
import warnings
from pathlib import Path

import pytest
from canaries import CANARIES, Search
from echoes import FAULTS, RAW_FAULTS
from ended import Ended
from fault_server import FaultServer
from sinks import SINKS

import toprouter_nb as tr
from toprouter_nb.listing import fetch_models
from toprouter_nb.secret import Secret
from toprouter_nb.testing import Hang, Raw, Script, ScriptedGateway

CASES = json.loads((Path(__file__).parents[1] / "data" / "http_faults.json").read_text())["cases"]
PLAYED = [case for case in CASES if not {"connect", "interrupt_after"} & set(case["responses"][0])]
LIMITS = {"connect_seconds": 2, "first_byte_seconds": 0.3, "idle_seconds": 0.3, "progress_seconds": 0.3}


ENDS = ("interrupted", "interrupted while waiting", "left", "thrown into", "cancelled", "cancelled while waiting")


MAKERS = {
    "address": lambda: tr.Settings("http://gateway.test", os.environ["CANARY"]),
    "limit": lambda: tr.Settings(api_key=os.environ["CANARY"], idle_seconds=-1),
    "key and newline": lambda: tr.Settings(api_key=os.environ["CANARY"] + "\nX-Other: 1"),
    "key and quote": lambda: tr.Settings(api_key="\u201c" + os.environ["CANARY"] + "\u201d"),
    "configure": lambda: tr.configure(api_key=os.environ["CANARY"], nonsense=1),
    "configured address": lambda: tr.configure(api_key=os.environ["CANARY"], base_url="ftp://x"),
    "configured key": lambda: tr.configure(api_key=os.environ["CANARY"] + " \x07"),
    "conversation": lambda: tr.Conversation("any/model", api_key=os.environ["CANARY"], temperature=9),
    "conversation's address": lambda: tr.Conversation("a/b", api_key=os.environ["CANARY"], base_url="http://x.test"),
    "conversation's key": lambda: tr.Conversation("a/b", api_key=os.environ["CANARY"] + "\n\n" + "x"),
    "environment": lambda: tr.Conversation("any/model", display=False).ask("Hi"),
    "messages": lambda: tr.Conversation.from_messages([{"role": "?"}], api_key=os.environ["CANARY"]),
}


class Records(logging.Handler):
    """Keeps log records of every logger, at every level."""

    def __init__(self):
        super().__init__(0)
        self.kept = []

    def emit(self, record):
        """Keep a record."""
        self.kept.append(record)


@pytest.fixture
def records():
    """Log everything, of every library."""
    root, kept = logging.getLogger(), Records()
    before = root.level
    root.addHandler(kept)
    root.setLevel(0)
    yield kept.kept
    root.setLevel(before)
    root.removeHandler(kept)


def settings_with(canary, base_url):
    """Return settings with one of the keys, which no frame of the test holds."""
    return tr.Settings(base_url, Secret(CANARIES[canary]), max_retries=0, **LIMITS)


def ask(settings, how, records):
    """Ask once in some way, and return what is there afterwards; only this frame is above ours in a traceback."""
    chat = tr.Conversation("any/model", settings=settings, display=False)
    deltas, error = [], None
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            how(chat, deltas)
        except (tr.errors.ToprouterError, KeyboardInterrupt, asyncio.CancelledError) as raised:
            error = raised
    reply = getattr(error, "partial", None) or chat.last
    return Ended(chat, settings, error, reply, deltas, warned, list(records), ())


def blocking(chat, deltas):
    """Ask and wait."""
    chat.ask("Hi")


def plain(chat, deltas):
    """Ask without a stream."""
    chat.ask("Hi", stream=False)


def streaming(chat, deltas):
    """Iterate over the deltas."""
    for delta in chat.stream("Hi", events=True):
        deltas.append(delta)


def listing(chat, deltas):
    """Fetch the list of models."""
    fetch_models(chat._settings)


def asynchronous(chat, deltas):
    """Ask inside an event loop, in debug mode."""
    asyncio.run(chat.ask_async("Hi"), debug=True)


WAYS = (blocking, streaming, asynchronous, plain, listing)


def bad_end(end):
    """Return a way to ask that is broken off by the caller."""

    def how(chat, deltas):
        if end == "left":
            for delta in chat.stream("Hi", events=True):
                deltas.append(delta)
                break
        elif end == "thrown into":
            stream = chat.stream("Hi", events=True)
            deltas.append(next(stream))
            stream.throw(KeyboardInterrupt())
        elif end.startswith("interrupted"):
            timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            try:
                chat.ask("Hi")
            finally:
                timer.join()
        else:
            asyncio.run(_cancelled(chat), debug=True)

    return how


async def _cancelled(chat):
    task = asyncio.create_task(chat.ask_async("Hi"))
    await asyncio.sleep(0.15)
    task.cancel()
    await task


def check(ended, canary):
    """Search every sink for traces of the key."""
    search = Search(CANARIES[canary])
    for sink in SINKS:
        for content in sink(ended):
            trace = search.find(content)
            assert trace is None, f"{sink.__name__} shows a piece of the key: {_around(content, trace)}"


def _around(content, trace):
    place = content.find(trace) if isinstance(content, str | bytes) else 0
    return content[max(place - 80, 0) : place + 80]


def numbered(names):
    """Give each name another shape of the key, one after the other."""
    return [pytest.param(name, number % len(CANARIES), id=name) for number, name in enumerate(names)]


def play(fault, canary, way, records):
    """Play a fault of ours, ask in some way, and check all sinks."""
    reply = FAULTS[fault](CANARIES[canary])
    with ScriptedGateway([reply], repeat=True, models=reply) as gateway:
        ended = ask(settings_with(canary, gateway.base_url), way, records)
        ended.requests = gateway.requests
        check(ended, canary)


def play_raw(responses, canary, way, records):
    """Do what `play` does with responses for the fault server."""
    with FaultServer(responses, {"KEY": CANARIES[canary], "OTHER": "http://127.0.0.1:9"}) as server:
        check(ask(settings_with(canary, server.base_url), way, records), canary)


def test_there_are_sinks_and_shapes_enough():
    """Thirty places are searched, for four shapes of keys, after forty kinds of ends; and the search does find."""
    assert len({sink.__name__ for sink in SINKS}) >= 30
    assert len(FAULTS) + len(RAW_FAULTS) + len(ENDS) >= 40
    for canary in CANARIES:
        search = Search(canary)
        spelled = [f"<{canary}>", canary[::-1], base64.b64encode(b"ab" + canary.encode()).decode(), canary[-12:]]
        assert all(map(search.find, spelled))
        assert search.find(f"a {canary[:9]} b") is None


@pytest.mark.parametrize(("fault", "canary"), numbered(FAULTS))
def test_no_fault_shows_the_key(fault, canary, records):
    """Whatever the server repeats, and wherever: no sink has a piece of the key."""
    play(fault, canary, WAYS[list(FAULTS).index(fault) % len(WAYS)], records)


@pytest.mark.parametrize(("fault", "canary"), numbered(RAW_FAULTS))
def test_no_broken_head_shows_the_key(fault, canary, records):
    """The same for what no HTTP library would send."""
    response = {"raw": True, "steps": [{"send": RAW_FAULTS[fault]}, {"wait": 0.1}, {"end": "fin"}]}
    play_raw([response], canary, WAYS[list(RAW_FAULTS).index(fault) % len(WAYS)], records)


@pytest.mark.parametrize(("end", "canary"), numbered(ENDS))
@pytest.mark.parametrize("place", ["head", "error body", "text"])
def test_no_end_by_the_caller_shows_the_key(end, canary, place, records):
    """Interrupts, cancelled tasks and streams that are left, while the server repeats the key: the same."""
    key = CANARIES[canary]
    reply = {
        "head": Script(deltas=["It is ", Hang()], headers={"X-Key": key}),
        "error body": Raw([key.encode(), Hang()], 401, {"Content-Type": "text/plain"}),
        "text": Script(deltas=["It ", f"is {key}", key[:5], Hang()]),
    }[place]
    if "waiting" in end:
        reply = Hang()
    with ScriptedGateway([reply], repeat=True) as gateway:
        ended = ask(settings_with(canary, gateway.base_url), bad_end(end), records)
        ended.requests = gateway.requests
        check(ended, canary)
    assert end == "left" or ended.error is not None


@pytest.mark.parametrize(("maker", "canary"), numbered(MAKERS))
def test_no_refused_setting_shows_the_key(maker, canary, records, monkeypatch):
    """Where a key is refused, or is given together with something that is, the error does not show it."""
    monkeypatch.setenv("CANARY", CANARIES[canary])
    monkeypatch.setenv("TOPROUTER_API_KEY", CANARIES[canary] + "\a")
    with pytest.raises(tr.errors.ToprouterError) as caught:
        MAKERS[maker]()
    chat = tr.Conversation("any/model", settings=settings_with(canary, "http://127.0.0.1:9"))
    while "toprouter_nb" not in caught.value.__traceback__.tb_frame.f_code.co_filename:
        caught.value.__traceback__ = caught.value.__traceback__.tb_next  # the caller's own frames
    check(Ended(chat, chat._settings, caught.value, None, [], [], list(records), ()), canary)


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "canary", "way"), list(itertools.product(FAULTS, range(len(CANARIES)), WAYS)))
def test_no_fault_shows_any_key_in_any_way(fault, canary, way, records):
    """Every fault of ours, for every shape and every way to ask."""
    play(fault, canary, way, records)


@pytest.mark.slow
@pytest.mark.parametrize("way", [blocking, asynchronous])
@pytest.mark.parametrize(("case", "canary"), numbered([case["name"] for case in PLAYED]))
def test_no_known_fault_shows_the_key(case, canary, way, records):
    """Every fault of the table, one shape of the key after the other."""
    (played,) = (known for known in PLAYED if known["name"] == case)
    play_raw(played["responses"], canary, way if played["stream"] else plain, records)
