"""An HTTP client that sends exactly the bytes it is given, for tests of a server's manners."""

import contextlib
import dataclasses
import json
import socket
from urllib.parse import urlsplit

MODEL = "local/smollm2-135m"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back: status 0 where the connection ended without any answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    @property
    def events(self):
        """The data of each event of a stream, in order."""
        blocks = self.body.decode().split("\n\n")
        return [block.removeprefix("data: ") for block in blocks if block.startswith("data: ")]

    @property
    def chunks(self):
        return [json.loads(data) for data in self.events if data != "[DONE]"]

    @property
    def text(self):
        return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in self.chunks if chunk["choices"])


def connect(base_url, seconds=60.0):
    """Open a connection to a server."""
    parts = urlsplit(base_url)
    return socket.create_connection((parts.hostname, parts.port), timeout=seconds)


def send(base_url, block, seconds=60.0):
    """Send bytes and read until the server closes."""
    with connect(base_url, seconds) as sock:
        # The answer is what counts, and it may come before all is sent.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(block)
        return read(sock)


def read(sock):
    """Read one answer to its end."""
    block = b""
    # What came before a reset is the answer.
    with contextlib.suppress(ConnectionResetError):
        while received := sock.recv(65536):
            block += received
    head, _, body = block.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    if not head:
        return Answer(0, {}, b"")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split()[1]), headers, body)


def head_of(base_url, key, length, *more, path="/v1/chat/completions", method="POST"):
    """Spell the head of a proper request, with further header lines."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(base_url).netloc}", f"Authorization: Bearer {key}"]
    if method == "POST":
        lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    return ("\r\n".join([*lines, *more]) + "\r\n\r\n").encode("latin-1")


def post(address, payload, path="/v1/chat/completions"):
    """Send a payload (JSON, or bytes as they are) the proper way."""
    base_url, key = address
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return send(base_url, head_of(base_url, key, len(body), path=path) + body)


def ask(address, text, **fields):
    """Ask the embedded model one question."""
    return post(address, {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields})


def get(address, path):
    """Fetch a path the proper way."""
    base_url, key = address
    return send(base_url, head_of(base_url, key, 0, path=path, method="GET"))
