"""Every error the package raises, as one tree.

Knows nothing of HTTP libraries or JSON: foreign errors are mapped to these at the transport's seam.

::

    ToprouterError
    ├── ParameterError              a value you passed cannot be sent
    ├── SettingsError               key, address or limits are missing or wrong
    ├── ImageError                  an image cannot be read, converted or sent
    ├── UnknownModelError           no such model id
    ├── LocalModelError             the embedded model cannot be fetched or started
    ├── BudgetError                 the call could break a spending limit
    ├── StorageError                a file or folder of ours cannot be used
    ├── GatewayError                the server answered with an error status
    │   ├── AuthenticationError         401
    │   ├── InsufficientCreditsError    402
    │   ├── PermissionDeniedError       403
    │   ├── NotFoundError               404
    │   ├── BadRequestError             400, 422 and the other 4xx
    │   ├── RateLimitError              429
    │   └── ServerError                 5xx
    ├── TransportError              no usable answer came
    │   ├── ConnectFailedError          no connection, or it broke before an answer
    │   ├── ReadTimeoutError            one of the time limits ran out
    │   └── UnexpectedResponseError     an answer that is not a Chat Completions answer
    ├── StructuredReplyError        the answer is whole, but not of the shape asked for
    └── StreamError                 the answer began and did not end well
        ├── StreamInterruptedError      the server reported an error in the stream
        ├── StreamTruncatedError        the stream ended before its end
        └── MalformedChunkError         something in the stream is no chunk
"""

from typing import TYPE_CHECKING, Any, ClassVar

from .plain import render_plain, shorten

if TYPE_CHECKING:
    from .reply import Reply

# What a program decides by: one kind for each thing it could do about a failure. The class says where it came up.
KINDS = (
    "auth",
    "bad_request",
    "cancelled",
    "connection",
    "context_length",
    "idle_timeout",
    "insecure_url",
    "insufficient_credits",
    "malformed_stream",
    "moderation",
    "not_found",
    "rate_limit",
    "redirect",
    "server",
    "stream_error",
    "stream_truncated",
    "timeout",
    "too_large",
    "unexpected_response",
)

# A notebook shows a message whole, and some servers answer with a page of it.
MESSAGE_CHARACTERS = 2_000


class ToprouterError(Exception):
    """The root of the tree; catch it to catch them all.

    Parameters
    ----------
    message
        One or two sentences: what was wrong, what is allowed, what to do. Control bytes are escaped, and
        `str(error)` is at most 2,000 characters.
    kind
        One of `KINDS`; None takes the default of the class.
    status
        HTTP status; None when no answer came.
    code
        The server's own error code, as it sent it; None when it sent none.
    request_id
        The server's name for the request; None when it gave none.
    attempts
        Requests sent, retries included; 0 when nothing was sent.
    retry_after_seconds
        How long the server asked to wait; None when it did not.
    is_transient
        True where the very same request may well succeed when it is sent again.
    partial
        What had arrived, as a `Reply` with `is_partial`; None when nothing had.
    """

    default_kind: ClassVar[str] = "bad_request"

    def __init__(
        self,
        message: str,
        *,
        kind: str | None = None,
        status: int | None = None,
        code: str | int | None = None,
        request_id: str | None = None,
        attempts: int = 0,
        retry_after_seconds: float | None = None,
        is_transient: bool = False,
        partial: "Reply | None" = None,
    ) -> None:
        # Escaped here, once for all: a message may repeat what a server or a model wrote, and tracebacks go to
        # terminals.
        super().__init__(render_plain(message))
        self.kind = kind or self.default_kind
        self.status = status
        self.code = code
        self.request_id = request_id
        self.attempts = attempts
        self.retry_after_seconds = retry_after_seconds
        self.is_transient = is_transient
        self.partial = partial

    def __str__(self) -> str:
        """Return the message, then the request id and the attempts where there are any."""
        facts = []
        if self.request_id:
            facts.append(f"request id {shorten(render_plain(self.request_id), 100)}")
        if self.attempts > 1:
            facts.append(f"{self.attempts} attempts")
        tail = f" ({', '.join(facts)})" if facts else ""
        return shorten(str(self.args[0]), MESSAGE_CHARACTERS - len(tail)) + tail


class ParameterError(ToprouterError, ValueError):
    """A value cannot be sent: out of range, of the wrong type, empty, or not JSON. Nothing was sent."""


class SettingsError(ToprouterError):
    """The key, the address or a limit is missing or wrong. Nothing was sent."""

    default_kind = "auth"


class ImageError(ToprouterError, ValueError):
    """An image cannot be read, converted or sent. Nothing was sent."""


class UnknownModelError(ToprouterError):
    """No model of that id is known; the message names the nearest ones."""

    default_kind = "not_found"


class LocalModelError(ToprouterError):
    """The embedded model cannot be fetched or started here; the message names the way on."""

    default_kind = "server"


class BudgetError(ToprouterError):
    """The call could spend more than a limit you set. Nothing was sent."""

    default_kind = "insufficient_credits"


class StorageError(ToprouterError):
    """A file or folder of ours cannot be used: another program's, a newer version's, damaged, locked, or no room."""


class GatewayError(ToprouterError):
    """The server answered with an error; `status`, `code` and `request_id` say which."""

    default_kind = "server"


class AuthenticationError(GatewayError):
    """The server refuses the key (401)."""

    default_kind = "auth"


class InsufficientCreditsError(GatewayError):
    """The account has no credit left (402)."""

    default_kind = "insufficient_credits"


class PermissionDeniedError(GatewayError):
    """The key may not do this, or the input was flagged (403; `kind` is then `moderation`)."""

    default_kind = "auth"


class NotFoundError(GatewayError):
    """The server knows no such model or address (404)."""

    default_kind = "not_found"


class BadRequestError(GatewayError):
    """The server cannot use the request (400, 413, 422 and the other 4xx)."""

    default_kind = "bad_request"


class RateLimitError(GatewayError):
    """Too many requests (429); `retry_after_seconds` is what the server asked for."""

    default_kind = "rate_limit"


class ServerError(GatewayError):
    """The server, or the model behind it, failed (5xx)."""


class TransportError(ToprouterError):
    """No usable answer came."""

    default_kind = "connection"


class ConnectFailedError(TransportError):
    """The connection could not be made, or it broke before an answer came."""


class ReadTimeoutError(TransportError):
    """A time limit ran out: the first byte (`timeout`), silence or no progress (`idle_timeout`)."""

    default_kind = "timeout"


class UnexpectedResponseError(TransportError):
    """Something answered, but not a Chat Completions server: a web page, a redirect, an empty or huge body."""

    default_kind = "unexpected_response"


class StructuredReplyError(ToprouterError):
    """The answer came whole, but is not what `data_model` asks for; `kind` is "moderation" where the model refused.

    Parameters
    ----------
    faults
        What does not fit, in words; "" where the model refused.
    message, **facts
        As in `ToprouterError`; `partial` is the whole reply, which stays in the conversation.
    """

    default_kind = "unexpected_response"

    def __init__(self, message: str, *, faults: str = "", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.faults = faults


class StreamError(ToprouterError):
    """The answer began and did not end well; `partial` holds what came."""

    default_kind = "stream_error"


class StreamInterruptedError(StreamError):
    """The server reported an error in the middle of the stream."""


class StreamTruncatedError(StreamError):
    """The stream ended without `[DONE]` and without a finish reason."""

    default_kind = "stream_truncated"


class MalformedChunkError(StreamError):
    """The stream held something that is not a JSON object of the Chat Completions format."""

    default_kind = "malformed_stream"
