"""The HTTP server under the scripted gateway: reads requests, plays answers with their timing and faults.

Knows nothing of scripts: it is handed a function that gives an `Answer` for a request.
"""

import http.server
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from .encode import Answer
from .requests import ReceivedRequest
from .script import Block, Cut, Stall

# Close with "linger for 0 seconds": the kernel sends a reset instead of an orderly end. Windows' fields are shorter.
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class LoopbackServer(http.server.ThreadingHTTPServer):
    """A server on 127.0.0.1, on a free port, one thread a connection. Call `start`, then `close`.

    Parameters
    ----------
    respond
        Gives the answer to a request; called in the connection's thread.
    api_key
        The key that makes a request `authorized`; None accepts any.
    """

    daemon_threads = True
    # The default of 5 refuses connections where a test opens a hundred at once.
    request_queue_size = 128

    def __init__(self, respond: Callable[[ReceivedRequest], Answer], api_key: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.api_key = api_key
        self.stopping = threading.Event()
        self._connections: dict[Any, threading.Thread] = {}
        self._lock = threading.Lock()
        # 0.02 s is how long `close` may wait for the acceptor to look up.
        self._acceptor = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True, name="scripted-gateway")

    def start(self) -> None:
        """Begin to accept connections."""
        self._acceptor.start()

    def close(self) -> None:
        """Stop: no thread and no socket is left when this returns."""
        self.stopping.set()
        self.shutdown()
        self._acceptor.join()
        with self._lock:
            open_connections = dict(self._connections)
        for connection, thread in open_connections.items():
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it ended by itself meanwhile
                continue
            finally:
                # Also where the connection ended by itself: its thread may still be on its way out.
                thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, which `close` can find."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True, name="scripted-connection"
        )
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """End a connection and forget it."""
        super().shutdown_request(request)
        with self._lock:
            self._connections.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that break a connection off between two requests."""


class _ClientLeftError(ConnectionError):
    """The client closed the connection, or the server is being closed."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def do_POST(self) -> None:  # the name is given by http.server
        """Answer a POST."""
        self._serve()

    def do_GET(self) -> None:  # the name is given by http.server
        """Answer a GET."""
        self._serve()

    def log_message(self, *_args: object) -> None:
        """Write no log."""

    def _serve(self) -> None:
        request = self._receive()
        answer = self.server.respond(request)
        try:
            self._play_answer(answer)
        except ConnectionError:
            self.close_connection = True
            if not self.server.stopping.is_set():
                request.closed_early.set()
        finally:
            request.finished.set()

    def _receive(self) -> ReceivedRequest:
        chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        body = self._read_chunks() if chunked else self.rfile.read(int(self.headers.get("content-length") or 0))
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        headers = {name.lower(): value for name, value in self.headers.items()}
        if scheme:
            headers["authorization"] = f"{scheme} [key hidden]"
        authorized = key.strip() == self.server.api_key if self.server.api_key is not None else bool(key.strip())
        return ReceivedRequest(str(self.command), self.path, headers, authorized, body, time.monotonic())

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return bytes(body)

    def _play_answer(self, answer: Answer) -> None:
        if any(self._play_event(event) for event in answer.before):
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        match answer.blocks:
            case [bytes() as body]:
                self._play_body(body, {name.lower() for name in answer.headers})
            case blocks:
                self._play_chunks(blocks)

    def _play_body(self, body: bytes, named: set[str]) -> None:
        if "content-length" not in named:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _play_chunks(self, blocks: list[Block]) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for block in blocks:
            if not isinstance(block, bytes):
                if self._play_event(block):
                    return
            elif block:
                self._pause(0)
                self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
        self.wfile.write(b"0\r\n\r\n")

    def _play_event(self, event: Block) -> bool:
        """Wait, hang or cut; True where the connection is over."""
        if isinstance(event, Cut):
            self._cut(event)
            return True
        self._pause(event.seconds if isinstance(event, Stall) else None)
        return False

    def _pause(self, seconds: float | None) -> None:
        """Wait; None is for ever. Raises at once when the client leaves or the server is being closed."""
        until = time.monotonic() + (seconds or 0)
        self.connection.settimeout(seconds)
        try:
            is_gone = not self.connection.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, TimeoutError):
            return
        finally:
            self.connection.settimeout(None)
        # A byte came instead of the end: a client that sends its next request ahead. Wait without looking.
        remaining = None if seconds is None else max(0.0, until - time.monotonic())
        if is_gone or self.server.stopping.wait(remaining):
            raise _ClientLeftError

    def _cut(self, cut: Cut) -> None:
        self.close_connection = True
        if cut.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.rfile.close()  # it holds the socket open
            self.connection.close()
