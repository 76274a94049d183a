"""Who carries requests to a server: the transport itself, or what a lesson put around it or in its place.

Knows nothing of requests, of files or of lessons. It holds for the whole process, so that every thread, every task and
every cell of a notebook asks the same way; a context variable would end with its cell, and not reach worker threads.
"""

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from .secret import Secret
from .wire.request import RequestBody


class Received(Protocol):
    """An answer as it is read; see `transport.Answer`."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Fields of the head; names in lower case."""

    def blocks(self) -> Iterator[bytes]:
        """Yield the body as it arrives."""

    def close(self) -> None:
        """Stop a read, from another thread too."""


class AsyncReceived(Protocol):
    """An answer as it is read inside an event loop; see `transport.AsyncAnswer`."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Fields of the head; names in lower case."""

    def blocks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives."""


class Sender(Protocol):
    """What sends a request and gives its answer; see `transport.Transport`."""

    def post(self, path: str, body: RequestBody, key: Secret, *, stream: bool) -> AbstractContextManager[Received]:
        """Send a body."""


class AsyncSender(Protocol):
    """What does so inside an event loop; see `transport.AsyncTransport`."""

    def post(
        self, path: str, body: RequestBody, key: Secret, *, stream: bool
    ) -> AbstractAsyncContextManager[AsyncReceived]:
        """Send a body."""


class Carrier(Protocol):
    """What may be put on the stage."""

    @property
    def is_offline(self) -> bool:
        """True where it answers by itself, so that neither a key nor a server is needed."""

    def carry(self, sender: Sender) -> Sender:
        """Return what sends requests in the place of a sender, or around it."""

    def carry_async(self, sender: AsyncSender) -> AsyncSender:
        """Do what `carry` does, for event loops."""


class Stage:
    """The carriers in use, the outermost first; the innermost decides what becomes of a request.

    Life: `enter` and `leave`, in any order; between them each call asks `is_offline`, then `carry` or `carry_async`.
    """

    def __init__(self) -> None:
        self._carriers: tuple[Carrier, ...] = ()
        self._lock = threading.Lock()

    def enter(self, carrier: Carrier) -> None:
        """Put a carrier around those in use."""
        with self._lock:
            # A new tuple each time: a call that goes through the old one meanwhile sees it whole.
            self._carriers += (carrier,)

    def leave(self, carrier: Carrier) -> None:
        """Take a carrier away, wherever it stands; one that is not in use is no error."""
        with self._lock:
            self._carriers = tuple(used for used in self._carriers if used is not carrier)

    @property
    def is_offline(self) -> bool:
        """Say whether no request leaves this process."""
        return any(carrier.is_offline for carrier in self._carriers)

    def carry(self, sender: Sender) -> Sender:
        """Return what sends a request now."""
        for carrier in self._carriers:
            sender = carrier.carry(sender)
        return sender

    def carry_async(self, sender: AsyncSender) -> AsyncSender:
        """Do what `carry` does, for event loops."""
        for carrier in self._carriers:
            sender = carrier.carry_async(sender)
        return sender


STAGE = Stage()
