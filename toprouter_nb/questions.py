"""The ways to ask the next question of a dialogue: whole or streamed, blocking or not, as text or as data.

Knows nothing of going back, display, tables or files; those above show the replies.
"""

import contextlib
import contextvars
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Self, cast, overload

from .asking import Listener, Question
from .dialogue import Dialogue
from .errors import ParameterError, StructuredReplyError
from .guards import choose_model, refuse_images
from .history import Node
from .params import check_params, check_stream
from .reply import Reply
from .structured import Shape, is_repairable, repair_request, shape_of
from .structured_growth import grow, grow_async
from .turns import Turn, user
from .wire.answer import Delta


class Inside(NamedTuple):
    """A request as it goes on the wire.

    Attributes
    ----------
    question, body, turns
        What is asked, the bytes of its request, and the turns in them.
    reply
        The answer to it; None where it was not asked yet.
    """

    question: Question
    body: bytes
    turns: tuple[Turn, ...]
    reply: Reply | None = None


# Whom the code of this thread or task told to listen, the innermost last. Not an attribute of the conversation: another
# thread may ask it meanwhile, and would be told to the wrong one.
_LISTENING: contextvars.ContextVar[tuple[tuple[Dialogue, Listener], ...]] = contextvars.ContextVar(
    "toprouter_nb_listening", default=()
)


class Questions(Dialogue):
    """A dialogue that can be asked; `Conversation` says how to go back.

    The parameters are those of `Conversation`.

    Attributes
    ----------
    trace
        True keeps when each chunk of the next replies came, as `Reply.arrivals`; costs a little time for each.
    """

    trace = False

    def ask(self, *parts: object, stream: bool = True, repair: bool = False, **params: Any) -> Reply:
        """Ask, show the reply as it streams, and return it.

        Parameters
        ----------
        *parts
            Texts, images, figures and tables, in that order; see `turns.part`.
        stream
            False sends a plain request, whose reply comes in one piece.
        repair
            True asks once more where the answer is not of the shape of `data_model`, and says what was wrong; both
            answers stay in the conversation.
        **params
            Options of this question only, `model` for another model, and `data_model`, the type the answer shall be
            read as: a pydantic model, a dataclass, a TypedDict, `list[Model]`, a Literal... It is then `reply.data`.
            In a notebook, a cell that is run again puts its first question in the place of the one it asked before,
            if that still stands in the conversation (the earlier one, and what followed it, stay as a branch);
            `append=True` adds it to the end.

        Raises
        ------
        ParameterError, ImageError, SettingsError
            The question cannot be sent; nothing was.
        ToprouterError
            The call failed. The history is as before, unless a part of the answer had come: that is kept, marked
            `is_partial`, and on `error.partial`.
        StructuredReplyError
            The answer is not what `data_model` asks for, or the model refused; it stays in the conversation.
        """
        return self._ask(self._question(parts, params, is_streamed=stream), repair=repair)

    async def ask_async(self, *parts: object, stream: bool = True, repair: bool = False, **params: Any) -> Reply:
        """Do what `ask` does, inside a running event loop."""
        question = self._question(parts, params, is_streamed=stream)
        try:
            return await self._answer_async(question)
        except StructuredReplyError as error:
            again = _repaired(question, error, repair=repair)
        return await self._answer_async(again)

    @contextlib.contextmanager
    def told(self, listener: Listener) -> Iterator[Self]:
        """Tell a listener of your own of the replies asked for in this block, instead of showing them.

        For views that are not ours. It holds for this conversation, not for its forks; and for this thread or task and
        tasks begun from it, not for others. Interrupts are raised, with `partial` on them.

        Parameters
        ----------
        listener
            An object with the methods of `asking.Listener`; told in the thread that asks.
        """
        before = _LISTENING.get()
        _LISTENING.set((*before, (self, listener)))
        try:
            yield self
        finally:
            _LISTENING.set(before)

    @overload
    def stream(self, *parts: object, events: Literal[False] = False, **params: Any) -> Iterator[str]: ...
    @overload
    def stream(self, *parts: object, events: Literal[True], **params: Any) -> Iterator[Delta]: ...
    def stream(self, *parts: object, events: bool = False, **params: Any) -> Iterator[str] | Iterator[Delta]:
        """Ask and return an iterator over the text as it arrives; with `events=True` over the deltas themselves.

        The question is checked at once and sent with the first step. Leaving the loop early closes the connection
        and keeps what had arrived. The reply is `chat.last` afterwards. Nothing is shown; raises as `ask` does.
        """
        return self._turnstile.iterate(self._question(parts, params), as_events=events)

    @overload
    def stream_async(self, *parts: object, events: Literal[False] = False, **params: Any) -> AsyncIterator[str]: ...
    @overload
    def stream_async(self, *parts: object, events: Literal[True], **params: Any) -> AsyncIterator[Delta]: ...
    def stream_async(
        self, *parts: object, events: bool = False, **params: Any
    ) -> AsyncIterator[str] | AsyncIterator[Delta]:
        """Do what `stream` does, for `async for` inside a running event loop."""
        return self._turnstile.iterate_async(self._question(parts, params), as_events=events)

    def stream_data(self, *parts: object, **params: Any) -> Iterator[Any]:
        """Ask with a `data_model`, and return an iterator over the answer's data as it grows.

        What comes before the end is dicts, lists, texts and numbers, as far as they came, and is not checked; the
        last is the finished instance of `data_model`. Otherwise as `stream`, and raises as `ask` does.

        Examples
        --------
        >>> from toprouter_nb import Conversation, testing
        >>> with testing.ScriptedGateway(['{"value": [1, 2]}']) as gateway:
        ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        ...     print(*chat.stream_data("Two numbers?", data_model=list[int]))
        None [1] [1, 2] [1, 2]
        """
        question = self._question(parts, params)
        texts = self._turnstile.iterate(question, as_events=False)
        return grow(cast("Iterator[str]", texts), _shape_in(question), self._last_data)

    def stream_data_async(self, *parts: object, **params: Any) -> AsyncIterator[Any]:
        """Do what `stream_data` does, for `async for` inside a running event loop."""
        question = self._question(parts, params)
        texts = self._turnstile.iterate_async(question, as_events=False)
        return grow_async(cast("AsyncIterator[str]", texts), _shape_in(question), self._last_data)

    # --- how a question is put together

    def _ask(self, question: Question, *, repair: bool) -> Reply:
        try:
            return self._answer(question)
        except StructuredReplyError as error:
            again = _repaired(question, error, repair=repair)
        return self._answer(again)

    @property
    def _told(self) -> Listener | None:
        """Who is told of what this thread or task asks; see `told`."""
        return next((listener for chat, listener in reversed(_LISTENING.get()) if chat is self), None)

    def _answer(self, question: Question) -> Reply:
        """Ask one question; `notebook` shows the reply, and lets people stop it."""
        return self._turnstile.ask(question, self._told)

    async def _answer_async(self, question: Question) -> Reply:
        """Do what `_answer` does, inside a running event loop."""
        return await self._turnstile.ask_async(question, self._told)

    def _place(self) -> tuple[Node | None, Callable[[Node], None] | None]:
        """Return where the next question goes (None = where the conversation stands), and who is told of its turn."""
        return None, None

    def _last_data(self) -> Any:
        return self.last.data if self.last else None

    def _question(self, parts: tuple[object, ...], params: Mapping[str, Any], **place: Any) -> Question:
        """Return a question that may be asked: the model takes what is in it."""
        question = self._draft(parts, params, **place)
        follows = question.after or self._history.head
        if follows.has_images or (question.turn is not None and question.turn.has_images):
            refuse_images(question.model, question.settings)
        return question

    def _inside(self, parts: tuple[object, ...], params: Mapping[str, Any], *, is_streamed: bool) -> Inside:
        """Return the request that would ask something, or that asked what `last` answers; nothing is sent."""
        nodes = self._history.path()
        if parts:
            question = self._draft(parts, params, is_streamed=is_streamed)
            return Inside(question, b"".join(self._turnstile.encode(question)), _turns(question, nodes))
        # Turns that `from_messages` or an interrupt left at the end were answered by nobody.
        while nodes and nodes[-1].reply is None:
            nodes.pop()
        if len(nodes) < 2:  # noqa: PLR2004  # an answer, and what it answers
            message = "Nothing was asked yet. Pass what you would ask, as in chat.xray('Hello')."
            raise ParameterError(message)
        answer = nodes.pop()
        asking = self._turnstile.last
        if asking is not None and asking.reply is answer.reply and not params:
            question, body = asking.question, asking.call.body
        else:
            question = self._draft((), params, is_streamed=is_streamed, repeated=nodes[-1])
            body = self._turnstile.encode(question)
        return Inside(question, b"".join(body), _turns(dataclasses.replace(question, turn=None), nodes), answer.reply)

    def _draft(
        self,
        parts: tuple[object, ...],
        params: Mapping[str, Any],
        *,
        is_streamed: bool = True,
        after: Node | None = None,
        repeated: Node | None = None,
    ) -> Question:
        given = dict(params)
        is_placed = not (given.pop("append", False) or after or repeated)
        place, entered = self._place() if is_placed else (after, None)
        model = given.pop("model", None)
        shape = shape_of(given.pop("data_model", None))
        options = self._options | check_params(given)
        turn = user(*parts) if repeated is None else None
        settings = self._settings_now()
        name = choose_model(self._model if model is None else model, settings)
        if shape is not None:
            options = {**options, "response_format": shape.response_format(name)}
        return Question(
            turn=turn,
            after=repeated or place,
            entered=entered,
            system=self._system,
            model=name,
            options=options,
            is_streamed=check_stream(is_streamed),
            settings=settings,
            account=self._account(),
            shape=shape,
            is_traced=self.trace,
        )


def _turns(question: Question, nodes: Sequence[Node]) -> tuple[Turn, ...]:
    """Return the turns of a request that follows these nodes."""
    sent = [question.system, *(node.turn for node in nodes), question.turn]
    return tuple(turn for turn in sent if turn is not None and not turn.is_silent)


def _repaired(question: Question, error: StructuredReplyError, *, repair: bool) -> Question:
    """Return the question that tells the model what was wrong with its answer, or raise the error."""
    if not (repair and is_repairable(error)):
        raise error
    return dataclasses.replace(question, turn=user(repair_request(error)), after=None)


def _shape_in(question: Question) -> Shape:
    if question.shape is None:
        message = "stream_data needs data_model=..., the type the answer shall be read as; stream gives the text."
        raise ParameterError(message)
    return question.shape
