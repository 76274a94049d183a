"""What users of the scripted gateway are promised when things go wrong: faults, cuts, silence, lost clients."""

import contextlib
import http.client
import json
import subprocess
import sys
import threading
import time

import httpx
import pytest

from toprouter_nb.testing import Cut, ErrorEvent, Fault, Hang, Raw, Script, ScriptedGateway, Stall

HELLO = {"model": "any/model", "messages": [{"role": "user", "content": "one two three"}]}
STREAMED = HELLO | {"stream": True, "stream_options": {"include_usage": True}}


def ask(gateway, body=HELLO, **kwargs):
    """Send one chat request and return the whole response."""
    return httpx.post(gateway.base_url + "/chat/completions", json=body, timeout=10, **kwargs)


def chunks(response):
    """Decode the chunks of a streamed response."""
    events = [block.removeprefix("data: ") for block in response.text.split("\n\n") if block]
    return [json.loads(event) for event in events if event != "[DONE]"]


def ask_in_vain(gateway):
    """Send a streamed chat request that will not be answered to its end."""
    with contextlib.suppress(httpx.HTTPError):
        ask(gateway, STREAMED)


def run_python(*arguments):
    """Run another interpreter to its end."""
    return subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (
            Fault(429, headers={"Retry-After": "7"}),
            "application/json",
            '{"error":{"message":"Scripted fault 429.","code":429}}',
        ),
        (Fault(502, "<html>", {"Content-Type": "text/html"}), "text/html", "<html>"),
        (Fault(400, {"error": "no"}), "application/json", '{"error":"no"}'),
        (Fault(302, b"", {"Location": "/login"}), "text/plain; charset=utf-8", ""),
    ],
)
def test_faults_are_answered_as_written(fault, kind, text):
    """A fault has its status, headers and body."""
    with ScriptedGateway([fault]) as gateway:
        response = ask(gateway)
    assert (response.status_code, response.headers["content-type"], response.text) == (fault.status, kind, text)
    assert all(response.headers[name] == value for name, value in fault.headers.items())


def test_raw_blocks_are_sent_as_they_are():
    """Raw bytes, cut anywhere, arrive unchanged and in the same pieces."""
    blocks = [b"data: \xe6", b"\x97\xa5\r", b"\n\r\n", b": comment\n\n"]
    with (
        ScriptedGateway([Raw([blocks[0], Stall(0.05), *blocks[1:]])]) as gateway,
        httpx.stream("POST", gateway.base_url + "/chat/completions", json=STREAMED) as response,
    ):
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert b"".join(response.iter_raw()) == b"".join(blocks)


@pytest.mark.parametrize("reset", [True, False])
def test_a_cut_breaks_the_stream_after_what_came_before(reset):
    """What stands before a cut arrives, then the connection is reset, or ends with the body unfinished."""
    expected = httpx.ReadError if reset else httpx.RemoteProtocolError
    got = []
    with (
        ScriptedGateway([Script(deltas=["first ", Stall(0.1), Cut(reset=reset), "never"])]) as gateway,
        httpx.stream("POST", gateway.base_url + "/chat/completions", json=STREAMED) as response,
        pytest.raises(expected),
    ):
        got.extend(response.iter_raw())
    assert b"first" in b"".join(got)
    assert b"never" not in b"".join(got)


def test_a_cut_reply_breaks_before_any_byte():
    """A cut as the whole reply resets the connection where an answer was expected."""
    with ScriptedGateway([Cut(), Cut(reset=False)]) as gateway:
        with pytest.raises(httpx.ReadError):
            ask(gateway)
        with pytest.raises(httpx.RemoteProtocolError):
            ask(gateway)


def test_an_error_event_ends_the_stream():
    """An error in mid stream follows the deltas before it, and nothing follows but the end of the body."""
    script = Script(deltas=["a ", ErrorEvent({"code": 502, "message": "upstream"}), "never"])
    bare = Script(deltas=[ErrorEvent("boom", finish_reason=None)])
    with ScriptedGateway([script, script, bare]) as gateway:
        streamed = ask(gateway, STREAMED)
        plain = ask(gateway)
        text = ask(gateway, STREAMED)
    last = chunks(streamed)[-1]
    assert last["error"] == {"code": 502, "message": "upstream"}
    assert last["choices"][0]["finish_reason"] == "error"
    assert "never" not in streamed.text
    assert "[DONE]" not in streamed.text
    assert (plain.status_code, plain.json()) == (200, {"error": {"code": 502, "message": "upstream"}})
    assert (chunks(text)[-1]["error"], "choices" in chunks(text)[-1]) == ("boom", False)


def test_the_end_of_a_stream_can_be_left_out():
    """A stream without `[DONE]` and without a finish reason ends its HTTP body in order all the same."""
    with ScriptedGateway([Script("a", done=False, finish_reason=None, usage=None)]) as gateway:
        response = ask(gateway, STREAMED)
    assert "[DONE]" not in response.text
    assert [choice["finish_reason"] for chunk in chunks(response) for choice in chunk["choices"]] == [None, None]


@pytest.mark.parametrize("body", [HELLO, STREAMED])
def test_a_hang_ends_with_the_client_and_is_noticed(body):
    """A client that gives up during a hang sets `closed_early` and `finished`."""
    with ScriptedGateway([Script(deltas=["a", Hang()])]) as gateway:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(gateway.base_url + "/chat/completions", json=body, timeout=0.2)
        (request,) = gateway.requests
        assert request.closed_early.wait(10)
        assert request.finished.wait(10)


def test_a_client_that_reads_to_the_end_did_not_close_early():
    """A complete answer sets `finished` only."""
    with ScriptedGateway(["all of it"]) as gateway:
        ask(gateway, STREAMED)
        (request,) = gateway.requests
        assert request.finished.wait(10)
        assert not request.closed_early.is_set()


def test_leaving_between_two_deltas_stops_the_stream():
    """A client that leaves in the middle of many deltas ends the reply long before its last delta."""
    script = Script(deltas=["word "] * 1_000, delay_seconds=0.01)
    with ScriptedGateway([script]) as gateway:
        with httpx.stream("POST", gateway.base_url + "/chat/completions", json=STREAMED) as response:
            next(response.iter_raw())
        assert gateway.requests[0].closed_early.wait(10)


def test_a_connection_is_kept_for_the_next_call():
    """Calls one after the other can use one connection."""
    with ScriptedGateway(["a"], repeat=True) as gateway:
        connection = http.client.HTTPConnection(gateway.base_url.removeprefix("http://"))
        with contextlib.closing(connection):
            ports = set()
            for body in (HELLO, STREAMED, HELLO):
                connection.request("POST", "/chat/completions", json.dumps(body))
                connection.getresponse().read()
                ports.add(connection.sock.getsockname())
    assert len(ports) == 1


def test_many_threads_get_one_reply_each():
    """Of many calls at once each gets its own reply, and all are recorded."""
    replies = [f"reply {number}" for number in range(64)]
    answers = []
    with ScriptedGateway(replies) as gateway:
        threads = [
            threading.Thread(target=lambda: answers.append(ask(gateway).json()["choices"][0]["message"]["content"]))
            for _ in replies
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == sorted(replies)
    assert len(gateway.requests) == 64


def test_closing_ends_every_thread_at_once():
    """Closing breaks off hanging and idle connections without waiting for them and leaves no thread."""
    before = set(threading.enumerate())
    with ScriptedGateway([Script(deltas=["a", Hang()]), "b"]) as gateway, httpx.Client() as client:
        hanging = threading.Thread(target=ask_in_vain, args=(gateway,))
        hanging.start()
        while not gateway.requests:
            time.sleep(0.01)
        client.post(gateway.base_url + "/chat/completions", json=HELLO)
        begin = time.monotonic()
        gateway.close()
        assert time.monotonic() - begin < 5
        hanging.join()
    assert set(threading.enumerate()) == before
    assert not gateway.requests[0].closed_early.is_set()


def test_nothing_is_printed_when_clients_misbehave():
    """Clients that leave, reset or send rubbish cause no output and no warning, in a process of its own."""
    program = """
import socket, struct, time
from toprouter_nb.testing import *
with ScriptedGateway([Script(deltas=["x" * 10_000] * 2_000)], repeat=True) as gateway:
    port = int(gateway.base_url.rpartition(":")[2])
    post = b"POST /chat/completions HTTP/1.1\\r\\nContent-Length: 16\\r\\n\\r\\n" + b'{"stream": true}'
    for line in (b"", b"rubbish\\r\\n\\r\\n", post):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(line)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            time.sleep(0.05)
    assert gateway.requests[0].closed_early.wait(10)
"""
    done = run_python("-W", "error", "-X", "dev", "-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
