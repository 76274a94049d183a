"""What the way to a server is promised: verified TLS, and the environment's proxies, never for this machine."""

import contextlib
import os
import socket
import ssl
import threading
import time
import types

import pytest
import trustme
from callers import KEY, MODES, Caller
from fault_server import FaultServer

from toprouter_nb.errors import ConnectFailedError
from toprouter_nb.transport.route import route_to, tls_context

PLAIN = {"status": 200, "headers": [["Content-Type", "application/json"]], "body": '{"ok": true}'}
GATEWAY = "gateway.example"
both = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    """Begin without the proxies of whoever runs the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def authority(monkeypatch, tmp_path):
    """Make an authority of our own and trust it, as SSL_CERT_FILE does."""
    made = trustme.CA()
    path = tmp_path / "authority.pem"
    made.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    tls_context.cache_clear()
    yield made
    tls_context.cache_clear()


def encrypted(server, authority, *names):
    """Let a server speak TLS with a certificate for some names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    server.encrypt(context)


class Proxy:
    """A proxy that opens one tunnel after the other to `port`, or refuses with a status line."""

    def __init__(self, port, refusal=b""):
        self.asked = []
        self._port = port
        self._refusal = refusal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:{KEY}@127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._tunnel, args=(near,)))
                self._threads[-1].start()

    def _tunnel(self, near):
        with near, contextlib.suppress(OSError):
            self.asked.append(near.recv(65536))
            if self._refusal:
                near.sendall(self._refusal)
                return
            with socket.create_connection(("127.0.0.1", self._port)) as far:
                near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_pump, args=(far, near))
                back.start()
                _pump(near, far)
                back.join(5)


def _pump(source, target):
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@both
def test_https_is_spoken_and_kept(mode, authority):
    """A certificate of a trusted authority is enough; the connection is kept, the context made once."""
    with FaultServer([PLAIN]) as server:
        encrypted(server, authority, "localhost")
        with Caller(mode, f"https://localhost:{server.port}/v1") as caller:
            assert [caller.post()[0] for _ in range(3)] == [200, 200, 200]
    assert server.connections == 1
    assert tls_context.cache_info().misses == 1


@both
def test_a_certificate_for_another_name_is_refused(mode, authority):
    """The name is verified, and nothing is sent."""
    with FaultServer([PLAIN]) as server:
        encrypted(server, authority, "other.example")
        with (
            Caller(mode, f"https://localhost:{server.port}/v1") as caller,
            pytest.raises(ConnectFailedError, match=r"certificate of localhost.* cannot be verified") as caught,
        ):
            caller.post()
    assert not caught.value.is_transient
    assert not server.requests


@both
def test_a_proxy_of_the_environment_is_used(mode, authority, monkeypatch):
    """For another machine the request goes through the proxy, again and again, with each loop of its own."""
    with FaultServer([PLAIN]) as server, Proxy(server.port) as proxy:
        encrypted(server, authority, GATEWAY)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for _ in range(2):
            with Caller(mode, f"https://{GATEWAY}/v1") as caller:
                assert [caller.post()[0] for _ in range(2)] == [200, 200]
    assert [asked.partition(b"\r\n")[0] for asked in proxy.asked] == [f"CONNECT {GATEWAY}:443 HTTP/1.1".encode()] * 2
    assert all(KEY.encode() not in asked for asked in proxy.asked)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@both
def test_a_proxy_that_refuses_is_named_without_its_password(mode, monkeypatch):
    """A proxy that wants another password is the fault, and it is not asked again."""
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with Proxy(0, refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with (
            Caller(mode, f"https://{GATEWAY}/v1") as caller,
            pytest.raises(ConnectFailedError, match=r"407.*The proxy 127\.0\.0\.1:") as caught,
        ):
            caller.post()
    assert not caught.value.is_transient
    assert KEY not in str(caught.value)


@both
def test_a_proxy_that_cannot_be_used_is_a_typed_error(mode, monkeypatch):
    """Kinds that need another package, or that do not exist, say so, and hold nothing of what httpx said of them."""
    for proxy in ("socks5://me:password@127.0.0.1:1080", "gopher://me:password@127.0.0.1"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with (
            Caller(mode, f"https://{GATEWAY}/v1") as caller,
            pytest.raises(ConnectFailedError, match=r"The proxy 127\.0\.0\.1.* It cannot be used") as caught,
        ):
            caller.post()
        assert caught.value.__context__ is None


def test_this_machine_is_never_asked_through_a_proxy(monkeypatch):
    """Whatever the environment says; other machines are unless NO_PROXY names them."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "127.0.0.1:2")
    for url in ("http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000", "https://localhost"):
        assert not route_to(url).proxy
    assert route_to(f"https://{GATEWAY}").proxy == "http://127.0.0.1:2"
    monkeypatch.setenv("NO_PROXY", f"localhost,{GATEWAY}")
    assert not route_to(f"https://{GATEWAY}").proxy


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://toprouter.cc", "toprouter.cc"),
        ("https://toprouter.cc:8443/v1", "toprouter.cc:8443"),
        ("http://127.0.0.1/v1", "127.0.0.1"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_route_is_shown_as_people_write_it(url, shown):
    """The host, and the port where it is an unusual one."""
    assert str(route_to(url)) == shown


def test_an_unconnected_environment_has_no_proxy():
    """Without variables nothing is made up."""
    assert "HTTPS_PROXY" not in os.environ
    assert route_to("https://toprouter.cc").proxy == ""


@both
def test_a_slow_handshake_has_the_time_it_was_given(mode, authority, monkeypatch):
    """The limit to connect is for the name, the connection and TLS together, and it is the one of the settings."""
    with FaultServer([PLAIN]) as server:
        encrypted(server, authority, "localhost")
        wrap = server._context.wrap_socket
        slow = types.SimpleNamespace(wrap_socket=lambda *args, **named: time.sleep(0.2) or wrap(*args, **named))
        monkeypatch.setattr(server, "_context", slow)
        with Caller(mode, f"https://localhost:{server.port}/v1", connect_seconds=5) as caller:
            assert caller.post()[0] == 200
    with FaultServer([PLAIN]) as server:
        encrypted(server, authority, "localhost")
        monkeypatch.setattr(server, "_context", slow)
        with (
            Caller(mode, f"https://localhost:{server.port}/v1", connect_seconds=0.05) as caller,
            pytest.raises(ConnectFailedError, match=r"within 0\.05 s \(connect_seconds\)"),
        ):
            caller.post()
