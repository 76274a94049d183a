"""Accepts connections and reads request heads, all in one thread: a caller costs a thread only once it is let in.

Knows nothing of tokens, routes or models. Slow, silent and unknown callers therefore cannot use up anything but
a socket, and the number of those is bounded too.
"""

import contextlib
import re
import selectors
import socket
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from .head import MAX_HEAD_BYTES

# A head comes in one packet; who takes longer holds a socket for nothing ("slowloris").
HEAD_SECONDS = 10.0
# How long the rest of what a caller sends is read and thrown away after its answer: closing at once could make the
# system take the answer back.
DRAIN_SECONDS = 2.0
READ_BYTES = 64 * 1024
# Windows selects among 512 sockets at most.
MAX_CONNECTIONS = 400 if sys.platform == "win32" else 2_000
# Also finds heads that end in bare line feeds, so that they are refused at once instead of waited for.
_END = re.compile(rb"\n\r?\n")
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Receive = Callable[[socket.socket, bytes, bytes], bytes | None]
"""Takes a connection, its request head and what came after; returns an answer to send, or None to keep the socket."""


class Door:
    """A listening socket on 127.0.0.1 and the loop behind it.

    Life: made (listens), `start` (answers), `release` (a kept socket comes back to be closed gently), `close`.

    Parameters
    ----------
    port
        0 for a free one.

    Raises
    ------
    OSError
        The port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":
            # So that a named port can be used again at once. On Windows the same option would let two servers share a
            # port.
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(1_024)
        self._listener.settimeout(0)
        self._selector = selectors.DefaultSelector()
        # A byte through this pair wakes the selector when another thread has something for it.
        self._ear, self._bell = socket.socketpair()
        self._ear.settimeout(0)
        # Both in order of arrival, which is the order of their deadlines.
        self._heads: OrderedDict[socket.socket, tuple[float, bytearray]] = OrderedDict()
        self._drains: OrderedDict[socket.socket, float] = OrderedDict()
        self._returned: list[socket.socket] = []
        self._is_closing = False

    @property
    def port(self) -> int:
        """The port it listens on, read back from the socket."""
        port: int = self._listener.getsockname()[1]
        return port

    def start(self, receive: Receive) -> None:
        """Answer callers from now on, in a thread of its own."""
        for sock in (self._listener, self._ear):
            self._selector.register(sock, selectors.EVENT_READ)
        threading.Thread(target=self._run, args=(receive,), name="toprouter-door", daemon=True).start()

    def release(self, sock: socket.socket) -> None:
        """Take back a socket that `receive` kept, once its answer is sent; any thread may call this."""
        self._returned.append(sock)
        self._ring()

    def close(self) -> None:
        """Stop answering; connections that are waiting are closed."""
        self._is_closing = True
        self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    def _run(self, receive: Receive) -> None:
        while not self._is_closing:
            for key, _ in self._selector.select(timeout=self._pause()):
                sock = key.fileobj
                if sock is self._listener:
                    self._accept()
                elif sock is self._ear:
                    self._take_back()
                elif isinstance(sock, socket.socket) and sock in self._heads:
                    self._read_head(sock, receive)
                elif isinstance(sock, socket.socket) and sock in self._drains:
                    self._drain(sock)
            self._expire()
        self._shut()

    def _pause(self) -> float | None:
        deadlines = [next(iter(self._heads.values()))[0]] if self._heads else []
        deadlines += [next(iter(self._drains.values()))] if self._drains else []
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _accept(self) -> None:
        # Not all at once: those that are in already have their turn between.
        for _ in range(128):
            try:
                sock, _address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:
                # Out of file descriptors, or the caller left already: make room and go on.
                self._drop_oldest()
                return
            if len(self._heads) + len(self._drains) >= MAX_CONNECTIONS:
                self._drop_oldest()
            sock.settimeout(0)
            with contextlib.suppress(OSError):  # some systems refuse this once the caller has left
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._heads[sock] = (time.monotonic() + HEAD_SECONDS, bytearray())
            self._selector.register(sock, selectors.EVENT_READ)

    def _read_head(self, sock: socket.socket, receive: Receive) -> None:
        block = _receive(sock)
        if block is None:
            return
        buffer = self._heads[sock][1]
        buffer += block
        end = _END.search(buffer, max(0, len(buffer) - len(block) - 2))
        if not block:
            self._drop(sock)
        elif (end.start() if end else len(buffer)) > MAX_HEAD_BYTES:
            self._answer(sock, TOO_LARGE)
        elif end:
            self._hand_on(sock, *_cut(bytes(buffer), end), receive)
        elif not buffer[:1].isupper():
            # Not the beginning of any method: a TLS greeting or noise. The reader of heads says so at once.
            self._hand_on(sock, bytes(buffer), b"", receive)

    def _hand_on(self, sock: socket.socket, head: bytes, rest: bytes, receive: Receive) -> None:
        del self._heads[sock]
        self._selector.unregister(sock)
        answer = receive(sock, head, rest)
        if answer is not None:
            self._selector.register(sock, selectors.EVENT_READ)
            self._heads[sock] = (0.0, bytearray())
            self._answer(sock, answer)

    def _answer(self, sock: socket.socket, answer: bytes) -> None:
        # A few kilobytes always fit into the send buffer of a fresh connection.
        with contextlib.suppress(OSError):
            sock.send(answer)
        del self._heads[sock]
        self._begin_drain(sock)

    def _begin_drain(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
        self._drains[sock] = time.monotonic() + DRAIN_SECONDS

    def _drain(self, sock: socket.socket) -> None:
        if _receive(sock) == b"":
            self._drop(sock)

    def _take_back(self) -> None:
        _receive(self._ear)
        while self._returned:
            sock = self._returned.pop()
            try:
                sock.settimeout(0)
                self._selector.register(sock, selectors.EVENT_READ)
            except (OSError, ValueError):
                sock.close()
                continue
            self._begin_drain(sock)

    def _expire(self) -> None:
        now = time.monotonic()
        while self._heads and next(iter(self._heads.values()))[0] <= now:
            self._drop(next(iter(self._heads)))
        while self._drains and next(iter(self._drains.values())) <= now:
            self._drop(next(iter(self._drains)))

    def _drop_oldest(self) -> None:
        # Answered ones first: nobody waits for them any more.
        for waiting in (self._drains, self._heads):
            if waiting:
                self._drop(next(iter(waiting)))
                return

    def _drop(self, sock: socket.socket) -> None:
        self._heads.pop(sock, None)
        self._drains.pop(sock, None)
        self._selector.unregister(sock)
        sock.close()

    def _shut(self) -> None:
        for sock in (*self._heads, *self._drains):
            self._drop(sock)
        self._selector.close()
        for sock in (self._listener, self._ear, self._bell):
            sock.close()


def _receive(sock: socket.socket) -> bytes | None:
    """Read what is there: None for nothing yet, b"" for the end or a broken connection."""
    try:
        return sock.recv(READ_BYTES)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""


def _cut(block: bytes, end: re.Match[bytes]) -> tuple[bytes, bytes]:
    """Cut a block into the head and what came after; a line feed left at the head's end marks a malformed one."""
    head = block[: end.start()]
    is_whole = head.endswith(b"\r") and end.group() == b"\n\r\n"
    return (head[:-1] if is_whole else head + b"\n"), block[end.end() :]
