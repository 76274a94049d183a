"""Sends one request and hands out its answer, blocking.

Knows nothing of retries, of JSON or of what an error status means. `asynchronous` is its twin inside event loops.
"""

import contextlib
import functools
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..errors import TransportError
from ..secret import Secret
from .encoding import decoder_for
from .faults import fault_in_body, fault_in_head, foreign_errors, open_way

if TYPE_CHECKING:
    from ..settings import Settings
    from ..wire.request import RequestBody
    from .lanes import BodyStream, Lanes
    from .proxied import ProxiedBody, ProxiedLanes
    from .request import Requests
    from .route import Route

# After `[DONE]` the end of the body is a moment away; a connection is worth that moment, a new one costs more.
SETTLE_SECONDS = 0.01
_SUCCESS = range(200, 300)


class Answer:
    """The answer to one request: its head, and its body block by block.

    Made by `Transport`, which closes it; `close` may also be called from another thread, to stop a read.

    Attributes
    ----------
    status
        HTTP status.
    headers
        Fields of the head; names in lower case.
    """

    def __init__(
        self,
        came: "tuple[int, Mapping[str, str], BodyStream | ProxiedBody]",
        route: "Route",
        settings: "Settings",
        key: Secret,
        *,
        is_streamed: bool,
    ) -> None:
        self.status, self.headers, self._body = came
        self._route = route
        self._settings = settings
        self._key = key
        self._is_streamed = is_streamed

    def blocks(self) -> Iterator[bytes]:
        """Yield the body as it arrives, its content encoding undone.

        The body of an error status is best effort: where it breaks, stalls or grows too large, it just ends.

        Raises
        ------
        ConnectFailedError
            The connection broke.
        ReadTimeoutError
            Nothing came for `idle_seconds`.
        UnexpectedResponseError
            The body is larger than 64 MiB and no event stream, or encoded in an unknown way.
        """
        fault: TransportError
        is_error = not is_success(self.status)
        # For an error's body only: a server that fails may well drip it, and the status has said what matters.
        deadline = time.monotonic() + self._settings.first_byte_seconds
        try:
            decoder = decoder_for(self.headers, is_streamed=self._is_streamed)
            for block in self._body:
                if decoder.is_idle:
                    yield block
                else:
                    yield from decoder.feed(block)
                if is_error and time.monotonic() > deadline:
                    return
            decoder.end()
        except foreign_errors() as error:
            fault = fault_in_body(error, self._route, self._settings, self._key)
        except TransportError as error:
            fault = error
        else:
            return
        if not is_error:
            raise fault

    def settle(self) -> None:
        """Wait a moment for the end of a body that was read to the end of what matters."""
        self._body.settle(SETTLE_SECONDS)

    def close(self) -> None:
        """Give the connection back where the body was read to its end, else close it."""
        self._body.close()


class Transport:
    """Sends requests to one server. Threads may share it.

    Owns its connections: `close` gives back those that are not in use, as does its end of life.

    Parameters
    ----------
    settings
        The address, and the time limits.
    """

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings

    def post(
        self, path: str, body: "RequestBody", key: Secret, *, stream: bool
    ) -> contextlib.AbstractContextManager[Answer]:
        """Send a body and give its answer, the body of which is not read yet; leaving the block closes it.

        Parameters
        ----------
        path
            Begins with "/", and is put after the base URL.
        body
            The blocks of the JSON, which can be iterated again.
        key
            Sent as a bearer token; an empty one is not.
        stream
            Whether an event stream is asked for.

        Raises
        ------
        ConnectFailedError
            No connection, or it broke before the answer's head was there.
        ReadTimeoutError
            The head was not there within `first_byte_seconds`.
        UnexpectedResponseError
            The head is beyond its bound.
        """
        return self._ask(path, key, body, is_streamed=stream)

    def get(self, path: str, key: Secret) -> contextlib.AbstractContextManager[Answer]:
        """Fetch a path, as `post` sends to one."""
        return self._ask(path, key, None, is_streamed=False)

    def close(self) -> None:
        """Close the connections that are not in use; the next request makes new ones."""
        opened = self.__dict__.pop("_opened", None)
        if opened is not None:
            opened[2].close()

    @contextlib.contextmanager
    def _ask(self, path: str, key: Secret, body: "RequestBody | None", *, is_streamed: bool) -> Iterator[Answer]:
        answer = self._send(path, key, body, is_streamed=is_streamed)
        try:
            yield answer
            answer.settle()
        finally:
            answer.close()

    def _send(self, path: str, key: Secret, body: "RequestBody | None", *, is_streamed: bool) -> Answer:
        route, requests, transport = self._opened
        try:
            came = transport.handle(requests.make(path, key, body, is_streamed=is_streamed))
        except foreign_errors() as error:
            fault = fault_in_head(error, route, self._settings, key)
        else:
            return Answer(came, route, self._settings, key, is_streamed=is_streamed)
        # Raised here, so that the foreign error, whose frames may hold what was sent, is not its context.
        raise fault

    @functools.cached_property
    def _opened(self) -> "tuple[Route, Requests, Lanes | ProxiedLanes]":
        # Imported here: httpx costs 40 ms and is not needed before the first request.
        from .lanes import open_transport
        from .request import Requests
        from .route import route_to

        route = route_to(self._settings.base_url)
        requests = Requests(self._settings, is_proxied=bool(route.proxy))
        return route, requests, open_way(route, open_transport)


def is_success(status: int) -> bool:
    """Say whether a status is one of the 2xx."""
    return status in _SUCCESS
