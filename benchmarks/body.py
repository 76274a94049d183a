"""The workload of a long conversation: what the next question costs when 2,000 turns and 20 images stand before it.

Knows nothing of streams; the answer is short.
"""

import base64
import contextlib
import gc
import json
import random
import socket
import statistics
import time
import tracemalloc

import replay

TURNS, IMAGES = 2_000, 20
_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
_QUESTIONS = 5


def body(make, address):
    """CPU of the second question, with what the system takes to send it and without; its memory to that of the body."""
    messages = _long_conversation()
    size = len(json.dumps(messages))
    client = make(f"{address}/burst-20")
    client.hold(messages)
    with _timed_sending() as sending:
        list(client.stream())
        questions = [_process_seconds(client, sending) for _ in range(_QUESTIONS)]
    whole, own = (statistics.median(seconds) * 1e3 for seconds in zip(*questions, strict=True))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    list(client.stream())
    _, peak = tracemalloc.get_traced_memory()
    return {"cpu_ms": whole, "own_cpu_ms": own, "extra_memory_to_body": (peak - before) / size}


def _process_seconds(client, sending):
    """Return the CPU seconds of one question, and those of them that were not spent in the system's sending."""
    gc.collect()
    sending.seconds = 0.0
    begun = time.process_time()
    list(client.stream())
    seconds = time.process_time() - begun
    return seconds, seconds - sending.seconds


class _TimedSending:
    """Adds up the CPU seconds of every call that sends on a socket of this process, and what the clock itself takes."""

    def __init__(self):
        self.seconds = 0.0
        ticks = [time.process_time() for _ in range(1_000)]
        self._clock_seconds = (ticks[-1] - ticks[0]) / len(ticks)

    def timed(self, send):
        def timed_send(*arguments):
            begun = time.process_time()
            try:
                return send(*arguments)
            finally:
                self.seconds += time.process_time() - begun + self._clock_seconds

        return timed_send


@contextlib.contextmanager
def _timed_sending():
    sending = _TimedSending()
    send, sendall = socket.socket.send, socket.socket.sendall
    socket.socket.send, socket.socket.sendall = sending.timed(send), sending.timed(sendall)
    try:
        yield sending
    finally:
        socket.socket.send, socket.socket.sendall = send, sendall


def _long_conversation():
    chance = random.Random(3)
    messages = []
    for place in range(TURNS):
        content = "".join(replay.words(chance.randrange(20, 300)))
        if place % (TURNS // IMAGES) == 0:
            url = "data:image/png;base64," + base64.b64encode(_PNG + chance.randbytes(10**6)).decode()
            content = [{"type": "text", "text": content}, {"type": "image_url", "image_url": {"url": url}}]
        messages.append({"role": "assistant" if place % 2 else "user", "content": content})
    return messages
