"""The workload of a long conversation: what the next question costs when 2,000 turns and 20 images stand before it.

Knows nothing of streams; the answer is short.
"""

import base64
import gc
import json
import random
import statistics
import time
import tracemalloc

import replay

TURNS, IMAGES = 2_000, 20
_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
_QUESTIONS = 5


def body(make, address):
    """CPU of the second question, and the most memory it takes, to the size of the body; the sending is included."""
    messages = _long_conversation()
    size = len(json.dumps(messages))
    client = make(f"{address}/burst-20")
    client.hold(messages)
    list(client.stream())
    seconds = statistics.median(_process_seconds(client) for _ in range(_QUESTIONS))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    list(client.stream())
    _, peak = tracemalloc.get_traced_memory()
    return {"cpu_ms": seconds * 1e3, "extra_memory_to_body": (peak - before) / size}


def _process_seconds(client):
    gc.collect()
    begun = time.process_time()
    list(client.stream())
    return time.process_time() - begun


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
