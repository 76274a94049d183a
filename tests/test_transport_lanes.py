"""What is promised of connections: kept for the next request, used by one at a time, never left behind."""

import contextlib
import gc
import itertools
import json
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest
from callers import MODES, Caller
from fault_server import FaultServer

from toprouter_nb.errors import ConnectFailedError
from toprouter_nb.wire.request import RequestBody

PLAIN = {"status": 200, "headers": [["Content-Type", "application/json"]], "body": '{"ok": true}'}
EVENTS = [["Content-Type", "text/event-stream"]]
LIVE = {"status": 200, "headers": EVENTS, "steps": [{"send": "data: one\n\n"}, {"end": "hold"}]}
CLOSES = {"raw": True, "steps": [{"end": "fin"}]}

both = pytest.mark.parametrize("mode", MODES)


@both
def test_a_connection_is_kept_for_the_next_request(mode):
    """Answers that were read to their end, plain or streamed, leave their connection for the next."""
    stream = {"status": 200, "headers": EVENTS, "steps": [{"send": "data: [DONE]\n\n"}, {"end": "ok"}]}
    with FaultServer([PLAIN, stream, PLAIN]) as server, Caller(mode, server.base_url) as caller:
        for _ in range(3):
            caller.post()
    assert [request.connection for request in server.requests] == [1, 1, 1]


@both
def test_the_end_of_a_stream_may_come_a_moment_late(mode):
    """A reader that leaves after the last event, just before the closing chunk, keeps the connection."""
    stream = {"status": 200, "headers": EVENTS, "steps": [{"send": "data: [DONE]\n\n"}, {"wait": 0.001}, {"end": "ok"}]}
    with FaultServer([stream]) as server, Caller(mode, server.base_url) as caller:
        for _ in range(3):
            caller.post(stream=True, blocks=1)
    assert server.connections == 1


@both
def test_connection_close_is_honoured(mode):
    """Where the server says that it closes, the next request has a connection of its own."""
    closing = PLAIN | {"headers": [["Connection", "close"]]}
    with FaultServer([closing]) as server, Caller(mode, server.base_url) as caller:
        caller.post()
        caller.post()
    assert server.connections == 2


@both
@pytest.mark.parametrize("between", [PLAIN | {"close": True}, PLAIN])
def test_a_kept_connection_that_was_closed_meanwhile_is_no_fault(mode, between):
    """Closed before the request or just as it came: it is sent again on a new connection, once and silently."""
    lost = [] if between.get("close") else [CLOSES]
    with FaultServer([between, *lost, PLAIN]) as server, Caller(mode, server.base_url) as caller:
        caller.post()
        time.sleep(0.05)
        status, _, body = caller.post(RequestBody([b"a" * 10, b"b" * 70_000]))
    assert (status, json.loads(body)) == (200, {"ok": True})
    assert server.requests[-1].body == b"a" * 10 + b"b" * 70_000
    assert server.connections == 2


@both
def test_a_new_connection_that_closes_is_a_fault(mode):
    """The first request of a connection is sent once."""
    with FaultServer([CLOSES]) as server, Caller(mode, server.base_url) as caller:
        with pytest.raises(ConnectFailedError, match="gave no answer") as caught:
            caller.post()
        assert caught.value.is_transient
    assert len(server.requests) == 1


def test_a_dropped_transport_closes_its_connections():
    """When nobody holds a transport any more, its kept connections close without a warning."""
    with FaultServer([PLAIN]) as server:
        Caller("blocking", server.base_url).post()
        gc.collect()
        assert server.wait_until_left(seconds=0.5)


def test_threads_share_a_transport():
    """Many threads ask at once over one transport: each has its own connection, and they are kept."""
    with FaultServer([PLAIN]) as server, Caller("blocking", server.base_url) as caller:
        statuses = []
        threads = [
            threading.Thread(target=lambda: statuses.extend(caller.post()[0] for _ in range(5))) for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 80
        assert server.connections <= 16


def test_a_forked_child_has_its_own_connections():
    """A child neither uses nor closes the connection that its parent keeps."""
    source = """
        import os, sys
        sys.path.insert(0, "tests")
        from callers import Caller
        with Caller("blocking", sys.argv[1]) as caller:
            caller.post()
            child = os.fork()
            if not child:
                caller.post()
                caller.transport.close()
                os._exit(0)
            os.waitpid(child, 0)
            caller.post()
    """
    with FaultServer([PLAIN]) as server:
        subprocess.run([sys.executable, "-c", textwrap.dedent(source), server.base_url], check=True)
    assert [request.connection for request in server.requests] == [1, 2, 1]


LEAKS = {
    "whole": (PLAIN, None),
    "error": ({"status": 500, "headers": [], "body": "x"}, None),
    "half read": (LIVE, 1),
    "refused": (CLOSES, None),
    "broken": ({"status": 200, "headers": EVENTS, "steps": [{"send": "data: one\n\n"}, {"end": "rst"}]}, None),
}


@both
@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", LEAKS)
def test_nothing_leaks(mode, count, kind):
    """After many calls of a kind there are as many open sockets and threads as before."""
    response, blocks = LEAKS[kind]
    process = psutil.Process()
    with FaultServer([response]) as server:
        before = (len(process.net_connections()), threading.active_count(), process.num_fds())
        with Caller(mode, server.base_url) as caller:
            for _ in range(count):
                with contextlib.suppress(ConnectFailedError):
                    caller.post(stream=blocks is not None, blocks=blocks)
        server.wait_until_left(server.connections)
        for _ in itertools.takewhile(lambda _: threading.active_count() > before[1], range(100)):
            time.sleep(0.01)
        assert (len(process.net_connections()), threading.active_count(), process.num_fds()) <= before
