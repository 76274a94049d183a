"""Damaged answers of every sort: only this package's errors come out, and nothing hangs."""

import asyncio
import base64
import contextlib
import random
import time

import pytest
from fault_server import FaultServer

from toprouter_nb import Conversation
from toprouter_nb.errors import ToprouterError
from toprouter_nb.settings import Settings

CHUNK = b'data: {"id":"g","model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":%b}]}\n\n'
STREAM = CHUNK % b"null" + CHUNK % b'"stop"' + b"data: [DONE]\n\n"
WHOLE = (
    b'{"id":"g","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3}}'
)
REFUSAL = b'{"error":{"message":"no","code":429,"metadata":{"raw":"{}"}}}'
GOOD = [
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (40, STREAM[:40], len(STREAM) - 40, STREAM[40:]),
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(WHOLE), WHOLE),
    b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nX-Request-Id: r\r\nContent-Length: %d\r\n\r\n%b" % (len(REFUSAL), REFUSAL),
]


def damage(answer, draw):
    """Return an answer with one to four things done to it."""
    for _ in range(draw.randint(1, 4)):
        place, size = draw.randrange(len(answer) + 1), draw.choice([0, 1, 1, 2, 10, 100])
        noise = draw.choice(
            [b"", bytes([draw.randrange(256)]), draw.randbytes(8), b"\r\n", b"9" * 30, b'{"', b"\xf0\x9f"]
        )
        lines = answer.split(b"\n")
        if draw.random() < 0.2:
            lines.insert(draw.randrange(len(lines)), draw.choice(lines))
            answer = b"\n".join(lines)
        else:
            answer = answer[:place] + noise + answer[place + size :]
    return answer


def play(count, seed):
    """Play so many damaged answers, in turn to a blocking and an async caller; return how they ended."""
    draw = random.Random(seed)
    answers = [damage(draw.choice(GOOD), draw) for _ in range(count)]
    steps = [[{"send_b64": base64.b64encode(answer).decode()}, {"end": "fin"}] for answer in answers]
    ends = []
    with FaultServer([{"raw": True, "steps": step} for step in steps]) as server:
        settings = Settings(server.base_url, "sk-test", max_retries=0, first_byte_seconds=2, idle_seconds=2)
        chat = Conversation("any/model", settings=settings, display=False)
        with contextlib.closing(chat):
            for number in range(count):
                begun = time.monotonic()
                ends.append(ask(chat, is_streamed=bool(number % 3), is_async=bool(number % 2)))
                assert time.monotonic() - begun < 5, answers[number]
    return ends


def ask(chat, *, is_streamed, is_async):
    """Ask once; a foreign error is not caught."""
    try:
        reply = (
            asyncio.run(chat.ask_async("Hi", stream=is_streamed)) if is_async else chat.ask("Hi", stream=is_streamed)
        )
    except ToprouterError as error:
        return error.kind if len(str(error)) <= 2000 else "too long a message"
    reply.text.encode()
    return "reply"


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_damaged_answers_end_with_a_reply_or_one_of_our_errors(count):
    """Whatever was done to head, framing, events or JSON; most are refused, some survive."""
    ends = play(count, seed=20)
    assert len(ends) == count
    assert "too long a message" not in ends
    assert {"reply", "connection", "rate_limit"} <= set(ends)
