"""Whatever is sent to the local server, it answers with 2xx or 4xx, does not hang, and never breaks down."""

import contextlib
import copy
import json
import random
import socket

import pytest
from raw_http import MODEL, ask, connect, head_of, read

GOOD = {
    "model": MODEL,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    "max_tokens": 1,
    "max_completion_tokens": 1,
    "temperature": 0.5,
    "stream": False,
    "stream_options": {"include_usage": True},
    "stop": ["x"],
    "seed": 1,
    "logprobs": False,
    "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object", "properties": {"a": {}}}}},
}  # fmt: skip
ODD = [
    None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 10**30, 0.1, 1e308, "", "x", "\x00", "é\u202e", "😀" * 9,
    "a" * 300, [], [[]], [None], {}, {"": None}, {"type": "text"}, "local/ocr", "data:image/png;base64,AAAA",
    {"type": "json_object"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, {"$ref": "#"},
]  # fmt: skip
JSON_VALUE = {"type": "json_schema", "json_schema": {"schema": {}}}
FINE = {
    "temperature": [0, 2, 1e-9], "top_p": [0, 1], "top_k": [0, 1, 10**9], "min_p": [0, 1], "seed": [-1, 0, 2**40],
    "frequency_penalty": [-2, 2], "presence_penalty": [-2.0, 2], "stop": ["\n", ["a", "b"], "\x00", "😀"],
    "stream": [True], "logprobs": [True], "logit_bias": [{"0": -100}, {"999999": 100}, {"5": 100}],
    "response_format": [{"type": "json_object"}, {"type": "text"}, JSON_VALUE],
    "messages": [[{"role": role, "content": text}] for role in ("user", "assistant") for text in ("", "\x00 😀")],
}  # fmt: skip
HEADERS = [
    "Content-Length: 5", "Transfer-Encoding: chunked", "Host: evil.test", "Origin: null", "Expect: 100-continue",
    "Expect: x", "Upgrade: h2c", "X: \x01", "X:", ": x", "X" * 3000 + ": 1", "Connection: keep-alive", " folded",
    "Content-Encoding: gzip", "Accept: text/html", "Accept-Encoding: br", "Range: bytes=0-1", "Cookie: " + "a" * 2000,
    "Sec-Fetch-Site: cross-site",
]  # fmt: skip


def places(value, path=()):
    """Yield the path of every value inside a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


def twist_payload(dice):
    """Return the good payload with some values exchanged for fine ones, and some for odd ones."""
    payload = copy.deepcopy(GOOD)
    if dice.random() < 0.8:
        del payload["response_format"]
    for _ in range(dice.randint(0, 1)):
        name = dice.choice(list(FINE))
        payload[name] = copy.deepcopy(dice.choice(FINE[name]))
    for _ in range(dice.choice([0, 1, 2, 2, 3])):
        *path, last = dice.choice([path for path in places(payload) if path])
        holder = payload
        for key in path:
            holder = holder[key]
        what = dice.random()
        if what < 0.7:
            holder[last] = copy.deepcopy(dice.choice(ODD))
        elif what < 0.85:
            del holder[last]
        elif isinstance(holder, dict):
            holder[dice.choice(["n", "tools", "top_p", "extra", "max_completion_tokens"])] = copy.deepcopy(
                dice.choice(ODD)
            )
    return json.dumps(payload).encode()


def twist_bytes(dice, block):
    """Return bytes with a few of them changed, cut or doubled."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(block) + 1)
        what = dice.random()
        if what < 0.5:
            block = block[:at] + dice.randbytes(dice.randint(1, 3)) + block[at + 1 :]
        elif what < 0.75:
            block = block[:at] + block[at + dice.randint(1, 20) :]
        else:
            block = block[:at] + block[max(0, at - 10) : at] + block[at:]
    return block


def make_request(dice, address):
    """Return the bytes of one odd request, and whether its head is whole."""
    kind = dice.random()
    body = twist_payload(dice) if kind < 0.75 else json.dumps(GOOD).encode()
    if 0.6 < kind < 0.75:
        body = twist_bytes(dice, body)
    method = dice.choice(["POST"] * 60 + ["GET", "HEAD", "PUT", "OPTIONS"])
    path = dice.choice(["/v1/chat/completions"] * 60 + ["/models", "/", "/v1", "/models/%ff", "/health"])
    extra = [dice.choice(HEADERS)] if kind > 0.9 else []
    head = head_of(*address, len(body), *extra, path=path, method=method)
    is_whole = kind <= 0.75
    return (twist_bytes(dice, head) if 0.75 < kind < 0.9 else head) + body, is_whole


def play(address, seed):
    """Send one odd request and return the status of the answer; 0 for none."""
    block, is_whole = make_request(random.Random(seed), address)
    with connect(address[0], seconds=30) as sock:
        with contextlib.suppress(OSError):  # refused before all was sent
            sock.sendall(block)
            if not is_whole:
                # More may have been announced than is sent: the end of what we send must end the wait.
                sock.shutdown(socket.SHUT_WR)
        return read(sock).status, is_whole


def check(local_owner, local_address, seeds):
    """Play all seeds and see that the server is as it was before."""
    pid, log = local_owner.child_pid, local_owner._child.log_tail()
    answers = {seed: play(local_address, seed) for seed in seeds}
    wrong = {
        seed: status
        for seed, (status, is_whole) in answers.items()
        if not (200 <= status < 500 or (status == 0 and not is_whole))
    }
    assert wrong == {}
    statuses = [status for status, _is_whole in answers.values()]
    assert {200, 400, 401, 404, 405} <= set(statuses)
    assert statuses.count(200) > len(statuses) / 20
    assert local_owner.child_pid == pid
    assert "Traceback" not in local_owner._child.log_tail().removeprefix(log)
    assert ask(local_address, "Hi", max_tokens=1).status == 200


def test_odd_requests_are_answered(local_owner, local_address):
    """300 odd requests: 2xx or 4xx each, or nothing where the request never came to its end."""
    check(local_owner, local_address, range(300))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_odd_requests_are_answered(local_owner, local_address):
    """The same for two thousand."""
    check(local_owner, local_address, range(1000, 3000))
