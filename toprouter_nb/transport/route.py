"""How a server is reached: its address, its TLS, and the proxy the environment names for it.

Knows nothing of requests, keys or time limits.
"""

import dataclasses
import functools
import ssl
import urllib.request

from ..limits import is_loopback
from ..plain import render_plain, shorten
from .library import httpx

_PORTS = {"http": 80, "https": 443}


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """The way to one server.

    Attributes
    ----------
    host, port
        As the base URL has them; an IPv6 address without its brackets.
    is_encrypted
        Whether TLS is spoken. Its certificate is always verified.
    proxy
        Address of the proxy, which may hold a password; "" where there is none.

    Examples
    --------
    >>> str(route_to("http://127.0.0.1:8080/v1"))
    '127.0.0.1:8080'
    """

    host: str
    port: int
    is_encrypted: bool
    proxy: str = dataclasses.field(default="", repr=False)

    def __str__(self) -> str:
        """Return the address for people: the host, and the port where it is an unusual one."""
        host = shorten(render_plain(f"[{self.host}]" if ":" in self.host else self.host), 200)
        is_usual = self.port == _PORTS["https" if self.is_encrypted else "http"]
        return host if is_usual else f"{host}:{self.port}"


def route_to(base_url: str) -> Route:
    """Find the way to the server of a base URL. Proxies are never used for loopback addresses."""
    route, is_here = _direct_route(base_url)
    if is_here:
        return route
    proxy = _proxy_of("https" if route.is_encrypted else "http", route.host, route.port)
    return dataclasses.replace(route, proxy=proxy) if proxy else route


@functools.lru_cache(maxsize=64)
def parse_url(url: str) -> httpx.URL:
    """Parse an address; a value, kept because a process asks few addresses many times."""
    return httpx.URL(url)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the process's one TLS context; loading the certificate store takes 16 ms, so it waits for an https call.

    The store is the one of `SSL_CERT_FILE` or `SSL_CERT_DIR` where these are set, as everywhere in httpx.
    """
    context = httpx.create_ssl_context()
    # HTTP/2 is not spoken here, and a server that were free to choose might choose it.
    context.set_alpn_protocols(["http/1.1"])
    return context


@functools.lru_cache(maxsize=64)
def _direct_route(base_url: str) -> tuple[Route, bool]:
    """Return the way without a proxy, and whether it leads to this very machine."""
    address = httpx.URL(base_url)
    port = address.port or _PORTS.get(address.scheme, _PORTS["http"])
    host = address.raw_host.decode("ascii")
    return Route(host, port, address.scheme == "https"), is_loopback(host)


def _proxy_of(scheme: str, host: str, port: int) -> str:
    """Return the proxy that the environment, or the system's settings, name for a host; "" for none."""
    proxies = urllib.request.getproxies()
    # `getproxies` reads HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, in either case, and the settings of macOS and Windows.
    proxy = proxies.get(scheme) or proxies.get("all") or ""
    if not proxy or urllib.request.proxy_bypass(f"{host}:{port}") or urllib.request.proxy_bypass(host):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"
