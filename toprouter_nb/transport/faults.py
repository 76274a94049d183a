"""The seam: errors of httpx, of TLS and of the system become this package's own.

Knows nothing of statuses and bodies; `failures` reads those. Loads httpx only where one of its errors is at hand.
"""

import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ..errors import ConnectFailedError, ReadTimeoutError, TransportError, UnexpectedResponseError
from ..plain import render_plain, shorten
from ..secret import Secret

if TYPE_CHECKING:
    from ..settings import Settings
    from .route import Route

# The system's words are a line; what is longer is something a server wrote.
_SHOWN_CHARACTERS = 300
# Chains of causes are a few links long; the bound is for one that leads back to itself.
_CHAIN = 10
T = TypeVar("T")


def foreign_errors() -> tuple[type[Exception], ...]:
    """Return what may come out of the layers below; for an `except` clause, which asks only when there is an error."""
    import httpx

    return (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)


def fault_in_head(error: Exception, route: "Route", settings: "Settings", key: Secret) -> TransportError:
    """Say what it means that no head of an answer came.

    Returns
    -------
    TransportError
        `is_transient` is False only where the same request would fail again: another protocol, a bad certificate,
        a head that is too large.
    """
    import httpx

    from .head import HeadTooLargeError, NotHttpError

    if isinstance(error, httpx.TimeoutException):
        return _late(error, route, settings)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return _unconnected(error, route, key)
    if isinstance(error, NotHttpError):
        message = f"What answers at {route} is not HTTP: {_words(error, key)}. Check scheme and port of base_url."
        return ConnectFailedError(message)
    if isinstance(error, HeadTooLargeError):
        return UnexpectedResponseError(f"The server at {route} cannot be used: {_words(error, key)}.", kind="too_large")
    is_ours = isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL)
    step = "cannot be asked" if is_ours else "gave no answer, for the connection broke"
    return ConnectFailedError(f"The server at {route} {step}: {_words(error, key)}.", is_transient=not is_ours)


def fault_in_body(error: Exception, route: "Route", settings: "Settings", key: Secret) -> TransportError:
    """Say what it means that the body of an answer stopped before its end."""
    import httpx

    if isinstance(error, httpx.TimeoutException):
        limit = settings.idle_seconds
        message = f"There was no data from {route} for {limit:g} s (idle_seconds), in the middle of the answer."
        return ReadTimeoutError(message, kind="idle_timeout", is_transient=True)
    message = f"The connection to {route} broke in the middle of the answer: {_words(error, key)}."
    return ConnectFailedError(message, is_transient=True)


def _late(error: Exception, route: "Route", settings: "Settings") -> TransportError:
    """Say which limit ran out before there was an answer."""
    import httpx

    if isinstance(error, httpx.ConnectTimeout):
        limit = settings.connect_seconds
        message = f"No connection to {route} within {limit:g} s (connect_seconds).{_by_proxy(route)}"
        return ConnectFailedError(message, is_transient=True)
    if isinstance(error, httpx.WriteTimeout):
        limit = settings.idle_seconds
        message = f"There was no answer from {route}: it stopped taking the request for {limit:g} s (idle_seconds)."
    else:
        limit = settings.first_byte_seconds
        message = f"There was no answer from {route} within {limit:g} s (first_byte_seconds)."
    return ReadTimeoutError(message, is_transient=True)


def open_way(route: "Route", open_transport: Callable[["Route"], T]) -> T:
    """Return what carries requests to a server.

    Raises
    ------
    ConnectFailedError
        The proxy of the environment cannot be used.
    """
    import httpx

    try:
        return open_transport(route)
    except (ValueError, ImportError, httpx.InvalidURL):
        is_socks = route.proxy.startswith("socks")
        advice = " SOCKS proxies need the package 'socksio'." if is_socks else ""
        message = f"{route} cannot be reached.{_by_proxy(route)} It cannot be used.{advice}"
    # Raised here, so that the foreign error, which repeats the proxy's password, is not its context.
    raise ConnectFailedError(message)


def _unconnected(error: Exception, route: "Route", key: Secret) -> ConnectFailedError:
    """Say why there is no connection, by the system's error below."""
    root = _root(error)
    if isinstance(root, ssl.SSLCertVerificationError):
        message = (
            f"The certificate of {route} cannot be verified: {root.verify_message}.{_by_proxy(route)} Where a network "
            "has its own certificate authority, name its file in the environment variable SSL_CERT_FILE."
        )
        return ConnectFailedError(message)
    if isinstance(root, ssl.SSLError) and not isinstance(root, ssl.SSLEOFError):
        message = f"{route} does not speak TLS as https needs it: {_words(error, key)}. Check the scheme of base_url."
        return ConnectFailedError(message)
    if isinstance(root, socket.gaierror):
        message = f"The name {route} cannot be resolved: {_words(error, key)}. Check base_url and the network."
    elif isinstance(root, ConnectionRefusedError):
        message = f"The connection to {route} was refused (Connection refused): nothing listens there. Check base_url."
    else:
        message = f"No connection to {route}: {_words(error, key)}."
    # httpx says it in words only: a proxy that wants a password will want it the next time, too.
    is_refused_by_proxy = bool(route.proxy) and "407" in str(error)
    return ConnectFailedError(message + _by_proxy(route), is_transient=not is_refused_by_proxy)


def _root(error: Exception) -> BaseException:
    """Return the system's error that led to a foreign one, or that error itself."""
    seen: BaseException | None = error
    for _ in range(_CHAIN):
        if seen is None or isinstance(seen, OSError):
            break
        seen = seen.__cause__ or seen.__context__
    return seen or error


def _words(error: Exception, key: Secret) -> str:
    text = key.mask(str(error) or type(error).__name__)
    return shorten(render_plain(text), _SHOWN_CHARACTERS).rstrip(".")


def _by_proxy(route: "Route") -> str:
    """Name the proxy, without the name and password it may hold."""
    if not route.proxy:
        return ""
    shown = shorten(render_plain(route.proxy.rpartition("@")[2].rpartition("//")[2]), 100)
    return f" The proxy {shown}, which the environment or the system names, was asked for it."
