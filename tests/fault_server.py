"""A loopback server that plays faults byte by byte, which no HTTP library can: broken chunks, resets, dripping heads.

It reads requests just well enough to answer them. Responses are plain dicts, see `tests/data/http_faults.json`.
"""

import base64
import contextlib
import dataclasses
import email.utils
import re
import select
import socket
import struct
import threading
import time
import zlib

_NOW = re.compile(r"\{NOW\+(\d+)\}")
_MEBIBYTE = 2**20


@dataclasses.dataclass
class Received:
    """One request as it came: the bytes of its head, its fields by lower-case name, and its body."""

    head: bytes
    headers: dict
    body: bytes
    connection: int


class FaultServer:
    """Answers the first request with the first response, the second with the second; the last one repeats.

    Life: `with FaultServer(responses) as server`, which listens at `server.base_url`; `requests` and `connections`
    say what came; `wait_until_left` waits for the client to close a connection.

    Parameters
    ----------
    responses
        What to play.
    words
        Texts put in the place of `{NAME}` in the responses, by name.
    reads_bodies
        Whether requests are read to their end before they are answered.
    """

    def __init__(self, responses, words=None, *, reads_bodies=True):
        self.requests = []
        self.connections = 0
        self._responses = responses
        self._words = words or {}
        self._reads_bodies = reads_bodies
        self._left = 0
        self._change = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._sockets = set()
        self._is_closing = False
        self._context = None
        self.port = self._listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        self._threads = [threading.Thread(target=self._accept, name="fault server")]
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._is_closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def encrypt(self, context):
        """Speak TLS with every client from now on."""
        self._context = context

    def wait_until_left(self, count=1, seconds=2.0):
        """Wait until `count` connections were closed by the client; False when the time is over."""
        with self._change:
            return self._change.wait_for(lambda: self._left >= count, seconds)

    def wait_for_requests(self, count=1, seconds=2.0):
        """Wait until `count` requests have come; False when the time is over."""
        with self._change:
            return self._change.wait_for(lambda: len(self.requests) >= count, seconds)

    def _accept(self):
        while not self._is_closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection, self.connections), name="fault connection")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection, number):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                while self._exchange(connection, number):
                    pass
        self._sockets.discard(connection)
        with self._change:
            self._left += 1
            self._change.notify_all()

    def _exchange(self, connection, number):
        """Read one request and play its response; False when the connection has ended."""
        received = _read_request(connection, number, reads_body=self._reads_bodies)
        if received is None:
            return False
        with self._change:
            response = self._responses[min(len(self.requests), len(self._responses) - 1)]
            self.requests.append(received)
            self._change.notify_all()
        return Player(connection, self._fill, lambda: self._is_closing).play(response)

    def _fill(self, text):
        for name, word in self._words.items():
            text = text.replace(f"{{{name}}}", word)
        return _NOW.sub(lambda match: email.utils.formatdate(time.time() + int(match[1]), usegmt=True), text)


class Player:
    """Plays one response on one connection."""

    def __init__(self, connection, fill, is_closing):
        self._connection = connection
        self._fill = fill
        self._is_closing = is_closing
        self._is_chunked = False

    def play(self, response):
        """Play a response; True when the connection goes on."""
        if not response.get("raw"):
            self._send_head(response)
        if "bomb_mib" in response:
            return self._send_bomb(response["bomb_mib"])
        if "steps" not in response:
            self._connection.sendall(self._body(response))
            return not response.get("close")
        outcomes = [self._play_step(step) for step in response["steps"]]
        return "ok" in outcomes

    def _body(self, response):
        return self._fill(response.get("body", "") * response.get("repeat_body", 1)).encode()

    def _send_head(self, response):
        lines = [f"HTTP/1.1 {response['status']} X"]
        lines += [f"{name}: {self._fill(value)}" for name, value in response.get("headers", ())]
        if "steps" in response and not response.get("raw_body"):
            self._is_chunked = True
            lines.append("Transfer-Encoding: chunked")
        elif "steps" not in response and response["status"] not in (204, 304):
            lines.append(f"Content-Length: {len(self._body(response))}")
        self._connection.sendall("\r\n".join([*lines, "", ""]).encode())

    def _play_step(self, step):
        """Play one step and return how the connection ended, if it did."""
        if "wait" in step:
            self._pause(step["wait"])
        elif "end" in step:
            return self._end(step["end"])
        elif "trickle" in step:
            for _ in range(step.get("times", 10**6)):
                self._connection.sendall(self._fill(step["trickle"]).encode())
                self._pause(step["every"])
        elif "trickle_body" in step:
            for byte in self._fill(step["trickle_body"]).encode():
                self._send(bytes([byte]))
                self._pause(step["every"])
        elif "endless" in step:
            block = self._fill(step["endless"]).encode() * step.get("repeat", 1)
            while not self._is_closing():
                self._send(block)
        else:
            self._send(base64.b64decode(step["send_b64"]) if "send_b64" in step else self._fill(step["send"]).encode())
        return None

    def _send(self, block):
        self._connection.sendall(b"%x\r\n%b\r\n" % (len(block), block) if self._is_chunked else block)

    def _pause(self, seconds):
        """Wait, but not for a client that has left. Sleeps in a way of its own: tests replace `time.sleep`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([self._connection], [], [], left)
            if readable and not self._connection.recv(1, socket.MSG_PEEK):
                raise ConnectionAbortedError
            if readable:
                threading.Event().wait(min(left, 0.01))

    def _end(self, how):
        if how == "ok":
            if self._is_chunked:
                self._connection.sendall(b"0\r\n\r\n")
        elif how == "hold":
            while self._connection.recv(65536):
                pass
        elif how == "rst":
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return how

    def _send_bomb(self, mebibytes):
        """Send zeros, packed a thousand times over: one block that stands alone, again and again."""
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        header = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
        block = packer.compress(bytes(_MEBIBYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
        self._send(header)
        for _ in range(mebibytes):
            self._send(block)
        return False


def _read_request(connection, number, *, reads_body):
    """Read one request to its end, or only its head; None where the client has left."""
    data = b""
    # A plain server answers the first record of TLS (0x16) like any other nonsense.
    while b"\r\n\r\n" not in data and not data.startswith(b"\x16"):
        block = connection.recv(65536)
        if not block:
            return None
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    fields = [line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:]]
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    blocks, size = [body], len(body)
    while reads_body and size < int(headers.get("content-length", 0)):
        block = connection.recv(_MEBIBYTE)
        if not block:
            return None
        blocks.append(block)
        size += len(block)
    return Received(head, headers, b"".join(blocks), number)
