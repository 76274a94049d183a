"""Decides who may speak to the server: the right host name, no foreign page, the token of this process.

Knows nothing of routes or models. Every request passes here before anything else is looked at.
"""

from hmac import compare_digest

from .head import Head
from .refusal import Refusal

OPEN_PATH = "/health"


class Guard:
    """Checks the head of a request against the server's own name and token.

    A page of another origin can make a browser send requests to a loopback address, and a name that is pointed at
    127.0.0.1 (DNS rebinding) makes such a page look local: hence the exact host names and origins.

    Parameters
    ----------
    port
        The port the server listens on.
    token
        What callers must send as `Authorization: Bearer …`.

    References
    ----------
    CVE-2025-66414 (a local server without a Host check); Fetch standard, section "Sec-Fetch-Site".
    """

    __slots__ = ("_hosts", "_origins", "_token")

    def __init__(self, port: int, token: str) -> None:
        self._hosts = frozenset((f"127.0.0.1:{port}", f"localhost:{port}"))
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._token = token.encode()

    def check(self, head: Head) -> None:
        """Let the request pass or refuse it.

        Raises
        ------
        Refusal
            400 without a Host, 403 for a foreign Host or page, 401 without the token.
        """
        self._check_origin(head)
        if head.path == OPEN_PATH:
            return
        scheme, _, token = head.headers.get("authorization", "").partition(" ")
        # In constant time, so that the time of an answer says nothing about how many letters were right.
        is_known = compare_digest(token.strip().encode("latin-1"), self._token)
        if scheme.lower() != "bearer" or not is_known:
            message = "Send the key that this server printed, or that started it, as 'Authorization: Bearer KEY'."
            raise Refusal(401, message, code="invalid_api_key", headers=(("WWW-Authenticate", "Bearer"),))

    def _check_origin(self, head: Head) -> None:
        host = head.headers.get("host")
        if not host:
            raise Refusal(400, "The request has no Host header.")
        if host not in self._hosts:
            raise Refusal(403, "This server answers only to its own loopback name and port.")
        origin = head.headers.get("origin")
        # Browsers send it and pages cannot change it; other clients do not send it at all.
        is_foreign = head.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if is_foreign or (origin is not None and origin not in self._origins):
            raise Refusal(403, "This server does not answer pages of another origin.")
