"""The head of an HTTP request, read strictly: what two readers could understand in two ways is refused.

Pure: bytes in, a value out. Knows nothing of sockets, tokens or routes.
"""

import dataclasses
import re
from collections.abc import Mapping

from .refusal import Refusal

# Most servers take 8 to 16 KiB; a head of ours has some hundred bytes.
MAX_HEAD_BYTES = 32 * 1024
MAX_HEADERS = 100
_LINE = re.compile(r"([A-Z]{1,20}) (/[!-~]*) HTTP/1\.[01]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
# A second one would be understood in one way here and in another by whoever stands before (RFC 9112, 11.2).
_ONCE = frozenset(
    [
        "authorization",
        "content-length",
        "content-type",
        "expect",
        "host",
        "origin",
        "sec-fetch-site",
        "transfer-encoding",
    ]
)


@dataclasses.dataclass(frozen=True, slots=True)
class Head:
    r"""A request line and its headers.

    Attributes
    ----------
    method
        In capitals.
    path
        The target without its query and without a leading `/v1`.
    headers
        Lower-case names; a header sent twice is joined with a comma, except those that may come only once.
    length
        Bytes of the body; None when none was announced.

    Examples
    --------
    >>> decode_head(b"GET /v1/models?limit=3 HTTP/1.1\r\nHost: 127.0.0.1:80").path
    '/models'
    """

    method: str
    path: str
    headers: Mapping[str, str]
    length: int | None


def decode_head(head: bytes) -> Head:
    r"""Read a request head, without the empty line that ends it.

    Raises
    ------
    Refusal
        400 for anything that is not plain HTTP/1.1, a repeated header that may come once, both a length and a
        transfer encoding, or an upgrade; 411 for a body without a length; 431 for more than 100 headers.

    References
    ----------
    RFC 9112, sections 3 (request line), 5 (fields), 6.3 (message body length) and 11.2 (request smuggling).

    Examples
    --------
    >>> decode_head(b"POST /chat/completions HTTP/1.1\r\nContent-Length: 12").length
    12
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    asked = _LINE.fullmatch(first)
    if not asked:
        raise Refusal(400, "This is no HTTP/1.1 request to a path of this server.")
    if len(lines) > MAX_HEADERS:
        raise Refusal(431, f"A request may have at most {MAX_HEADERS} headers.")
    headers = _decode_headers(lines)
    method, target = asked.groups()
    path = target.partition("?")[0]
    return Head(method, path.removeprefix("/v1") or "/", headers, _body_length(headers))


def _decode_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        field = _HEADER.fullmatch(line)
        if not field:
            raise Refusal(400, "A header line of the request is malformed.")
        name, value = field.group(1).lower(), field.group(2)
        if name in headers:
            if name in _ONCE:
                raise Refusal(400, f"The header {name} may be sent only once.")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def _body_length(headers: Mapping[str, str]) -> int | None:
    if "upgrade" in headers:
        raise Refusal(400, "This server does not change protocols.")
    length = headers.get("content-length")
    if "transfer-encoding" in headers:
        if length is not None:
            raise Refusal(400, "A request may have a Content-Length or a Transfer-Encoding, never both.")
        raise Refusal(411, "Send the body with a Content-Length; transfer encodings are not read here.")
    if length is None:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", length):
        raise Refusal(400, "The Content-Length of the request is no number.")
    return int(length)
