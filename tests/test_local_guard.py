"""Nobody but a caller who knows this process's key, on its own name, gets anything from the local server."""

from urllib.parse import urlsplit

import psutil
import pytest
from raw_http import connect, get, read, send

BODY = b'{"model": "local/smollm2-135m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}'
JSON = "Content-Type: application/json"
PROPER = {"host": "Host: {host}", "auth": "Authorization: Bearer {key}", "type": JSON, "path": "/v1/chat/completions"}
REFUSED = {
    "foreign host": {"host": "Host: evil.test"},
    "own name as a label": {"host": "Host: 127.0.0.1.evil.test:{port}"},
    "localhost as a label": {"host": "Host: localhost.evil.test:{port}"},
    "empty host": {"host": "Host: "},
    "no host": {"host": "X-Host: {host}"},
    "two hosts": {"host": "Host: {host}\r\nHost: {host}"},
    "two names in one": {"host": "Host: {host}, evil.test"},
    "trailing dot": {"host": "Host: localhost.:{port}"},
    "upper case": {"host": "Host: LOCALHOST:{port}"},
    "wrong port": {"host": "Host: 127.0.0.1:1"},
    "no port": {"host": "Host: 127.0.0.1"},
    "short form of the address": {"host": "Host: 127.1:{port}"},
    "number form of the address": {"host": "Host: 2130706433:{port}"},
    "any address": {"host": "Host: 0.0.0.0:{port}"},
    "IPv6 address": {"host": "Host: [::1]:{port}"},
    "user in the host": {"host": "Host: a@127.0.0.1:{port}"},
    "absolute target": {"path": "http://{host}/v1/chat/completions"},
    "foreign absolute target": {"path": "http://evil.test/v1/chat/completions"},
    "null origin": {"extra": "Origin: null"},
    "foreign origin": {"extra": "Origin: http://evil.test"},
    "look-alike origin": {"extra": "Origin: http://127.0.0.1.evil.test:{port}"},
    "origin of another port": {"extra": "Origin: http://127.0.0.1:1"},
    "https origin": {"extra": "Origin: https://{host}"},
    "origin with a path": {"extra": "Origin: http://{host}/"},
    "empty origin": {"extra": "Origin: "},
    "two origins": {"extra": "Origin: http://{host}\r\nOrigin: http://evil.test"},
    "cross-site fetch": {"extra": "Sec-Fetch-Site: cross-site"},
    "same-site fetch": {"extra": "Sec-Fetch-Site: same-site"},
    "text body": {"type": "Content-Type: text/plain"},
    "form body": {"type": "Content-Type: application/x-www-form-urlencoded"},
    "upload body": {"type": "Content-Type: multipart/form-data; boundary=x"},
    "no type": {"type": "X-Type: none"},
    "websocket": {"extra": "Connection: Upgrade\r\nUpgrade: websocket"},
    "h2c": {"extra": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c"},
    "no token": {"auth": "X-Auth: none"},
    "empty token": {"auth": "Authorization: Bearer "},
    "short token": {"auth": "Authorization: Bearer {short}"},
    "longer token": {"auth": "Authorization: Bearer {key}x"},
    "token without scheme": {"auth": "Authorization: {key}"},
    "basic scheme": {"auth": "Authorization: Basic {key}"},
    "token in the address": {"auth": "X-Auth: none", "path": "/v1/chat/completions?key={key}&access_token={key}"},
    "token in a cookie": {"auth": "Cookie: token={key}"},
    "token not Latin": {"auth": "Authorization: Bearer \xe9\xe9"},
}


def spell(address, method, changes):
    """Spell a request that is proper but for the changes."""
    base_url, key = address
    host = urlsplit(base_url).netloc
    known = {"host": host, "port": host.partition(":")[2], "key": key, "short": key[:8]}
    parts = {name: text.format(**known) for name, text in (PROPER | changes).items()}
    head = [f"{method} {parts.pop('path')} HTTP/1.1", *parts.values(), f"Content-Length: {len(BODY)}"]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + BODY


@pytest.mark.parametrize("name", REFUSED)
def test_improper_callers_get_nothing(local_address, name):
    """A wrong name, a foreign page, a simple content type, an upgrade or a missing key: refused, with no data."""
    answer = send(local_address[0], spell(local_address, "POST", REFUSED[name]))
    assert answer.status in (400, 401, 403)
    assert set(answer.json) == {"error"}
    assert not [header for header in answer.headers if header.startswith("access-control")]
    assert local_address[1].encode() not in answer.body


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "GET", "PUT", "DELETE", "TRACE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/v1/models", "/v1/chat/completions", "/nothing"])
def test_every_route_and_method_needs_the_key(local_address, method, path):
    """Without the key no method and no path tells a caller anything but that the key is missing."""
    answer = send(local_address[0], spell(local_address, method, {"auth": "X-Auth: none", "path": path}))
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert (answer.body == b"") == (method == "HEAD")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"auth": "authorization: bearer {key}"},
        {"host": "Host: localhost:{port}"},
        {"extra": "Origin: http://{host}"},
        {"extra": "Sec-Fetch-Site: same-origin"},
        {"type": "content-type: application/json; charset=utf-8"},
        {"path": "/chat/completions?stream=1"},
    ],
)
def test_proper_callers_are_answered(local_address, changes):
    """The same request is answered in every proper spelling."""
    assert send(local_address[0], spell(local_address, "POST", changes)).status == 200


def test_preflight_allows_nothing(local_address):
    """A browser that asks whether another origin may call is refused and given no permission."""
    extra = "Origin: http://evil.test\r\nAccess-Control-Request-Method: POST"
    answer = send(local_address[0], spell(local_address, "OPTIONS", {"extra": extra}))
    assert answer.status == 403
    assert not [header for header in answer.headers if header.startswith("access-control")]


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("POST", 404)])
def test_unknown_paths_are_404(local_address, method, status):
    """With the key, a wrong path says which ones there are."""
    answer = send(local_address[0], spell(local_address, method, {"path": "/v2/nothing"}))
    assert answer.status == status
    assert "POST /chat/completions" in answer.error["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("GET", "/chat/completions", "POST"), ("PUT", "/models", "GET")]
)
def test_wrong_methods_are_405(local_address, method, path, allowed):
    """With the key, a wrong method names the right one."""
    answer = send(local_address[0], spell(local_address, method, {"path": path}))
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_health_is_open_to_this_machine_only(local_address):
    """GET /health needs no key, but the right name, and tells nothing but that the server is there."""
    answer = send(local_address[0], spell(local_address, "GET", {"auth": "X-Auth: none", "path": "/health"}))
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    foreign = {"auth": "X-Auth: none", "path": "/health", "host": "Host: evil.test"}
    assert send(local_address[0], spell(local_address, "GET", foreign)).status == 403


def test_the_process_listens_on_one_loopback_port_only(local_owner, local_address):
    """The child has exactly one listening address: 127.0.0.1 and the port it told."""
    listening = [
        (found.laddr.ip, found.laddr.port)
        for found in psutil.Process(local_owner.child_pid).net_connections("inet")
        if found.status == psutil.CONN_LISTEN
    ]
    assert listening == [("127.0.0.1", urlsplit(local_address[0]).port)]


def test_the_key_leaves_no_trace(local_owner, local_address):
    """The key has 256 bits, and is neither in the log, the command line nor the environment of the process."""
    get(local_address, "/models")
    send(local_address[0], spell(local_address, "POST", REFUSED["token in the address"]))
    process = psutil.Process(local_owner.child_pid)
    seen = [*process.cmdline(), *process.environ().values(), local_owner._child.log_tail()]
    key = local_address[1]
    assert len(key) >= 43
    assert not [text for text in seen if key in text]


@pytest.mark.parametrize(
    "smuggled",
    [b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Content-Length: 5\r\nContent-Length: 44"],
)
def test_smuggling_pairs_are_refused_and_the_connection_closed(local_address, smuggled):
    """Two ways to measure a body are answered once with 400, and what follows is not answered at all."""
    base_url, key = local_address
    host = urlsplit(base_url).netloc.encode()
    lines = [b"POST /chat/completions HTTP/1.1", b"Host: " + host, b"Authorization: Bearer " + key.encode(), smuggled]
    second = b"GET /models HTTP/1.1\r\nHost: " + host + b"\r\nAuthorization: Bearer " + key.encode() + b"\r\n\r\n"
    with connect(base_url) as sock:
        sock.sendall(b"\r\n".join(lines) + b"\r\n\r\n0\r\n\r\n" + second)
        answer = read(sock)
    assert answer.status == 400
    assert b"HTTP/1.1" not in answer.body


def test_pipelined_requests_are_not_answered(local_address):
    """A connection serves one request; a second one behind it is dropped."""
    block = spell(local_address, "GET", {"path": "/models"})
    answer = send(local_address[0], block + block)
    assert answer.status == 200
    assert b"HTTP/1.1" not in answer.body
