"""Carries one request to a server and its answer back: connections, time limits, framing, typed errors.

It knows nothing of what is said: not of JSON, models, retries or error statuses. The only place that opens sockets.

::

    sync      asynchronous      one request, its answer              Transport, AsyncTransport
    request   faults            what is sent; foreign errors become ours
    lanes     async_lanes       which connection: made, lent, kept
    proxied   loops             httpx's way through a proxy; one value for each event loop
    link      async_link        one connection: bytes out, bytes in
    head  framing  encoding     what the bytes of an answer mean     (pure)
    route                       address, TLS, proxy
    library                     httpx, loaded without its command line program

Nothing here loads httpx before the first request.
"""

from .asynchronous import AsyncAnswer, AsyncTransport
from .sync import Answer, Transport

__all__ = ["Answer", "AsyncAnswer", "AsyncTransport", "Transport"]
