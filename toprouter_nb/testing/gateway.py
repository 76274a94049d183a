"""The scripted gateway: which reply answers which request.

Knows nothing of bytes on the wire: `encode` spells replies, `server` plays them.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from .encode import Answer, encode_json, encode_reply
from .requests import ReceivedRequest
from .script import PLAYABLE, Cut, Fault, Hang, Raw, Reply, Scripted
from .server import LoopbackServer

DEFAULT_MODELS: tuple[Mapping[str, Any], ...] = (
    {
        "id": "scripted/text",
        "name": "Scripted: text only",
        "created": 1_750_000_000,
        "context_length": 8_192,
        "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "supported_parameters": ["max_tokens", "stop", "temperature", "top_p"],
    },
    {
        "id": "scripted/vision",
        "name": "Scripted: text and images",
        "created": 1_750_000_000,
        "context_length": 131_072,
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.00001", "completion": "0.00003"},
        "supported_parameters": ["max_tokens", "seed", "stop", "temperature", "top_p"],
    },
)


class ScriptedGateway:
    """A Chat Completions server on your own machine that plays scripted replies, in order, one a call.

    Use it in a `with` block, or call `start` and later `close`. It listens on 127.0.0.1 on a free port, answers
    `POST /chat/completions` and `GET /models` (both also below `/v1`), and is safe to call from many threads.

    Parameters
    ----------
    replies
        For each call a str, a `Script`, a `Fault`, a `Raw`, a `Cut` or a `Hang`, or a function that is given the
        `ReceivedRequest` and returns one of these. One function instead of a list answers every call.
    models
        What `GET /models` lists: rows in the gateway's format, or a `Fault`, `Raw`, `Cut`, `Hang` or function.
        None lists one text model and one that takes images, with prices.
    api_key
        The one key that is accepted; another gets a 401 and uses up no reply. None accepts all, and none.
    repeat
        True begins again at the first reply when all were played. False answers status 500 and says so.

    Raises
    ------
    TypeError
        A reply is none of the kinds above.

    Examples
    --------
    >>> import urllib.request
    >>> with ScriptedGateway([Fault(503), "Second time lucky."]) as gateway:
    ...     try:
    ...         urllib.request.urlopen(gateway.base_url + "/chat/completions", b"{}")
    ...     except OSError as error:
    ...         print(error)
    ...         error.close()
    HTTP Error 503: Service Unavailable
    >>> gateway.requests[0].path
    '/chat/completions'
    """

    def __init__(
        self,
        replies: Iterable[Reply] | Callable[[ReceivedRequest], Scripted],
        *,
        models: Sequence[Mapping[str, Any]]
        | Fault
        | Raw
        | Cut
        | Hang
        | Callable[[ReceivedRequest], Scripted]
        | None = None,
        api_key: str | None = None,
        repeat: bool = False,
    ) -> None:
        is_function = callable(replies)
        self._replies: list[Reply] = [replies] if callable(replies) else _checked(replies)
        self._repeat = repeat or is_function
        self._models = DEFAULT_MODELS if models is None else models
        self._requests: list[ReceivedRequest] = []
        self._calls = 0
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self._api_key = api_key
        self._server: LoopbackServer | None = None
        self._base_url = ""

    @property
    def base_url(self) -> str:
        """The address to give to a client, without a slash at its end; known from the first start on."""
        if not self._base_url:
            message = "The gateway has no address yet: use it in a `with` block, or call start()."
            raise RuntimeError(message)
        return self._base_url

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Every request so far, in order of arrival, those for `/models` included."""
        with self._lock:
            return tuple(self._requests)

    def start(self) -> Self:
        """Begin to listen, on a new port if it was closed before; returns the gateway itself."""
        if self._server is None:
            self._server = LoopbackServer(self._respond, self._api_key)
            self._server.start()
            self._base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def close(self) -> None:
        """Stop listening and break open connections; no thread is left.

        Raises
        ------
        Exception
            What a reply function raised, an assertion for one: its call was answered with status 500.
        """
        self._stop()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:  # the block's own error comes first
            self._stop()

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _respond(self, request: ReceivedRequest) -> Answer:
        with self._lock:
            self._requests.append(request)
        try:
            reply, number = self._choose(request)
            return encode_reply(reply(request) if callable(reply) else reply, request, number)
        except Exception as error:  # noqa: BLE001 -- it is raised again by close()
            # The first failure is the cause; later ones mostly follow from it.
            self._failure = self._failure or error
            return encode_reply(_fault(500, f"The reply function raised {type(error).__name__}: {error}"), request, 0)

    def _choose(self, request: ReceivedRequest) -> tuple[Reply, int]:
        """Find the reply to a request, and the number of the call; 0 where it is no call."""
        route = f"{request.method} {request.path.partition('?')[0].removeprefix('/v1').rstrip('/')}"
        if self._api_key is not None and not request.authorized:
            return _fault(401, "This is not the key of the scripted gateway."), 0
        if route == "GET /models":
            return self._model_list(), 0
        if route != "POST /chat/completions":
            return _fault(404, f"Nothing is at {route}. There is POST /chat/completions and GET /models."), 0
        with self._lock:
            self._calls += 1
            number = self._calls
        return self._scripted(number), number

    def _scripted(self, number: int) -> Reply:
        count = len(self._replies)
        if number > count and not (self._repeat and count):
            text = f"The script has {count} replies and this is call {number}. Add replies, or pass repeat=True."
            return _fault(500, text)
        return self._replies[(number - 1) % count]

    def _model_list(self) -> Reply:
        if isinstance(self._models, Sequence):
            body = encode_json({"object": "list", "data": list(self._models)})
            return Fault(200, body, {"Content-Type": "application/json"})
        return self._models


def _fault(status: int, text: str) -> Fault:
    return Fault(status, {"error": {"message": text, "code": status, "type": "scripted_gateway"}})


def _checked(replies: Iterable[Reply]) -> list[Reply]:
    checked: list[Reply] = [replies] if isinstance(replies, str) else list(replies)
    for reply in checked:
        if not (isinstance(reply, PLAYABLE) or callable(reply)):
            message = f"A reply is a str, Script, Fault, Raw, Cut, Hang or a function, not {type(reply).__name__}."
            raise TypeError(message)
    return checked
