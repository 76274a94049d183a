"""Lets one question at a time through a conversation, and carries it from the history to the client and back.

Knows nothing of parameters, branches or display.
"""

import contextlib
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

from .asking import Asking, Listener, Question
from .client import Client
from .errors import NotFoundError, ParameterError, ToprouterError
from .guards import add_near_ids
from .history import History, Node
from .reply import Reply
from .settings import Settings
from .wire.answer import Delta
from .wire.request import RequestBody, encode_request, encode_turn


class Turnstile:
    """The one way from a question to its reply.

    Life: `ask`, `ask_async`, `iterate` or `iterate_async`, one after the other; `settle_leftover` before anybody
    looks at the history; `close`. A question counts as under way while its generator can still go on: one that was
    dropped, closed or broken off makes room by itself, and so does a coroutine.

    Parameters
    ----------
    history
        What was said so far; the reply is entered there.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._client: Client | None = None
        self._lock = threading.Lock()
        self._asking: Asking | None = None
        self._running: Callable[[], Any] = _nothing

    def ask(self, question: Question, listener: Listener | None) -> Reply:
        """Ask, wait for the end, and return the reply."""
        # Closed at once where an interrupt hits between two deltas, and not when its traceback is let go of.
        with contextlib.closing(self._carry(question, listener)) as deltas:
            for _ in deltas:
                pass
        return self._last_reply()

    async def ask_async(self, question: Question, listener: Listener | None) -> Reply:
        """Do what `ask` does, inside a running event loop."""
        own: list[weakref.ref[Any]] = []
        running = self._run_whole(question, listener, own)
        own.append(weakref.ref(running))
        await running
        return self._last_reply()

    def iterate(self, question: Question, *, as_events: bool) -> Iterator[str] | Iterator[Delta]:
        """Return an iterator over the reply as it arrives; the question is sent with its first step."""
        return self._carry(question, None, as_texts=not as_events)

    def iterate_async(self, question: Question, *, as_events: bool) -> AsyncIterator[str] | AsyncIterator[Delta]:
        """Do what `iterate` does, inside a running event loop."""
        return self._carry_async(question, None, as_texts=not as_events)

    def encode(self, question: Question) -> RequestBody:
        """Return the body of the request that would ask a question now."""
        return encode_request(
            self._pieces(question), model=question.model, stream=question.is_streamed, options=question.options
        )

    def left_by(self, question: Question) -> Reply | None:
        """Return what an interrupted question left, be it an empty reply; None where it was not sent."""
        self.settle_leftover()
        asking = self._asking
        return asking.reply if asking is not None and asking.question is question else None

    @property
    def last(self) -> Asking | None:
        """The last question that was sent, however it ended; None before the first."""
        return self._asking

    def settle_leftover(self) -> None:
        """Enter into the history what a dropped generator, or an interrupt in the wrong moment, left behind."""
        asking = self._asking
        if asking is not None and not asking.is_settled and not _is_live(self._running()):
            asking.settle(GeneratorExit())

    def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _carry(self, question: Question, listener: Listener | None, *, as_texts: bool = False) -> Generator[Any]:
        own: list[weakref.ref[Any]] = []
        generator = self._run(question, listener, own, as_texts=as_texts)
        own.append(weakref.ref(generator))
        return generator

    def _carry_async(
        self, question: Question, listener: Listener | None, *, as_texts: bool = False
    ) -> AsyncIterator[Any]:
        own: list[weakref.ref[Any]] = []
        generator = self._run_async(question, listener, own, as_texts=as_texts)
        own.append(weakref.ref(generator))
        return generator

    def _run(
        self, question: Question, listener: Listener | None, own: list[weakref.ref[Any]], *, as_texts: bool
    ) -> Generator[Any]:
        asking, client = self._enter(question, listener, own[0])
        try:
            asking.start()
            for delta in client.deltas(asking.call):
                asking.receive(delta)
                if not as_texts:
                    yield delta
                elif delta.text and delta.index == 0:
                    yield delta.text
            asking.settle()
        except BaseException as error:
            if isinstance(error, NotFoundError):
                add_near_ids(error, question.model, asking.call.settings)
            asking.settle(error)
            _cut_short(error)
            raise

    async def _run_async(
        self, question: Question, listener: Listener | None, own: list[weakref.ref[Any]], *, as_texts: bool
    ) -> AsyncIterator[Any]:
        asking, client = self._enter(question, listener, own[0])
        try:
            asking.start()
            async for delta in client.deltas_async(asking.call):
                asking.receive(delta)
                if not as_texts:
                    yield delta
                elif delta.text and delta.index == 0:
                    yield delta.text
            asking.settle()
            await asking.call.written()
        except BaseException as error:
            if isinstance(error, NotFoundError):
                add_near_ids(error, question.model, asking.call.settings)
            asking.settle(error)
            _cut_short(error)
            raise

    async def _run_whole(self, question: Question, listener: Listener | None, own: list[weakref.ref[Any]]) -> None:
        asking, client = self._enter(question, listener, own[0])
        try:
            asking.start()
            await client.run_async(asking.call, asking.receive)
            asking.settle()
            await asking.call.written()
        except BaseException as error:
            if isinstance(error, NotFoundError):
                add_near_ids(error, question.model, asking.call.settings)
            asking.settle(error)
            _cut_short(error)
            raise

    def _enter(self, question: Question, listener: Listener | None, own: weakref.ref[Any]) -> tuple[Asking, Client]:
        """Take the turnstile, or refuse; then make the call out of the history as it stands now."""
        with self._lock:
            if _is_live(self._running()):
                message = (
                    "This conversation is still answering another question. Wait for it, close its stream, "
                    "or ask in a chat.fork()."
                )
                raise ParameterError(message)
            self.settle_leftover()
            self._running = own
        after = self._place(question)
        client = self._client_for(question.settings)
        call = client.prepare(
            self.encode(question),
            model=question.model,
            is_streamed=question.is_streamed,
            account=question.account,
        )
        if question.is_traced:
            call.trace()
        self._asking = Asking(question, call=call, history=self._history, after=after, listener=listener)
        return self._asking, client

    def _place(self, question: Question) -> Node:
        return self._history.head if question.after is None else question.after

    def _pieces(self, question: Question) -> list[bytes]:
        pieces = [] if question.system is None else [encode_turn(question.system)]
        pieces += self._history.pieces(self._place(question))
        if question.encoding is not None:
            pieces.append(question.encoding)
        return pieces

    def _client_for(self, settings: Settings) -> Client:
        client = self._client
        # By value where not the same object: `configure` makes new settings, and connections outlive equal ones.
        if client is not None and (client.asked_settings is settings or client.asked_settings == settings):
            return client
        self.close()
        self._client = client = Client(settings)
        return client

    def _last_reply(self) -> Reply:
        reply = self._asking.reply if self._asking else None
        assert reply is not None, "a call that ended well has a reply"
        return reply


def _cut_short(error: BaseException) -> None:
    """Take from an expected error the frames and errors below, which hold what the server sent, perhaps the key.

    What nobody expected keeps them, so that it can be found.
    """
    if isinstance(error, ToprouterError) or not isinstance(error, Exception):
        error.__cause__ = error.__context__ = error.__traceback__ = None


def _nothing() -> None:
    """Stand for a generator that is gone."""


def _is_live(running: Any) -> bool:
    """Say whether a generator, blocking or async, or a coroutine has not ended yet."""
    frame = (
        getattr(running, "gi_frame", None) or getattr(running, "ag_frame", None) or getattr(running, "cr_frame", None)
    )
    return frame is not None
