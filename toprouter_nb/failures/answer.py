"""An answer that is none, to the error that says so.

Knows nothing of connections; the transport says what happened where no answer came at all.
"""

import http
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import ConnectFailedError, ToprouterError, UnexpectedResponseError
from ..plain import shorten
from ..secret import Secret
from .headers import request_id, retry_after_seconds, should_retry
from .verdict import Verdict, judge
from .words import Said, clean, read_body

if TYPE_CHECKING:
    from ..wire.request import RequestBody

_FIRST_ERROR = 400
_LAST_ERROR = 599
# RFC 9110, 15.5.8: this one comes from a proxy, not from the server.
_PROXY_REFUSED = 407
_LOCATION_CHARACTERS = 300
_EXCERPT_CHARACTERS = 200
_DAY = 86_400


def error_from_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    base_url: str,
    key: Secret,
    body_sent: "RequestBody | None" = None,
) -> ToprouterError:
    """Say what went wrong, from an answer that is no Chat Completions answer. Returned, not raised.

    Parameters
    ----------
    status
        HTTP status: an error, a redirect, or a success with a body of another kind.
    headers
        Names in lower case.
    body
        What came of it; 1 MiB is enough.
    base_url
        Named where it may be the cause.
    key
        Hidden wherever the server repeats it.
    body_sent
        The request, whose size is named where it was too large.

    Returns
    -------
    ToprouterError
        A `GatewayError` for a status of 400 and more, by status and cause; otherwise a `TransportError`.

    Examples
    --------
    >>> error = error_from_answer(503, {"retry-after": "2"}, b"", base_url="https://toprouter.cc", key=Secret())
    >>> type(error).__name__, error.is_transient, error.retry_after_seconds
    ('ServerError', True, 2.0)
    """
    said = read_body(body, headers.get("content-type", ""))
    # Some gateways want the key in the path.
    base_url = key.mask(base_url)
    if _FIRST_ERROR <= status <= _LAST_ERROR and status != _PROXY_REFUSED:
        error = _refused(status, headers, said, base_url=base_url, key=key, body_sent=body_sent)
    else:
        error = _unexpected(status, headers, said, body=body, base_url=base_url, key=key)
    error.status = status
    named = request_id(headers) or said.problem.request_id
    error.request_id = None if named is None else clean(named, key, _EXCERPT_CHARACTERS)
    # The server knows better than its status.
    wish = should_retry(headers)
    if wish is not None:
        error.is_transient = wish
    return error


def _refused(
    status: int,
    headers: Mapping[str, str],
    said: Said,
    *,
    base_url: str,
    key: Secret,
    body_sent: "RequestBody | None",
) -> ToprouterError:
    """Make the error of a status of 400 and more."""
    problem = said.problem
    verdict = judge(status, problem)
    wish = retry_after_seconds(headers)
    words = clean(problem.words, key)
    flagged = clean(", ".join(problem.reasons), key, _EXCERPT_CHARACTERS)
    page = "a web page, " if said.is_page and words else ""
    sentences = [
        _sentence(f"The server answered {status}{_phrase(status)}" + (f": {page}{words}" if words else "")),
        f"Reasons: {flagged}." if flagged else "",
        f"The request was {body_sent.largest}." if verdict.kind == "too_large" and body_sent is not None else "",
        _advice(status, said, verdict, base_url),
        f"It asks to wait {_duration(wish)}." if wish is not None else "",
    ]
    return verdict.error(
        " ".join(filter(None, sentences)),
        kind=verdict.kind,
        code=problem.code if isinstance(problem.code, int | None) else clean(problem.code, key, _EXCERPT_CHARACTERS),
        retry_after_seconds=wish,
        # A gateway that names a time says that the credit will be there then.
        is_transient=verdict.is_transient or (status == http.HTTPStatus.PAYMENT_REQUIRED and bool(wish)),
    )


def _advice(status: int, said: Said, verdict: Verdict, base_url: str) -> str:
    """Say what to do; a wrong base URL is the usual cause of web pages and of refused methods."""
    is_address = status == http.HTTPStatus.METHOD_NOT_ALLOWED or (status < 500 and said.is_page)  # noqa: PLR2004
    is_unsaid = status == http.HTTPStatus.NOT_FOUND and not said.problem.words
    if (is_address or is_unsaid) and verdict.kind != "too_large":
        return f"Check base_url, which is {shorten(base_url, _EXCERPT_CHARACTERS)}."
    return verdict.advice


def _unexpected(
    status: int, headers: Mapping[str, str], said: Said, *, body: bytes, base_url: str, key: Secret
) -> ToprouterError:
    """Make the error of an answer that is no error status: a redirect, a refusing proxy, another kind of body."""
    shown_url = shorten(base_url, _EXCERPT_CHARACTERS)
    words = clean(said.problem.words, key, _EXCERPT_CHARACTERS)
    if status == _PROXY_REFUSED:
        message = (
            "A proxy between here and the server wants a name and a password (407). Put them into the proxy's "
            "address, in the environment variable HTTPS_PROXY, or name the server in NO_PROXY."
        )
        return ConnectFailedError(message)
    if 300 <= status < _FIRST_ERROR and status != http.HTTPStatus.NOT_MODIFIED:  # noqa: PLR2004
        message = (
            f"The server answered {status}, a redirect to {_location(headers, key)}. No redirect is followed, for the "
            "prompt and the key would go to another address. If that is the right one, set base_url accordingly."
        )
        return UnexpectedResponseError(message, kind="redirect")
    if said.is_page:
        title = f" that says {words!r}" if words else ""
        message = (
            f"The server answered {status} with a web page{title} instead of an answer: a wrong address, or a network "
            f"that wants you to sign in. Check base_url, which is {shown_url}."
        )
        return UnexpectedResponseError(message)
    if not body.strip():
        message = f"The server answered {status} with an empty body."
        # A 200 with nothing in it is a gateway that lost its provider; a 204 means what it says.
        return UnexpectedResponseError(message, is_transient=status == http.HTTPStatus.OK)
    kind = "JSON" if said.is_json else "text"
    excerpt = clean(body[: 4 * _EXCERPT_CHARACTERS].decode("utf-8", "replace"), key, _EXCERPT_CHARACTERS)
    message = f"The server answered {status} with {kind} that is no Chat Completions answer: {excerpt}"
    return UnexpectedResponseError(_sentence(message))


def _location(headers: Mapping[str, str], key: Secret) -> str:
    """Return the address of a redirect, without a name and password, and without its query."""
    address = re.sub(r"//[^/@]*@", "//", headers.get("location", "")).partition("?")[0]
    return clean(address, key, _LOCATION_CHARACTERS) or "an address it does not name"


def _duration(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < _DAY else "longer than a day"


def _phrase(status: int) -> str:
    """Return the usual name of a status, in brackets; "" where it has none."""
    try:
        return f" ({http.HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."
