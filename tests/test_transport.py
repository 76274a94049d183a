"""What the layers above are promised of one request and its answer, blocking and async alike."""

import contextlib
import gc
import json
import logging
import subprocess
import sys
import textwrap
import threading
import time
import types

import pytest
from callers import HELLO, KEY, MODES, SECRET, Caller
from fault_server import FaultServer

from toprouter_nb import __version__
from toprouter_nb.errors import ConnectFailedError, ReadTimeoutError, UnexpectedResponseError
from toprouter_nb.secret import Secret
from toprouter_nb.settings import Settings
from toprouter_nb.transport import Transport
from toprouter_nb.wire.request import RequestBody

PLAIN = {"status": 200, "headers": [["Content-Type", "application/json"], ["X-Other", "a"]], "body": '{"ok": true}'}
EVENTS = [["Content-Type", "text/event-stream"]]
LIVE = {"status": 200, "headers": EVENTS, "steps": [{"send": "data: one\n\n"}, {"end": "hold"}]}
CLOSES = {"raw": True, "steps": [{"end": "fin"}]}

both = pytest.mark.parametrize("mode", MODES)


@both
def test_an_answer_is_handed_out_as_it_came(mode):
    """Status, fields by lower-case name, and the body's bytes."""
    with FaultServer([PLAIN]) as server, Caller(mode, server.base_url) as caller:
        status, headers, body = caller.post()
    assert (status, headers["content-type"], headers["x-other"]) == (200, "application/json", "a")
    assert json.loads(body) == {"ok": True}


@both
def test_a_request_says_who_asks_and_nothing_more(mode):
    """Key, name and version, the wish for an unencoded answer; no cookie, even after one was set."""
    cookie = PLAIN | {"headers": [["Set-Cookie", "track=1"]]}
    with FaultServer([cookie]) as server, Caller(mode, server.base_url) as caller:
        caller.post()
        caller.post(stream=True)
        caller.get()
    first, second, third = server.requests
    assert first.head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert first.body == b'{"model":"m"}'
    assert first.headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": f"toprouter_nb/{__version__}",
        "accept-encoding": "identity",
        "accept": "application/json",
        "content-type": "application/json",
        "content-length": "13",
        "authorization": f"Bearer {KEY}",
    }
    assert second.headers == first.headers | {"accept": "text/event-stream"}
    assert third.head.startswith(b"GET /v1/models HTTP/1.1\r\n")
    assert "content-length" not in third.headers


@both
@pytest.mark.parametrize("reason", [None, KeyboardInterrupt, ValueError])
def test_leaving_early_closes_the_connection_at_once(mode, reason):
    """However the block is left in the middle of an answer, the server sees the close within moments."""

    def leave(_answer):
        if reason is not None:
            raise reason

    with FaultServer([LIVE]) as server, Caller(mode, server.base_url) as caller:
        with pytest.raises(reason) if reason else contextlib.nullcontext():
            caller.post(stream=True, blocks=1, during=leave)
        if mode == "async" and reason is not KeyboardInterrupt:
            # The loop, which the interrupt has ended, turns again.
            caller.runner.run(_nothing())
        elif mode == "async":
            caller.runner.close()
        assert server.wait_until_left(seconds=0.5)


async def _nothing():
    """Let the loop turn once."""


@both
def test_a_large_body_arrives_whole(mode):
    """Blocks of any size are sent as they are, large ones too."""
    blocks = [b"a", b"b" * 3_000_000, b"c" * 65_536, b"d" * 65_537]
    with FaultServer([PLAIN]) as server, Caller(mode, server.base_url) as caller:
        assert caller.post(RequestBody(blocks))[0] == 200
    assert server.requests[0].body == b"".join(blocks)


@both
@pytest.mark.parametrize("end", ["hold", "fin"])
def test_an_answer_may_come_before_the_request_is_sent(mode, end):
    """A server that refuses a large body without reading it is heard, whether it then closes or just waits."""
    refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
    early = {"raw": True, "steps": [{"send": refusal}, {"wait": 0.1}, {"end": end}]}
    with (
        FaultServer([early], reads_bodies=False) as server,
        Caller(mode, server.base_url, idle_seconds=0.3) as caller,
    ):
        status, _, body = caller.post(RequestBody([b"a" * 20_000_000]))
    # A close with unread bytes is a reset, which may overtake the body.
    assert (status, body) in ((413, b"no"), (413, b""))


@both
def test_a_connection_with_a_request_half_sent_is_not_used_again(mode):
    """What is left of the request would be read as the next one; so the next one has a connection of its own."""
    refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
    early = {"raw": True, "steps": [{"send": refusal}, {"wait": 1.0}]}
    with (
        FaultServer([early], reads_bodies=False) as server,
        Caller(mode, server.base_url, idle_seconds=0.3) as caller,
    ):
        for _ in range(2):
            assert caller.post(RequestBody([b"a" * 20_000_000]))[2] == b"no"
        assert server.connections == 2


@both
def test_a_server_that_stops_reading_is_a_timeout(mode):
    """Where nothing takes the request any more, the limit for silence holds."""
    deaf = {"raw": True, "steps": [{"wait": 0.5}]}
    with (
        FaultServer([deaf], reads_bodies=False) as server,
        Caller(mode, server.base_url, idle_seconds=0.2) as caller,
        pytest.raises(ReadTimeoutError, match=r"stopped taking the request for 0\.2 s") as caught,
    ):
        caller.post(RequestBody([b"a" * 50_000_000]))
    assert (caught.value.kind, caught.value.is_transient) == ("timeout", True)


@both
@pytest.mark.parametrize(
    "head",
    ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n"],
)
def test_a_body_that_ends_early_is_an_error(mode, head):
    """Where less comes than was announced, the connection broke; an answer that announces nothing may end so."""
    with (
        FaultServer([{"raw": True, "steps": [{"send": head + "Hello"}, {"end": "fin"}]}]) as server,
        Caller(mode, server.base_url) as caller,
        pytest.raises(ConnectFailedError, match="missing"),
    ):
        caller.post()
    open_end = {"raw": True, "steps": [{"send": "HTTP/1.1 200 OK\r\n\r\nHello"}, {"end": "fin"}]}
    with FaultServer([open_end]) as server, Caller(mode, server.base_url) as caller:
        assert caller.post()[2] == b"Hello"


@both
def test_a_body_beyond_its_bound_is_not_read(mode):
    """A plain answer of more than 64 MiB ends with an error; an event stream has its own bounds above."""
    block = {"endless": "x" * 1024, "repeat": 1024}
    endless = {"status": 200, "headers": [["Content-Type", "application/json"]], "steps": [block]}
    with FaultServer([endless]) as server, Caller(mode, server.base_url) as caller:
        with pytest.raises(UnexpectedResponseError) as caught:
            caller.post()
        assert caught.value.kind == "too_large"
        assert server.wait_until_left()


def test_another_thread_can_stop_a_read():
    """Closing an answer wakes the thread that waits for its next block."""
    with FaultServer([LIVE]) as server:
        transport = Transport(Settings(base_url=server.base_url, api_key=SECRET))
        with transport.post("/chat/completions", HELLO, SECRET, stream=True) as answer:
            blocks = answer.blocks()
            assert next(blocks) == b"data: one\n\n"
            threading.Timer(0.1, answer.close).start()
            begun = time.monotonic()
            with pytest.raises(ConnectFailedError):
                next(blocks)
            assert time.monotonic() - begun < 1


def test_httpx_waits_for_the_first_request():
    """Importing and making transports loads no HTTP library, and plain http no certificates."""
    source = """
        import sys
        sys.path.insert(0, "tests")
        from callers import Caller
        with Caller("blocking", sys.argv[1]) as caller:
            assert not {"httpx", "h11"} & set(sys.modules)
            caller.post()
            from toprouter_nb.transport.route import tls_context
            assert tls_context.cache_info().currsize == 0
    """
    with FaultServer([PLAIN]) as server:
        subprocess.run([sys.executable, "-c", textwrap.dedent(source), server.base_url], check=True)


def texts_of(thing):
    """Return every text that hangs on an object, however deep; a Secret is not opened."""
    texts, seen, left = [], set(), [thing]
    while left:
        item = left.pop()
        if id(item) in seen or isinstance(item, Secret | type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(item))
        if isinstance(item, str | bytes | bytearray):
            texts.append(item if isinstance(item, str) else item.decode("latin-1"))
        else:
            left.extend(gc.get_referents(item))
    return texts


@both
def test_the_key_is_nowhere_to_be_seen(mode, caplog):
    """Not in the logs of the layers below at DEBUG, and on no object once the head of the answer is there."""
    caplog.set_level(logging.DEBUG)
    hanging = []

    def look(answer):
        hanging.extend(texts_of(answer))

    with FaultServer([LIVE]) as server, Caller(mode, server.base_url) as caller:
        caller.post(stream=True, blocks=1, during=look)
    assert "text/event-stream" in "".join(hanging)
    assert KEY not in "".join(hanging) + caplog.text
