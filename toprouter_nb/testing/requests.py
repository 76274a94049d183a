"""A request as the scripted gateway received it.

Knows nothing of sockets or of what will be answered.
"""

import dataclasses
import json
import threading
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, eq=False)
class ReceivedRequest:
    """One request, complete with its body.

    Attributes
    ----------
    method, path
        As in the request line: "POST", "/chat/completions".
    headers
        Names in lower case. The value of `authorization` is replaced by its scheme and "[key hidden]".
    authorized
        True where the right key came: the gateway's `api_key`, or any key at all when the gateway has none.
    body
        The bytes of the body; b"" when there is none.
    json
        The body decoded; None when it is no JSON.
    received_seconds
        The reading of `time.monotonic()` when the body had arrived.
    finished
        An event, set once the answer is sent or the connection is over.
    closed_early
        An event, set when the client left before the answer was complete. It is noticed at the next delta,
        and at once during a `Stall` or a `Hang`.

    Examples
    --------
    >>> request = ReceivedRequest("POST", "/chat/completions", {}, True, b'{"stream": true}', 0.0)
    >>> request.json, request.is_streamed, request.closed_early.is_set()
    ({'stream': True}, True, False)
    """

    method: str
    path: str
    headers: Mapping[str, str]
    authorized: bool
    body: bytes = dataclasses.field(repr=False)
    received_seconds: float
    json: Any = dataclasses.field(init=False, repr=False)
    finished: threading.Event = dataclasses.field(default_factory=threading.Event, init=False, repr=False)
    closed_early: threading.Event = dataclasses.field(default_factory=threading.Event, init=False, repr=False)

    def __post_init__(self) -> None:
        """Decode the body."""
        try:
            decoded = json.loads(self.body)
        except ValueError:  # bytes that are no UTF-8 are a ValueError too
            decoded = None
        object.__setattr__(self, "json", decoded)

    @property
    def is_streamed(self) -> bool:
        """True where the request asks for a stream."""
        return bool(self.field("stream"))

    def field(self, name: str) -> Any:
        """Return a field of the JSON body; None when the body has none of that name."""
        return self.json.get(name) if isinstance(self.json, dict) else None
