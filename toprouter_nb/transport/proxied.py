"""The ways through a proxy: httpx's own transports, which speak to all kinds of them, behind the interface of `Lanes`.

Knows nothing of how a proxy is found. They are slower than our own lanes, and proxies are rare.
"""

from .library import httpx
from .loops import PerLoop
from .request import Request, signed
from .route import Route, tls_context


class ProxiedBody:
    """The body of an answer that came through a proxy; as `BodyStream`."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._blocks = response.iter_raw()

    def __iter__(self) -> "ProxiedBody":
        """Return itself: the body comes once."""
        return self

    def __next__(self) -> bytes:
        """Return the next bytes of the body."""
        return next(self._blocks)

    def settle(self, seconds: float) -> None:
        """Do nothing: httpx reads no further by itself."""

    def close(self) -> None:
        """Give the connection back to httpx."""
        self._response.close()


class AsyncProxiedBody:
    """The same inside an event loop; as `AsyncBodyStream`."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._blocks = response.aiter_raw()

    def __aiter__(self) -> "AsyncProxiedBody":
        """Return itself: the body comes once."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes of the body."""
        return await anext(self._blocks)

    async def settle(self, seconds: float) -> None:
        """Do nothing: httpx reads no further by itself."""

    async def aclose(self) -> None:
        """Give the connection back to httpx."""
        await self._response.aclose()


class ProxiedLanes:
    """The way through a proxy.

    Raises
    ------
    ValueError, ImportError
        The proxy's address is none, or it is a SOCKS proxy and `socksio` is not installed.
    """

    def __init__(self, route: Route) -> None:
        proxy = httpx.Proxy(route.proxy)
        # `trust_env` off: which proxy is used was decided in `route`, and must not be decided a second time.
        self._transport = httpx.HTTPTransport(verify=tls_context(), proxy=proxy, limits=httpx.Limits(), trust_env=False)

    def handle(self, request: Request) -> tuple[int, dict[str, str], ProxiedBody]:
        """Send a request through the proxy; see `Lanes.handle`."""
        with signed(request) as foreign:
            response = self._transport.handle_request(foreign)
        return response.status_code, dict(response.headers.items()), ProxiedBody(response)

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()


class AsyncProxiedLanes:
    """The same for event loops, a transport of httpx for each: its connections belong to the loop, too."""

    def __init__(self, route: Route) -> None:
        self._proxy = httpx.Proxy(route.proxy)
        self._transports = PerLoop(self._make)
        # A proxy that cannot be used is found out here, not at the first request.
        self._make()

    async def handle(self, request: Request) -> tuple[int, dict[str, str], AsyncProxiedBody]:
        """Send a request through the proxy; see `Lanes.handle`."""
        transport = await self._transports.get()
        with signed(request) as foreign:
            response = await transport.handle_async_request(foreign)
        return response.status_code, dict(response.headers.items()), AsyncProxiedBody(response)

    async def aclose(self) -> None:
        """Close the kept connections of the running loop."""
        await self._transports.close()

    def _make(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=tls_context(), proxy=self._proxy, limits=httpx.Limits(), trust_env=False)
