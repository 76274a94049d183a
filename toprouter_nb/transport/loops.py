"""One value for each event loop, closed when its loop ends.

Knows nothing of what the values are.
"""

import asyncio
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be closed inside its loop."""

    def aclose(self) -> Awaitable[None]:
        """Close it."""


T = TypeVar("T", bound=Closable)


class PerLoop(Generic[T]):
    """Makes a value in each event loop that asks, and keeps it there.

    A value is closed when its loop ends in order, as `asyncio.run` does it; or at `close`; or when nobody holds this
    object any more, while the loop runs on.

    Parameters
    ----------
    make
        Called inside the loop.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: dict[int, tuple[weakref.ref[asyncio.AbstractEventLoop], T, AsyncGenerator[None, None]]] = {}

    async def get(self) -> T:
        """Return the running loop's value."""
        loop = asyncio.get_running_loop()
        known = self._values.get(id(loop))
        # A new loop may have the id of one that is gone.
        if known is not None and known[0]() is loop:
            return known[1]
        self._forget_closed_loops()
        value = self._make()
        keeper = _keep(value)
        self._values[id(loop)] = (weakref.ref(loop), value, keeper)
        # From its first step on the loop knows the generator, and ends it when it ends itself.
        await anext(keeper)
        return value

    async def close(self) -> None:
        """Close the running loop's value, if it has one."""
        loop = asyncio.get_running_loop()
        known = self._values.get(id(loop))
        if known is not None and known[0]() is loop:
            del self._values[id(loop)]
            await known[2].aclose()

    def _forget_closed_loops(self) -> None:
        """Let go of loops that were closed without ado: a value may hold its loop, which then never goes by itself."""
        for name, (reference, _, _) in list(self._values.items()):
            loop = reference()
            if loop is None or loop.is_closed():
                self._values.pop(name, None)


async def _keep(value: Closable) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await value.aclose()
