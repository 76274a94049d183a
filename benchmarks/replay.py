"""A gateway that replays ready bytes, the same for every client; the path of a request names the scenario.

Knows nothing of the clients. It does as little as possible, so that the client is what is measured.

    burst-N     N deltas at once, each its own HTTP chunk, as gateways send them
    held-N      N deltas; the first one 2 ms after the request, with the time of its sending as its text
    paced-N     N deltas, one every 20 ms, each with the time of its sending as its text
    event-N     one delta of N bytes, cut into HTTP chunks of 8 KiB
    plain-N     one plain JSON answer of N words
"""

import asyncio
import contextlib
import json
import time

PERIOD_SECONDS = 0.02
HOLD_SECONDS = 0.002
_SLOTS = 20
_WORDS = [" the", " answer", " comes", " in", " small", " pieces", ",", " each", " with", " one", " token", "."]
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_END = b"0\r\n\r\n"
_BLOCK_BYTES = 8 * 1024


def words(count):
    """Return the texts of `count` deltas."""
    return [_WORDS[place % len(_WORDS)] for place in range(count)]


def _chunk(**fields):
    head = {"id": "gen-1790000000-AbCdEfGhIjKlMnOpQrSt", "provider": "Replay", "model": "maker/model-1"}
    return {**head, "object": "chat.completion.chunk", "created": 1790000000, **fields}


def _choice(text, finish=None):
    delta = {"role": "assistant", "content": text}
    return {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": finish, "logprobs": None}


def _usage(count):
    return {"prompt_tokens": 8, "completion_tokens": count, "total_tokens": count + 8}


def _encode(chunk):
    data = b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


def _tail(count):
    last = _encode(_chunk(choices=[_choice("", "stop")]))
    return last + _encode(_chunk(choices=[], usage=_usage(count))) + b"e\r\ndata: [DONE]\n\n\r\n" + _END


class _Scenario:
    """The bytes of one scenario, made once."""

    def __init__(self, path):
        self.kind, _, size = path.split("/")[1].partition("-")
        count = int(size)
        self.count = count
        self.tail = _tail(count)
        before, _, after = _encode(_chunk(choices=[_choice("?" * 20)])).partition(b"?" * 20)
        self._before, self._after = before, after
        self.ready = getattr(self, "_" + self.kind)(count)

    def stamped(self):
        """Return a delta whose text is the time of its sending, in nanoseconds."""
        return b"%b%020d%b" % (self._before, time.monotonic_ns(), self._after)

    def _burst(self, count):
        return _STREAM_HEAD + b"".join(_encode(_chunk(choices=[_choice(word)])) for word in words(count)) + self.tail

    def _held(self, count):
        return b"".join(_encode(_chunk(choices=[_choice(word)])) for word in words(count - 1)) + self.tail

    def _paced(self, _count):
        return _STREAM_HEAD

    def _event(self, count):
        data = b"data: " + json.dumps(_chunk(choices=[_choice("x" * count)])).encode() + b"\n\n"
        blocks = [data[place : place + _BLOCK_BYTES] for place in range(0, len(data), _BLOCK_BYTES)]
        return _STREAM_HEAD + b"".join(b"%x\r\n%b\r\n" % (len(block), block) for block in blocks) + self.tail

    def _plain(self, count):
        message = {"role": "assistant", "content": "".join(words(count))}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        whole = {**_chunk(choices=[choice], usage=_usage(count)), "object": "chat.completion"}
        body = json.dumps(whole).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class _Pacer:
    """Sends to many streams, each at its own phase, with one timer for all of them."""

    def __init__(self):
        self._slots = [set() for _ in range(_SLOTS)]

    async def run(self):
        seconds = PERIOD_SECONDS / _SLOTS
        due, place = time.monotonic(), 0
        while True:
            due += seconds
            place = (place + 1) % _SLOTS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            for connection in list(self._slots[place]):
                if not connection.send_paced():
                    self._slots[place].discard(connection)
            self.now = place

    def add(self, connection):
        self._slots[self.now].add(connection)

    now = 0


class _Connection(asyncio.Protocol):
    """One kept connection: reads requests, answers each by its scenario."""

    def __init__(self, scenarios, pacer):
        self._scenarios = scenarios
        self._pacer = pacer
        self._head = b""
        self._left = 0

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = b""
            self._path = head.split(b" ", 2)[1].decode()
            self._left = _length(head) - len(rest)
        if self._left <= 0:
            self._left = 0
            self._answer()

    def _answer(self):
        if self._path not in self._scenarios:
            self._scenarios[self._path] = _Scenario(self._path)
        self._scenario = scenario = self._scenarios[self._path]
        if scenario.kind == "held":
            asyncio.get_running_loop().call_later(HOLD_SECONDS, self._send_held, time.monotonic_ns())
            return
        self._transport.write(scenario.ready)
        if scenario.kind == "paced":
            self._sent = 0
            self.send_paced()
            self._pacer.add(self)

    def _send_held(self, arrived):
        scenario = self._scenario
        held = _encode(_chunk(choices=[_choice(f"{time.monotonic_ns() - arrived:020d}")]))
        self._transport.write(_STREAM_HEAD + scenario.stamped())
        self._transport.write(held + scenario.ready)

    def send_paced(self):
        """Send one delta; False after the last, or when the client is gone."""
        if self._transport.is_closing():
            return False
        self._sent += 1
        is_last = self._sent == self._scenario.count
        self._transport.write(self._scenario.stamped() + (self._scenario.tail if is_last else b""))
        return not is_last


def _length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve():
    """Serve on a free port of this machine, and print it."""
    pacer, scenarios = _Pacer(), {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(scenarios, pacer), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await pacer.run()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
