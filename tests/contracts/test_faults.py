"""Every fault of `data/http_faults.json`, played by a real server, ends as it is promised: blocking and async alike."""

import asyncio
import contextlib
import functools
import json
import logging
import os
import signal
import socket
import ssl
import threading
import time
import traceback
from pathlib import Path

import psutil
import pytest
import trustme
from fault_server import FaultServer

from toprouter_nb import Conversation
from toprouter_nb.errors import ToprouterError
from toprouter_nb.secret import Secret
from toprouter_nb.settings import Settings

CASES = json.loads((Path(__file__).parents[1] / "data" / "http_faults.json").read_text())["cases"]
PLAYED = [case for case in CASES if "connect" not in case["responses"][0]]
UNCONNECTED = {case["responses"][0]["connect"]: case for case in CASES if "connect" in case["responses"][0]}
KEY = "sk-canary-5c1f0b7a93d24e68"
SECRET = Secret(KEY)
MODES = ("blocking", "async")
_real_async_sleep = asyncio.sleep


@pytest.fixture
def waits(monkeypatch):
    """Replace the pauses between attempts by a note of their length."""
    noted = []

    async def note(seconds, result=None):
        if not seconds:
            return await _real_async_sleep(0, result)
        noted.append(seconds)
        return result

    monkeypatch.setattr(time, "sleep", noted.append)
    monkeypatch.setattr(asyncio, "sleep", note)
    return noted


def ask(case, base_url, mode, key=SECRET):
    """Ask once, and return the reply's text and the error, whichever there is."""
    settings = Settings(base_url=base_url, api_key=key, **case.get("limits", {}))
    chat = Conversation(model="any/model", settings=settings, display=False)
    with contextlib.closing(chat):
        try:
            if mode == "blocking":
                return chat.ask("Hi", stream=case["stream"]).text, None
            return asyncio.run(chat.ask_async("Hi", stream=case["stream"])).text, None
        except (ToprouterError, KeyboardInterrupt, asyncio.CancelledError) as error:
            partial = error.partial
            return partial.text if partial is not None else "", error


@contextlib.contextmanager
def memory_peak():
    """Watch the memory of this process; gives a list that holds the growth in MiB at the end."""
    process, is_over, growth = psutil.Process(), threading.Event(), []
    before = process.memory_info().rss

    def watch():
        while not is_over.wait(0.002):
            growth.append(process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield growth
    finally:
        is_over.set()
        watcher.join()
        growth[:] = [max(growth, default=0) / 2**20]


def check_error(error, expected):
    """Compare an error with what the case promises, and search it for the key."""
    message = str(error)
    assert error.kind == expected["error_kind"], message
    assert len(message) <= 2000
    for words in expected.get("message_contains", ()):
        assert words in message
    for words in ("<html", "<body", "\x1b", *expected.get("message_lacks", ())):
        assert words.replace("{KEY}", KEY) not in message
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert KEY not in told + repr(error) + repr(vars(error))


def check(case, text, error, requests, pauses):
    """Compare the end of a case with its promise."""
    expected = case["expect"]
    assert (error is None) == (expected["result"] == "ok"), error or text
    if error is not None:
        check_error(error, expected)
    assert text == expected.get("text", text)
    assert len(requests) == expected["requests_sent"]
    assert bool(pauses) == expected["retried"]
    if "wait_s" in expected:
        least, most = expected["wait_s"]
        assert least <= pauses[0] <= most
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in requests)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", PLAYED, ids=lambda case: case["name"])
def test_a_fault_ends_as_promised(case, mode, waits, caplog, monkeypatch):
    """A reply, or one typed error with the server's words and the text so far, in the promised number of requests."""
    if "interrupt_after" in case["responses"][0]:
        monkeypatch.undo()
        interrupt(case, mode)
        return
    caplog.set_level(logging.DEBUG)
    words = {"KEY": KEY}
    with FaultServer([{"status": 200}]) as other, FaultServer(case["responses"], words) as server:
        words["OTHER"] = f"http://127.0.0.1:{other.port}"
        begun = time.monotonic()
        with memory_peak() as growth:
            text, error = ask(case, server.base_url, mode)
        seconds = time.monotonic() - begun
    check(case, text, error, server.requests, waits)
    assert seconds < case["expect"].get("max_seconds", 5)
    assert growth[0] < case["expect"].get("peak_memory_mib", 512)
    assert len(other.requests) == case["expect"].get("other_host_requests", 0)
    assert KEY not in caplog.text


def interrupt(case, mode):
    """Interrupt a call while it waits for its next attempt."""

    async def ask_and_cancel():
        settings = Settings(base_url=server.base_url, api_key=SECRET)
        task = asyncio.create_task(Conversation(model="any/model", settings=settings, display=False).ask_async("Hi"))
        await asyncio.sleep(case["responses"][0]["interrupt_after"])
        task.cancel()
        await task

    with FaultServer(case["responses"]) as server:
        begun = time.monotonic()
        if mode == "blocking":
            timer = threading.Timer(case["responses"][0]["interrupt_after"], os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            _, error = ask(case, server.base_url, mode)
            timer.join()
        else:
            with pytest.raises(asyncio.CancelledError) as caught:
                asyncio.run(ask_and_cancel())
            error = caught.value
    assert error.kind == case["expect"]["error_kind"]
    assert len(server.requests) == case["expect"]["requests_sent"]
    assert time.monotonic() - begun < case["expect"]["max_seconds"]


@contextlib.contextmanager
def refused():
    """Give an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def full():
    """Give an address that takes no more connections: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as stack:
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def unknown_name():
    """Give a name that cannot be resolved; no query leaves the machine."""
    patch = pytest.MonkeyPatch()

    def fail(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with patch.context() as patched:
        patched.setattr(socket, "getaddrinfo", fail)
        yield "https://no-such-host.invalid"


@contextlib.contextmanager
def tls_server(steps, context=None):
    """Give an https address served without TLS, or with the given context."""
    with FaultServer([{"raw": True, "steps": steps}]) as server:
        if context is not None:
            server.encrypt(context)
        yield f"https://localhost:{server.port}"


@functools.cache
def self_signed():
    """Return a TLS context whose authority nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


SERVERS = {
    "refused": refused,
    "full": full,
    "dns": unknown_name,
    "tls_plain": lambda: tls_server([{"send": "HTTP/1.1 400 Bad Request\r\n\r\n"}, {"end": "fin"}]),
    "tls_silent": lambda: tls_server([{"end": "hold"}]),
    "tls_self_signed": lambda: tls_server([{"end": "fin"}], self_signed()),
    "http_public_host": lambda: contextlib.nullcontext("http://gateway.example"),
    "bad_key_unicode": lambda: contextlib.nullcontext("https://gateway.example"),
    "bad_key_newline": lambda: contextlib.nullcontext("https://gateway.example"),
}
BAD_KEYS = {"bad_key_unicode": Secret(KEY + "é"), "bad_key_newline": Secret(KEY[:9] + "\n" + KEY[9:])}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SERVERS)
def test_what_never_connects_ends_as_promised(name, mode, waits):
    """Where nothing can be sent the error says why, and what may pass is tried three times."""
    case = UNCONNECTED[name]
    with SERVERS[name]() as base_url:
        try:
            text, error = ask(case, base_url, mode, BAD_KEYS.get(name, SECRET))
        except ToprouterError as refusal:
            text, error = "", refusal
    check(case, text, error, [], waits)


def test_every_case_is_played():
    """No case of the file is left out, and no way to have no server either."""
    assert len(PLAYED) + len(UNCONNECTED) == len(CASES)
    assert set(SERVERS) == set(UNCONNECTED)
