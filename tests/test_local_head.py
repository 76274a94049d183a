"""Request heads are read strictly."""

import pytest

from toprouter_nb.local.head import MAX_HEADERS, decode_head
from toprouter_nb.local.refusal import Refusal

LINE = b"POST /v1/chat/completions HTTP/1.1\r\n"


def test_a_proper_head_is_read():
    """Method, path without /v1 and query, lower-case header names and the length come out."""
    head = decode_head(LINE + b"Host: 127.0.0.1:80\r\nX-A: 1\r\nx-a:  2 \r\nContent-Length: 12")
    assert (head.method, head.path, head.length) == ("POST", "/chat/completions", 12)
    assert head.headers == {"host": "127.0.0.1:80", "x-a": "1, 2", "content-length": "12"}


@pytest.mark.parametrize("target", [b"/models?key=x", b"/v1/models", b"/v1/models?a=b?c"])
def test_query_and_prefix_are_cut_off(target):
    """A query is never looked at, and /v1 is optional."""
    assert decode_head(b"GET " + target + b" HTTP/1.1").path == "/models"


@pytest.mark.parametrize(
    ("block", "status"),
    [
        (LINE + b"Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
        (LINE + b"Transfer-Encoding: chunked\r\nContent-Length: 5", 400),
        (LINE + b"Content-Length: 5\r\nContent-Length: 5", 400),
        (LINE + b"Content-Length: 5\r\nContent-Length: 6", 400),
        (LINE + b"Content-Length: 5, 5", 400),
        (LINE + b"Content-Length: +5", 400),
        (LINE + b"Content-Length: -5", 400),
        (LINE + b"Content-Length: 0x5", 400),
        (LINE + b"Content-Length: 9999999999999", 400),
        (LINE + b"Content-Length:", 400),
        (LINE + b"Content-Length: \xb2", 400),
        (LINE + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400),
        (LINE + b"Transfer-Encoding: chunked", 411),
        (LINE + b"Transfer-Encoding : chunked", 400),
        (LINE + b"Host: a\r\nHost: b", 400),
        (LINE + b"Authorization: Bearer a\r\nAuthorization: Bearer b", 400),
        (LINE + b"X: a\r\n folded", 400),
        (LINE + b"X: a\nY: b", 400),
        (LINE + b"X: a\rY: b", 400),
        (LINE + b"X: a\x00b", 400),
        (LINE + b": no name", 400),
        (LINE + b"no colon", 400),
        (LINE + b"Upgrade: websocket\r\nConnection: Upgrade", 400),
        (b"POST http://127.0.0.1/ HTTP/1.1", 400),
        (b"POST * HTTP/1.1", 400),
        (b"CONNECT 127.0.0.1:80 HTTP/1.1", 400),
        (b"GET /models", 400),
        (b"GET /models HTTP/2.0", 400),
        (b"GET  /models HTTP/1.1", 400),
        (b"get /models HTTP/1.1", 400),
        (b"GET /mod\xc3\xa9ls HTTP/1.1", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"", 400),
        (LINE + b"\r\n".join([b"X: 1"] * (MAX_HEADERS + 1)), 431),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(block, status):
    """Two lengths, a length with a transfer encoding, odd numbers, folded lines, upgrades and noise are refused."""
    with pytest.raises(Refusal) as caught:
        decode_head(block)
    assert caught.value.status == status
