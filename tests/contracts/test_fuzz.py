"""Whatever a server sends, a call ends in a reply or in a typed error, within its limits, and can be shown."""

import asyncio
import collections
import contextlib
import re
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from mutations import damaged_answer

import toprouter_nb as tr
from toprouter_nb import errors
from toprouter_nb.plain import render_plain
from toprouter_nb.tables import usage_frame

NUMBER = re.compile(rb'"content":"(\d+)"')
LIMITS = {"connect_seconds": 5, "first_byte_seconds": 0.5, "idle_seconds": 0.3, "progress_seconds": 0.5}
# Far above the limits, for a busy machine; a call that hangs would never end.
MOST_SECONDS = 10
AT_ONCE = 24


class Server:
    """Answers each question, which is a number, with the damaged answer of that number.

    Then it closes the connection, resets it, or says nothing more until the client leaves.
    """

    def __init__(self):
        self.answers = {}

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            number = int(NUMBER.search(await reader.readexactly(size))[1])
            raw = self.answers[number]
            middle = len(raw) // 2 if number % 2 else 0
            for piece in (raw[:middle], raw[middle:]):
                writer.write(piece)
                await writer.drain()
            if number % 20 == 0:
                options = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, options)
            elif number % 5 == 0:
                await asyncio.wait_for(reader.read(), MOST_SECONDS)
        writer.close()


@pytest.fixture(scope="module")
def server():
    """Run the server in a thread of its own."""
    loop, started, servers = asyncio.new_event_loop(), threading.Event(), []

    async def serve():
        async with Server() as server:
            servers.append(server)
            started.set()
            await is_over.wait()

    is_over = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait()
    yield servers[0]
    loop.call_soon_threadsafe(is_over.set)
    thread.join()
    loop.close()


def chat_with(base_url):
    """Return a conversation that repeats nothing."""
    where = tr.Settings(base_url, "sk-canary-0123456789abcdef", max_retries=0, **LIMITS)
    return tr.Conversation("any/model", settings=where, display=False)


def check(number, chat, seconds, end):
    """Check how a question ended, and that all that is known of it can be shown."""
    assert seconds < MOST_SECONDS, number
    if isinstance(end, errors.ToprouterError):
        assert end.kind in errors.KINDS, number
        assert 0 < len(str(end)) <= errors.MESSAGE_CHARACTERS, number
        assert str(end) == render_plain(str(end)), number
    else:
        assert isinstance(end, tr.Reply), (number, end)
    reply = getattr(end, "partial", end)
    if chat.turns:
        assert [turn.text for turn in chat.turns] == [str(number), reply.text], number
        assert chat.turns[-1].is_partial == isinstance(end, errors.ToprouterError), number
    elif reply is not None:
        assert (reply.text, reply.reasoning, reply.is_partial) == ("", "", True), number
    assert len(usage_frame([end, *chat.replies])) == 1 + len(chat.replies)
    show([reply, chat, chat.tree(), chat.usage, chat.cost_usd, chat.messages, end])


def show(values):
    """Show values as a notebook does, in ways that fail where something in them is not as it should be."""
    for value in values:
        repr(value).encode()
        bundle = getattr(value, "_repr_mimebundle_", dict)()
        "".join(bundle.values()).encode()


def ask(base_url, number):
    """Ask one question the blocking way; return what is to be checked."""
    chat = chat_with(base_url)
    begun = time.monotonic()
    try:
        end = chat.ask(str(number), stream=number % 3 > 0)
    except Exception as error:  # noqa: BLE001  # any that is not ours is found by `check`
        end = error
    finally:
        chat.close()
    return number, chat, time.monotonic() - begun, end


async def ask_async(base_url, number, turnstile):
    """Do what `ask` does, inside a running event loop."""
    async with turnstile:
        chat = chat_with(base_url)
        begun = time.monotonic()
        try:
            end = await asyncio.wait_for(chat.ask_async(str(number), stream=number % 3 > 0), 2 * MOST_SECONDS)
        except Exception as error:  # noqa: BLE001  # any that is not ours is found by `check`
            end = error
        return number, chat, time.monotonic() - begun, end


def fuzz(base_url, numbers):
    """Ask the blocking way, many at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda number: ask(base_url, number), numbers))


def fuzz_async(base_url, numbers):
    """Ask in one event loop, as many at once."""

    async def ask_all():
        turnstile = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(ask_async(base_url, number, turnstile) for number in numbers))

    return asyncio.run(ask_all())


def play(server, way, numbers):
    """Have the server play the answers of some numbers, and check each end; all kinds of ends come up."""
    server.answers = {number: damaged_answer(number) for number in numbers}
    ends = way(server.base_url, numbers)
    for ended in ends:
        check(*ended)
    kinds = collections.Counter(getattr(end, "kind", "ok") for *_, end in ends)
    assert len(ends) == len(numbers)
    assert set(kinds) >= {"ok", "connection", "malformed_stream", "stream_truncated", "stream_error", "server"}, kinds


@pytest.mark.parametrize("way", [fuzz, fuzz_async])
def test_damaged_answers_are_replies_or_typed_errors(server, way):
    """Three hundred damaged answers each way: no foreign error, no call beyond its limits."""
    play(server, way, range(300))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", [fuzz, fuzz_async])
def test_ten_thousand_damaged_answers_are_replies_or_typed_errors(server, way):
    """The same for ten thousand each way."""
    play(server, way, range(1_000, 11_000))
