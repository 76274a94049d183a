"""What event loops are promised: connections that live and close with their loop, in silence, and quick cancelling."""

import asyncio
import gc
import socket
import threading
import time

import pytest
from callers import HELLO, SECRET
from fault_server import FaultServer

from toprouter_nb.errors import ConnectFailedError, ReadTimeoutError
from toprouter_nb.settings import Settings
from toprouter_nb.transport import AsyncTransport
from toprouter_nb.transport.async_link import _buffer_of
from toprouter_nb.transport.loops import PerLoop
from toprouter_nb.wire.request import RequestBody

PLAIN = {"status": 200, "headers": [["Content-Type", "application/json"]], "body": '{"ok": true}'}
EVENTS = [["Content-Type", "text/event-stream"]]
LIVE = {"status": 200, "headers": EVENTS, "steps": [{"send": "data: one\n\n"}, {"end": "hold"}]}


def transport_to(server, **limits):
    """Make a transport to a server."""
    return AsyncTransport(Settings(base_url=server.base_url, api_key=SECRET, **limits))


async def post(transport, *, blocks=None):
    """Post and read the answer, or so many blocks of it."""
    got = []
    async with transport.post("/chat/completions", HELLO, SECRET, stream=blocks is not None) as answer:
        async for block in answer.blocks():
            got.append(block)
            if len(got) == blocks:
                break
    return b"".join(got)


def test_loops_come_and_go():
    """One transport serves several `asyncio.run` one after the other; each closes what it opened, without a warning."""
    with FaultServer([PLAIN]) as server:
        transport = transport_to(server)

        async def ask_twice():
            await post(transport)
            await post(transport)

        for _ in range(3):
            asyncio.run(ask_twice())
        assert server.wait_until_left(3)
    assert [request.connection for request in server.requests] == [1, 1, 2, 2, 3, 3]
    gc.collect()


def test_threads_with_loops_of_their_own_share_a_transport():
    """Connections never cross from one loop to another."""
    with FaultServer([PLAIN]) as server:
        transport = transport_to(server)

        async def ask():
            return await asyncio.gather(*(post(transport) for _ in range(5)))

        threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.requests) == 40


def test_a_loop_closed_without_ado_is_let_go():
    """Where a loop is closed and its async generators are not, the next loop begins anew."""
    with FaultServer([PLAIN]) as server:
        transport = transport_to(server)
        loop = asyncio.new_event_loop()
        loop.run_until_complete(post(transport))
        loop.run_until_complete(transport.close())
        loop.close()
        asyncio.run(post(transport))
        lanes = transport._opened[2]
        assert len(lanes._pools._values) <= 1


def test_a_dropped_transport_closes_its_connections():
    """When nobody holds a transport any more, its kept connections close while the loop runs on."""

    async def ask_and_drop(server):
        await post(transport_to(server))
        gc.collect()
        await asyncio.sleep(0.05)
        return server.wait_until_left(seconds=0.5)

    with FaultServer([PLAIN]) as server:
        assert asyncio.run(ask_and_drop(server))


def test_close_gives_back_what_is_kept():
    """After `close` the server has nobody connected, and the transport can be used again."""

    async def ask_and_close(server):
        transport = transport_to(server)
        await post(transport)
        await transport.close()
        left = await asyncio.to_thread(server.wait_until_left, 1, 0.5)
        await post(transport)
        return left

    with FaultServer([PLAIN]) as server:
        assert asyncio.run(ask_and_close(server))
    assert server.connections == 2


@pytest.mark.parametrize(
    "steps", [[{"end": "hold"}], LIVE["steps"]], ids=["before the head", "in the middle of the stream"]
)
def test_a_cancelled_call_closes_its_connection_at_once(steps):
    """Wherever a task is cancelled, the server sees the close within moments, and the next call works."""
    response = {"raw": True, "steps": steps} if len(steps) == 1 else LIVE

    async def ask_and_cancel(server):
        transport = transport_to(server)
        task = asyncio.create_task(post(transport, blocks=5))
        await asyncio.to_thread(server.wait_for_requests)
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = await asyncio.to_thread(server.wait_until_left, 1, 0.5)
        return left, await post(transport)

    with FaultServer([response, PLAIN]) as server:
        assert asyncio.run(ask_and_cancel(server)) == (True, b'{"ok": true}')


def test_many_streams_at_once():
    """There is no limit of a hundred connections: all are open at the same time."""

    async def ask(server):
        transport = transport_to(server)
        tasks = [asyncio.create_task(post(transport, blocks=2)) for _ in range(150)]
        has_all = await asyncio.to_thread(server.wait_for_requests, 150, 10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return has_all

    with FaultServer([LIVE]) as server:
        assert asyncio.run(ask(server))


def test_a_slow_reader_bounds_the_memory():
    """While nobody reads, the server is made to wait after about a mebibyte; then everything comes."""
    body = {"status": 200, "headers": EVENTS, "body": "x" * 1024, "repeat_body": 8 * 1024}

    async def ask_slowly(server):
        async with transport_to(server).post("/chat/completions", HELLO, SECRET, stream=True) as answer:
            blocks = answer.blocks()
            size = len(await anext(blocks))
            await asyncio.sleep(0.1)
            waiting = answer._body._link._size
            async for block in blocks:
                size += len(block)
        return waiting, size

    with FaultServer([body]) as server:
        waiting, size = asyncio.run(ask_slowly(server))
    assert waiting < 2 * 2**20
    assert size == 8 * 2**20


def test_the_limit_for_silence_begins_anew_with_each_block():
    """A stream may last longer than the limit as long as it is never silent that long; then it ends."""
    steps = [{"trickle": "5\r\nhello\r\n", "every": 0.1, "times": 5}, {"end": "hold"}]
    head = {"send": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}

    got = []

    async def ask(server):
        async with transport_to(server, idle_seconds=0.25).post("/x", HELLO, SECRET, stream=True) as answer:
            async for block in answer.blocks():
                got.append(block)  # noqa: PERF401  # what came before the error is looked at

    with (
        FaultServer([{"raw": True, "steps": [head, *steps]}]) as server,
        pytest.raises(ReadTimeoutError, match="no data"),
    ):
        asyncio.run(ask(server))
    assert b"".join(got) == b"hello" * 5


def test_a_server_that_ends_its_side_is_heard_while_it_is_written_to():
    """A server that says no more, and reads no more, ends the call at once and not after the limit for silence."""

    async def ask(port):
        settings = Settings(base_url=f"http://127.0.0.1:{port}", api_key=SECRET, idle_seconds=5)
        async with AsyncTransport(settings).post("/", RequestBody([b"a" * 50_000_000]), SECRET, stream=False):
            pass

    with socket.create_server(("127.0.0.1", 0)) as server:

        def end():
            connection.append(server.accept()[0])
            connection[0].recv(1)
            connection[0].shutdown(socket.SHUT_WR)

        connection = []
        threading.Thread(target=end).start()
        begun = time.monotonic()
        with pytest.raises(ConnectFailedError, match="closed before an answer came"):
            asyncio.run(ask(server.getsockname()[1]))
        assert time.monotonic() - begun < 3
        connection[0].close()


def test_connections_of_one_loop_never_mix():
    """Answers that arrive at the same time, in many reads each, are each whole, and the loop keeps nothing of them."""
    letters = "abcdef"
    answers = [PLAIN | {"body": letter * 300_000} for letter in letters]

    async def ask():
        transport = transport_to(server)
        bodies = await asyncio.gather(*(post(transport) for _ in answers))
        return bodies, bytes(_buffer_of(id(asyncio.get_running_loop())))

    with FaultServer(answers) as server:
        bodies, buffer = asyncio.run(ask())
    assert sorted(bodies) == [letter.encode() * 300_000 for letter in letters]
    assert not any(buffer)


class Thing:
    """Something that notes when it is closed."""

    def __init__(self):
        self.is_closed = False

    async def aclose(self):
        self.is_closed = True


def test_a_value_for_each_loop_lasts_as_long_as_the_loop():
    """The same within a loop, another in the next, closed at the end of each."""
    values = PerLoop(Thing)

    async def get_twice():
        first, second = await values.get(), await values.get()
        assert first is second
        assert not first.is_closed
        return first

    things = [asyncio.run(get_twice()) for _ in range(2)]
    assert things[0] is not things[1]
    assert all(thing.is_closed for thing in things)
