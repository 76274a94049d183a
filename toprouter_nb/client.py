"""Carries one call over the transport: to the gateway, or to the embedded model where the id begins with `local/`.

Knows nothing of turns, history or display. The blocking and the async half differ only in their keywords.
"""

import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Iterator

from .booking import Booking
from .call import Call
from .errors import ConnectFailedError, ReadTimeoutError, ToprouterError
from .exchange import Exchange
from .listing import fetch_models
from .params import is_local_id
from .retry import RetryBudget
from .secret import Secret
from .settings import Settings, require_key
from .stage import STAGE, AsyncReceived, AsyncSender, Received, Sender
from .tracking import Account
from .transport import AsyncTransport, Transport
from .wire.answer import Delta
from .wire.request import RequestBody

_PATH = "/chat/completions"


def _leave(_delta: Delta) -> None:
    """Do nothing with a delta: what they add up to is in the call's reply."""


class Client:
    """Sends calls and hands out their deltas. Owns its connections; `close` gives them back.

    Life: `prepare` a call, which finds the address and the key; then iterate `deltas` or `deltas_async`, or await
    `run_async`; `close`.

    Parameters
    ----------
    settings
        Where to ask, and within which limits; kept as `asked_settings`.
    """

    def __init__(self, settings: Settings) -> None:
        self.asked_settings = settings
        self._settings = settings
        self._budget = RetryBudget()
        self._transports: dict[str, Transport] = {}
        self._async_transports: dict[str, AsyncTransport] = {}

    def prepare(self, body: RequestBody, *, model: str, is_streamed: bool, account: Account | None = None) -> Call:
        """Find the address and the key for a model and return the call; starts the embedded model if that is asked.

        Raises
        ------
        SettingsError
            A remote model is asked for and no key can be found.
        LocalModelError
            The embedded model cannot be started here.
        BudgetError
            The call could break a budget it falls under.
        """
        is_local, is_played = is_local_id(model), STAGE.is_offline
        if is_played:
            settings = self._settings
        elif is_local:
            settings = _local_settings(self._settings, model)
        else:
            settings = self._settings = require_key(self._settings)
        booking = Booking(
            account or Account(),
            body,
            model=model,
            settings=settings,
            is_free=is_local or is_played,
            is_streamed=is_streamed,
        )
        booking.reserve(lambda: fetch_models(settings))
        return Call(
            body,
            model=model,
            settings=settings,
            key=settings.api_key,
            is_streamed=is_streamed,
            booking=booking,
            budget=self._budget,
        )

    def deltas(self, call: Call) -> Iterator[Delta]:
        """Yield the deltas of a call as they arrive, repeating attempts that failed before the first one.

        Raises
        ------
        ToprouterError
            The call failed; `error.partial` holds what had arrived.
        """
        transport = self._transport(call.settings)
        with call:
            while True:
                exchange = call.begin()
                try:
                    with transport.post(_PATH, call.body, call.key, stream=call.is_streamed) as answer:
                        call.opened(answer.close)
                        exchange.read_head(answer.status, answer.headers)
                        for delta in _read(exchange, answer):
                            call.note(delta)
                            yield delta
                except ToprouterError as error:
                    time.sleep(call.pause_after(error))
                else:
                    call.end_well()
                    return

    async def run_async(self, call: Call, receive: Callable[[Delta], None] = _leave) -> None:
        """Run a call to its end, inside a running event loop; for whoever wants the deltas as they are read.

        It does what `deltas_async` does, without the generators: a loop keeps a book of those, and each await passes
        through all of them.

        Parameters
        ----------
        call
            Prepared, and not begun.
        receive
            Called with each delta.
        """
        import asyncio  # here, for the reason below

        transport = self._async_transport(call.settings)
        with call:
            while True:
                exchange = call.begin(is_async=True)
                await call.written()
                try:
                    async with transport.post(_PATH, call.body, call.key, stream=call.is_streamed) as answer:
                        exchange.read_head(answer.status, answer.headers)
                        await _run_async(exchange, answer, call, receive)
                except ToprouterError as error:
                    await asyncio.sleep(call.pause_after(error))
                else:
                    call.end_well()
                    return

    async def deltas_async(self, call: Call) -> AsyncIterator[Delta]:
        """Do what `deltas` does, inside a running event loop."""
        # Imported here: in a running loop it is there already, and elsewhere it would cost 20 ms for nothing.
        import asyncio

        transport = self._async_transport(call.settings)
        with call:
            while True:
                exchange = call.begin(is_async=True)
                await call.written()
                try:
                    async with transport.post(_PATH, call.body, call.key, stream=call.is_streamed) as answer:
                        exchange.read_head(answer.status, answer.headers)
                        async for delta in _read_async(exchange, answer):
                            call.note(delta)
                            yield delta
                except ToprouterError as error:
                    await asyncio.sleep(call.pause_after(error))
                else:
                    call.end_well()
                    return

    def close(self) -> None:
        """Close the blocking connections; those of an event loop close with their loop."""
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    def _transport(self, settings: Settings) -> Sender:
        if settings.base_url not in self._transports:
            self._transports[settings.base_url] = Transport(settings)
        return STAGE.carry(self._transports[settings.base_url])

    def _async_transport(self, settings: Settings) -> AsyncSender:
        if settings.base_url not in self._async_transports:
            self._async_transports[settings.base_url] = AsyncTransport(settings)
        return STAGE.carry_async(self._async_transports[settings.base_url])


def _read(exchange: Exchange, answer: Received) -> Iterator[Delta]:
    try:
        for block in answer.blocks():
            yield from exchange.feed(block)
            if exchange.is_done:
                break
    except (ConnectFailedError, ReadTimeoutError) as error:
        exchange.break_off(error)
    else:
        yield from exchange.end()


async def _read_async(exchange: Exchange, answer: AsyncReceived) -> AsyncIterator[Delta]:
    try:
        async for block in answer.blocks():
            for delta in exchange.feed(block):
                yield delta
            if exchange.is_done:
                break
            del block  # it may be large, and the next one long in coming
    except (ConnectFailedError, ReadTimeoutError) as error:
        exchange.break_off(error)
    else:
        for delta in exchange.end():
            yield delta


async def _run_async(exchange: Exchange, answer: AsyncReceived, call: Call, receive: Callable[[Delta], None]) -> None:
    try:
        async for block in answer.blocks():
            for delta in exchange.feed(block):
                call.note(delta)
                receive(delta)
            if exchange.is_done:
                break
            del block  # as above
    except (ConnectFailedError, ReadTimeoutError) as error:
        exchange.break_off(error)
    else:
        for delta in exchange.end():
            call.note(delta)
            receive(delta)


def _local_settings(settings: Settings, model: str) -> Settings:
    # Imported here: the embedded server is an extra, and most sessions that use a gateway never start it.
    from .local import address

    base_url, token = address(model)
    return dataclasses.replace(settings, base_url=base_url, api_key=Secret(token), key_source="local")
