"""The error tree: as drawn, typed, short, and whole after a pickle."""

import inspect
import pickle
import re

import pytest

from toprouter_nb import errors
from toprouter_nb.errors import KINDS, MESSAGE_CHARACTERS, ToprouterError
from toprouter_nb.usage import Usage

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, ToprouterError)]
DEFAULT_KINDS = {
    "ToprouterError": "bad_request",
    "ParameterError": "bad_request",
    "SettingsError": "auth",
    "ImageError": "bad_request",
    "UnknownModelError": "not_found",
    "LocalModelError": "server",
    "StorageError": "bad_request",
    "BudgetError": "insufficient_credits",
    "GatewayError": "server",
    "AuthenticationError": "auth",
    "InsufficientCreditsError": "insufficient_credits",
    "PermissionDeniedError": "auth",
    "NotFoundError": "not_found",
    "BadRequestError": "bad_request",
    "RateLimitError": "rate_limit",
    "ServerError": "server",
    "TransportError": "connection",
    "ConnectFailedError": "connection",
    "ReadTimeoutError": "timeout",
    "UnexpectedResponseError": "unexpected_response",
    "StructuredReplyError": "unexpected_response",
    "StreamError": "stream_error",
    "StreamInterruptedError": "stream_error",
    "StreamTruncatedError": "stream_truncated",
    "MalformedChunkError": "malformed_stream",
}


def test_the_tree_is_as_drawn():
    """The drawing at the top of the module shows every class under its parent, and nothing else."""
    drawn, ancestors = {}, []
    for line in errors.__doc__.splitlines():
        found = re.fullmatch(r"    ([│├└─ ]*)(\w+Error)\b.*", line)
        if found:
            depth = len(found[1]) // 4
            ancestors[depth:] = [found[2]]
            drawn[found[2]] = ancestors[depth - 1] if depth else "Exception"
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in CLASSES}


def test_every_class_has_a_kind_of_the_list():
    """Each class has its own default kind, and all of them are in the list of kinds."""
    assert {kind.__name__: kind("x").kind for kind in CLASSES} == DEFAULT_KINDS
    assert set(DEFAULT_KINDS.values()) <= set(KINDS)
    assert list(KINDS) == sorted(set(KINDS))


def test_wrong_values_are_value_errors_too():
    """What Python calls a ValueError can be caught as one."""
    assert {kind.__name__ for kind in CLASSES if issubclass(kind, ValueError)} == {"ParameterError", "ImageError"}


def test_the_message_is_whole():
    """The text is the message, then the request id and the attempts where they say something."""
    assert str(errors.ServerError("The server failed.")) == "The server failed."
    assert str(errors.ServerError("The server failed.", attempts=1)) == "The server failed."
    error = errors.ServerError("The server failed.", request_id="req-1", attempts=3)
    assert str(error) == "The server failed. (request id req-1, 3 attempts)"


def test_the_text_is_short_and_keeps_its_end():
    """However long the message and the request id are, the text has at most 2,000 characters and both facts."""
    text = str(ToprouterError("x" * 5_000, request_id="r" * 5_000, attempts=2))
    assert len(text) == MESSAGE_CHARACTERS
    assert text.endswith(f"x… (request id {'r' * 99}…, 2 attempts)")


def test_nothing_in_the_text_acts_on_a_screen():
    """Control bytes of a server are escaped in the message, the arguments, the repr and the request id."""
    error = ToprouterError("bad \x1b[31mred\u202e", request_id="id\x07")
    assert str(error) == "bad \\x1b[31mred\\u202e (request id id\\x07)"
    assert error.args == ("bad \\x1b[31mred\\u202e",)
    assert "\x1b" not in repr(error)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_pickle_keeps_everything(kind):
    """An error that crosses a process keeps its class, message and every attribute."""
    error = kind(
        "What \x1b went wrong.",
        kind="too_large",
        status=503,
        code="overloaded",
        request_id="req-1",
        attempts=3,
        retry_after_seconds=1.5,
        is_transient=True,
        partial=Usage(prompt_tokens=1),
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))
