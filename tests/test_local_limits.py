"""Hostile, slow and vanished clients do not keep the local server from answering the others."""

import contextlib
import json
import resource
import select
import threading
import time
from urllib.parse import urlsplit

import psutil
import pytest
from raw_http import MODEL, ask, connect, get, head_of, read, send

LONG = {"model": MODEL, "messages": [{"role": "user", "content": "Write a long story."}], "max_tokens": 500}


@pytest.fixture
def many_files():
    """Let this process open enough sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def seconds_of_health(address):
    """Return how long the server takes to say that it is there."""
    start = time.perf_counter()
    assert get(address, "/health").status == 200
    return time.perf_counter() - start


def memory_bytes(owner):
    """Return the resident memory of the child."""
    return psutil.Process(owner.child_pid).memory_info().rss


@pytest.mark.parametrize("first", [b"", b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127"])
def test_a_thousand_idle_callers_do_not_stop_answers(local_owner, local_address, many_files, first):
    """1,000 sockets that say nothing, or never finish: still answered in 100 ms, for less than 64 MiB."""
    ask(local_address, "Hi", max_tokens=1)
    before = memory_bytes(local_owner)
    idle = [connect(local_address[0]) for _ in range(1000)]
    try:
        for sock in idle:
            sock.sendall(first)
        assert min(seconds_of_health(local_address) for _ in range(3)) < 0.1
        assert ask(local_address, "Hi", max_tokens=1).status == 200
        assert memory_bytes(local_owner) - before < 64 * 2**20
    finally:
        for sock in idle:
            sock.close()


def test_more_callers_than_sockets_push_out_the_oldest(local_address, many_files):
    """Beyond 2,000 open connections the oldest silent ones are closed and new ones are still answered."""
    idle = [connect(local_address[0]) for _ in range(2100)]
    try:
        assert get(local_address, "/models").status == 200
        assert idle[0].recv(1) == b""
    finally:
        for sock in idle:
            sock.close()


@pytest.mark.slow
def test_a_head_that_never_ends_is_closed(local_address):
    """A caller that trickles its head is cut off after ten seconds, however busily it trickles."""
    start = time.monotonic()
    with connect(local_address[0]) as sock, contextlib.suppress(ConnectionError):
        while time.monotonic() - start < 20:
            sock.sendall(b"X")
            time.sleep(0.2)
    assert 9 < time.monotonic() - start < 13


@pytest.mark.parametrize(
    ("block", "status"),
    [
        (b"X" * 40_000, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\n\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ],
)
def test_heads_that_are_none_are_refused_at_once(local_address, block, status):
    """Oversized heads, bare line feeds, TLS and HTTP/2 greetings get an answer, not a wait."""
    assert send(local_address[0], block, seconds=5).status == status


def test_bodies_have_a_limit(local_address):
    """A body announced beyond 64 MiB is refused before a byte of it is read; one without a length as well."""
    base_url, key = local_address
    assert send(base_url, head_of(base_url, key, 64 * 2**20 + 1)).status == 413
    assert send(base_url, head_of(base_url, key, 10**11)).status == 413
    head = head_of(base_url, key, 0).replace(b"Content-Length: 0\r\n", b"")
    assert send(base_url, head).status == 411


def test_an_unknown_caller_cannot_send_a_body(local_address):
    """Without the key the answer comes before the body, and however much is sent takes no memory or thread."""
    base_url, _key = local_address
    answer = send(base_url, head_of(base_url, "wrong", 60 * 2**20) + b"x" * 2**20)
    assert answer.status == 401


def test_a_client_that_asks_first_is_told_to_go_on(local_address):
    """Expect: 100-continue is answered before the body is sent."""
    base_url, key = local_address
    body = json.dumps(LONG | {"max_tokens": 1}).encode()
    with connect(base_url) as sock:
        sock.sendall(head_of(base_url, key, len(body), "Expect: 100-continue"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(body)
        assert read(sock).status == 200


@contextlib.contextmanager
def begun(address, *payloads):
    """Send requests without reading their answers; hang up at the end of the block."""
    base_url, key = address
    sockets = []
    try:
        for payload in payloads:
            body = json.dumps(payload).encode()
            sockets.append(connect(base_url))
            sockets[-1].sendall(head_of(base_url, key, len(body)) + body)
        yield sockets
    finally:
        for sock in sockets:
            sock.close()


def wait_until_idle(owner, seconds=20):
    """Wait until the child uses next to nothing of a core."""
    child, deadline = psutil.Process(owner.child_pid), time.monotonic() + seconds
    while child.cpu_percent(0.3) > 20:
        assert time.monotonic() < deadline, "the server still works"


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_ends_its_answer(local_owner, local_address, stream):
    """Once both clients hung up, their places are free at once and nothing is generated any more."""
    with begun(local_address, *[LONG | {"stream": stream}] * 2):
        time.sleep(0.5)
    start = time.monotonic()
    assert ask(local_address, "Hi", max_tokens=1).status == 200
    assert time.monotonic() - start < 6
    wait_until_idle(local_owner)


def test_a_client_that_leaves_while_its_prompt_is_read_ends_it(local_owner, local_address):
    """Reading a prompt of 24 seconds is given up as well, between two batches."""
    with begun(local_address, LONG | {"messages": [{"role": "user", "content": "word " * 3000}]}):
        time.sleep(0.5)
    wait_until_idle(local_owner)


def test_too_many_callers_are_told_to_come_back(local_address):
    """Two are answered, fourteen wait, the others get 429 with Retry-After at once; leaving frees the places."""
    with begun(local_address, *[LONG] * 20) as sockets:
        turned_away, waiting, until = [], sockets, time.monotonic() + 30
        while len(turned_away) < 4 and time.monotonic() < until:
            told = select.select(waiting, [], [], 0.1)[0]
            turned_away += map(read, told)
            waiting = [sock for sock in waiting if sock not in told]
        assert not select.select(waiting, [], [], 0.2)[0]  # nobody else is told anything
    assert [answer.status for answer in turned_away] == [429] * 4
    assert {answer.headers["retry-after"] for answer in turned_away} == {"3"}
    assert "14 requests are already waiting" in turned_away[0].error["message"]
    assert ask(local_address, "Hi", max_tokens=1).status == 200


def test_answers_are_fair_while_a_long_prompt_is_read(local_address):
    """A short question is answered while another caller's long prompt is still being read."""
    with begun(local_address, LONG | {"messages": [{"role": "user", "content": "word " * 3500}]}) as (reading,):
        time.sleep(0.3)
        assert ask(local_address, "Hi", max_tokens=1).status == 200
        reading.settimeout(0.01)
        with pytest.raises(TimeoutError):
            reading.recv(1)


def test_two_answers_at_the_same_time_do_not_mix(local_address):
    """Parallel requests get what each of them gets alone."""
    questions = ["What is the capital of France?", "Name the largest planet."]
    alone = [ask(local_address, question, temperature=0, max_tokens=6).json["choices"] for question in questions]
    together = {}

    def put(number):
        together[number] = ask(local_address, questions[number], temperature=0, max_tokens=6).json["choices"]

    threads = [threading.Thread(target=put, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [together[number] for number in range(2)] == alone


def test_the_address_is_a_loopback_address(local_address):
    """The base URL names 127.0.0.1 and a port, without a path."""
    parts = urlsplit(local_address[0])
    assert (parts.scheme, parts.hostname, parts.path) == ("http", "127.0.0.1", "")
