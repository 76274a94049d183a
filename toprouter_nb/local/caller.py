"""One accepted caller: reads the body it announced, writes the answer, notices when it has gone.

Knows nothing of routes, tokens or JSON. Runs in the thread of the request.
"""

import socket
import time

from .line import Gone
from .refusal import Refusal

# A few images as base64, as gateways allow; the body is held in memory once for each thread.
MAX_BODY_BYTES = 64 * 2**20
BODY_SECONDS = 60.0
SILENCE_SECONDS = 15.0
# A caller that takes nothing off the line for this long holds up a place in front of the model for nothing.
WRITE_SECONDS = 30.0


class Caller:
    """The socket of one request, after its head.

    Life: `read_body` once, then `write` as often as needed; `is_there` at any time.

    Parameters
    ----------
    sock
        The connection; still owned by whoever handed it in.
    rest
        What came together with the head.
    """

    __slots__ = ("_rest", "_sock")

    def __init__(self, sock: socket.socket, rest: bytes) -> None:
        self._sock = sock
        self._rest = rest

    def read_body(self, length: int, *, expects_continue: bool) -> bytes:
        """Read exactly `length` bytes; what follows them is never looked at.

        Raises
        ------
        Refusal
            408 when the body does not come in time.
        Gone
            The caller left.
        """
        if expects_continue:
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = bytearray(self._rest[:length])
        until = time.monotonic() + BODY_SECONDS
        self._sock.settimeout(SILENCE_SECONDS)
        while len(body) < length:
            try:
                block = self._sock.recv(min(length - len(body), 2**18))
            except TimeoutError as error:
                raise Refusal(408, "The body of the request did not arrive in time.") from error
            except OSError as error:
                raise Gone from error
            if not block:
                raise Gone
            body += block
            if time.monotonic() > until:
                raise Refusal(408, "The body of the request did not arrive in time.")
        return bytes(body)

    def write(self, block: bytes) -> None:
        """Send a block.

        Raises
        ------
        Gone
            The caller left, or takes nothing any more.
        """
        try:
            self._sock.settimeout(WRITE_SECONDS)
            self._sock.sendall(block)
        except OSError as error:
            raise Gone from error

    def is_there(self) -> bool:
        """Say whether the caller still holds the connection; never waits."""
        try:
            self._sock.settimeout(0)
            # A byte that is there belongs to a next request, which is never read; only the end of the stream says that
            # the caller left.
            return self._sock.recv(1, socket.MSG_PEEK) != b""
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
