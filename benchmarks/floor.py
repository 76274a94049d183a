"""What the machine allows: bare sockets, no time limits, no errors handled. Not a client anybody could ship.

Knows nothing of clients; it reads exactly what `replay` sends.
"""

import asyncio
import importlib
import json
import socket
import urllib.parse

_BLOCK_BYTES = 64 * 1024
BODY = b'{"model":"maker/model-1","messages":[{"role":"user","content":"Hi"}],"stream":true}'


def request(path, body=BODY):
    """Return the bytes of one request."""
    return b"POST %b/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)


class Lines:
    """The lines of a stream, whatever their cut: every event of `replay` is one, and "0" ends the answer."""

    def __init__(self):
        self._parse = importlib.import_module("pydantic_core").from_json
        self._rest = b""
        self.is_over = False

    def feed(self, block):
        """Return the texts of the deltas in a block."""
        lines = (self._rest + block).split(b"\r\n")
        self._rest = lines.pop()
        texts = []
        for line in lines:
            if line.startswith(b"data: {"):
                found = (choice["delta"]["content"] for choice in self._parse(line[6:])["choices"])
                texts += [text for text in found if text]
            elif line == b"0":
                self.is_over = True
        return texts


class Floor:
    """The blocking floor, with the contract of `clients`."""

    package = None

    def __init__(self, base_url):
        address = urllib.parse.urlsplit(base_url)
        self._path = address.path
        self._request = [request(address.path)]
        self._socket = socket.create_connection((address.hostname, address.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def hold(self, messages):
        """Take a long conversation, ready as bytes, to ask with from now on."""
        body = json.dumps({"model": "maker/model-1", "messages": messages, "stream": True}).encode()
        self._request = [request(self._path, b" " * len(body)).removesuffix(b" " * len(body)), body]

    def stream(self):
        """Yield the texts of one answer."""
        lines = Lines()
        for piece in self._request:
            self._socket.sendall(piece)
        while not lines.is_over:
            yield from lines.feed(self._socket.recv(_BLOCK_BYTES))

    def close(self):
        """Close the connection."""
        self._socket.close()


class FloorAsync(asyncio.Protocol):
    """The floor inside an event loop, with the contract of `clients`."""

    def __init__(self, base_url):
        self._address = urllib.parse.urlsplit(base_url)
        self._base_url = base_url
        self._request = request(self._address.path)
        self._transport = None
        self._blocks = []
        self._waiter = None

    def lane(self):
        """Return another one, for another conversation at the same time."""
        return FloorAsync(self._base_url)

    def data_received(self, data):
        self._blocks.append(data)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def stream(self):
        """Yield the texts of one answer."""
        await self._send()
        lines = Lines()
        while not lines.is_over:
            for text in lines.feed(await self._receive()):
                yield text

    async def complete(self):
        """Return the text of one plain answer."""
        await self._send()
        head, _, body = (await self._receive()).partition(b"\r\n\r\n")
        length = int(head.rpartition(b" ")[2])
        while len(body) < length:
            body += await self._receive()
        return json.loads(body)["choices"][0]["message"]["content"]

    async def close(self):
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    async def _send(self):
        if self._transport is None:
            loop = asyncio.get_running_loop()
            address = (self._address.hostname, self._address.port)
            self._transport, _ = await loop.create_connection(lambda: self, *address)
        self._transport.write(self._request)

    async def _receive(self):
        while not self._blocks:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        block = b"".join(self._blocks)
        self._blocks.clear()
        return block
