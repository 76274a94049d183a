"""One connection to a server: a request out, the head and the blocks of its answer in.

Knows nothing of what the bytes mean, nor of other connections; `lanes` keeps them. Blocking; `async_link` is its twin.
"""

import contextlib
import os
import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator

from .head import Head, HeadReader, encode_head
from .library import httpx
from .request import Request
from .route import Route, tls_context

BLOCK_BYTES = 64 * 1024  # of one read
# Of one write: few for a large body, and still through a line of 10 kB/s within the usual limit of 30 s.
_SENT_BYTES = 256 * 1024
SILENCE = "nothing came within the limit"
# asyncio puts the errors of several addresses into one text.
_NUMBERED = re.compile(r"\[Errno (\d+)\]")


class Link:
    """A TCP or TLS connection that carries one exchange at a time.

    Life: `connect` makes it; `exchange` sends a request and returns the head of the answer; `receive` gives block
    after block; then another `exchange`, or `close`.

    Attributes
    ----------
    is_spent
        True where it cannot carry another exchange, because the request was not sent to its end.
    has_heard
        True once a byte came in this exchange.
    """

    def __init__(self, connected: socket.socket) -> None:
        self.is_spent = False
        self.has_heard = False
        self._socket = connected
        # TLS takes all it is given in one step.
        self._step = _SENT_BYTES if isinstance(connected, ssl.SSLSocket) else None
        self._owner = os.getpid()

    def exchange(self, request: Request) -> Head:
        """Send a request and read the head of its answer.

        Parameters
        ----------
        request
            Its limits are `write` for each step forward in sending the request, of 256 KiB at most where it is
            encrypted; then `first_byte` for the whole head; `read` for each block after.

        Raises
        ------
        httpx.TransportError
            A limit ran out, the connection broke, or what came is no HTTP.
        """
        self.has_heard = False
        reader, seconds = HeadReader(), request.limits
        self._send(encode_head(request), request.blocks(), seconds["write"])
        deadline = time.monotonic() + seconds["first_byte"]
        head = None
        while head is None:
            head = reader.feed(self._receive_until(deadline))
        self.limit(seconds["read"])
        return head

    def limit(self, seconds: float) -> None:
        """Set the longest silence between two blocks from now on."""
        self._socket.settimeout(seconds)

    def receive(self) -> bytes:
        """Return the next block of the answer; b"" at the end of the connection.

        Raises
        ------
        httpx.ReadTimeout
            Nothing came for `read` seconds.
        httpx.ReadError
            The connection broke.
        """
        failure: httpx.TransportError
        try:
            block = self._socket.recv(BLOCK_BYTES)
        except TimeoutError:
            failure = httpx.ReadTimeout(SILENCE)
        except OSError as error:
            failure = httpx.ReadError(reason(error))
        else:
            self.has_heard = self.has_heard or bool(block)
            return block
        raise failure

    def is_usable(self) -> bool:
        """Say whether the kept connection is still open, silent, and this process's own."""
        return self._owner == os.getpid() and not self._is_readable()

    def close(self) -> None:
        """Close the connection; the server sees it at once, also when another thread waits in `receive`."""
        if self._owner == os.getpid():
            # A forked child must not do this: it would end the parent's connection.
            with contextlib.suppress(OSError):
                # It is what wakes a thread that waits in `recv`; `close` alone would leave it waiting.
                self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _send(self, head: memoryview, blocks: Iterator[bytes], seconds: float) -> None:
        """Send head and body; where the server stops taking them, leave it to its answer to say why."""
        self.is_spent = True
        failure: httpx.TransportError | None = None
        self._socket.settimeout(seconds)
        try:
            self._send_block(memoryview(b"".join((head, next(blocks, b"")))))
            for block in blocks:
                self._send_block(memoryview(block))
        except TimeoutError:
            failure = None if self._is_readable() else httpx.WriteTimeout(SILENCE)
        # The server hung up on the request; what it said before, a 413 for one, is still there to be read.
        except OSError:
            return
        else:
            self.is_spent = False
        if failure is not None:
            raise failure

    def _send_block(self, left: memoryview) -> None:
        """Send a block, as much at a time as the system takes, so that the limit holds for each step forward."""
        while left:
            left = left[self._socket.send(left[: self._step]) :]

    def _receive_until(self, deadline: float) -> bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise httpx.ReadTimeout(SILENCE)
        self._socket.settimeout(left)
        return self.receive()

    def _is_readable(self) -> bool:
        """Say whether a byte, or the end of the connection, waits to be read; the byte stays there."""
        self._socket.settimeout(0)
        try:
            # The plain method: a TLS socket cannot peek, and its raw bytes are as good a sign.
            socket.socket.recv(self._socket, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


def connect(route: Route, seconds: float) -> Link:
    """Make a connection within `seconds`, name lookup not included, TLS included.

    Raises
    ------
    httpx.ConnectTimeout
        The time is over.
    httpx.ConnectError
        The name is unknown, nobody listens, or the certificate is not good; its cause is the system's error.
    """
    deadline = time.monotonic() + seconds
    try:
        connected = _connect_tcp(route, deadline)
        try:
            # Without it a small last piece waits for the acknowledgement of the one before, 40 ms and more (RFC 896).
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.is_encrypted:
                # Not 0, which would mean: do not wait at all, and fail with another error than a timeout.
                connected.settimeout(max(deadline - time.monotonic(), 0.001))
                connected = tls_context().wrap_socket(connected, server_hostname=route.host)
        except BaseException:
            connected.close()
            raise
    except TimeoutError as error:
        raise httpx.ConnectTimeout(SILENCE) from error
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(reason(error)) from error
    return Link(connected)


def pieces(stream: Iterable[bytes]) -> Iterator[bytes | memoryview]:
    """Yield the blocks of a body, the large ones in views of 256 KiB, so that a limit can hold for each."""
    for block in stream:
        if len(block) <= _SENT_BYTES:
            yield block
        else:
            view = memoryview(block)
            yield from (view[place : place + _SENT_BYTES] for place in range(0, len(block), _SENT_BYTES))


def reason(error: Exception) -> str:
    """Return the system's words for an error, without its number and its address."""
    numbers = _NUMBERED.findall(str(error))
    if numbers and not isinstance(error, socket.gaierror):
        return os.strerror(int(numbers[-1]))
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _connect_tcp(route: Route, deadline: float) -> socket.socket:
    """Try each address of the host in turn, each with its share of the time that is left."""
    addresses = socket.getaddrinfo(route.host, route.port, type=socket.SOCK_STREAM)
    for place, (family, kind, protocol, _, address) in enumerate(addresses):
        connected = socket.socket(family, kind, protocol)
        try:
            connected.settimeout(max((deadline - time.monotonic()) / (len(addresses) - place), 0.001))
            connected.connect(address)
        except OSError:
            connected.close()
            if place == len(addresses) - 1:
                raise
        except BaseException:
            connected.close()
            raise
        else:
            return connected
    message = "the name has no address"
    raise OSError(message)
