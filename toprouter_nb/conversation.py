"""The conversation: its turns, and how the next one is asked.

Knows nothing of display, tables or files; a listener is handed in, and `notebook` dresses this class with the rest.
"""

import dataclasses
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, Self, overload

from .asking import Listener, Question
from .errors import ParameterError
from .guards import choose_model, refuse_images
from .history import Branch, History, Node, branch_of
from .keys import hide_key
from .params import check_model_id, check_params
from .reply import Reply
from .secret import Secret
from .settings import Settings, configure
from .turns import Turn, system, user
from .turnstile import Turnstile
from .usage import Usage
from .wire.answer import Delta
from .wire.request import Message, message_of, turn_of


class Conversation:
    """Turns with a model, and the way to ask the next one.

    Life: `ask` or `stream`, as often as you like, one at a time; `undo`, `retry`, `edit` and `fork` go back without
    losing anything; what they replace stays in `tree()`.

    Parameters
    ----------
    model
        Model id, like "google/gemini-3.5-flash", or "local/smollm2-135m" for the one that runs on this machine.
        None takes the configured model, else the local one where there is no key.
    system
        How the model shall behave; None for no system turn.
    api_key, base_url, budget_usd
        As in `Settings`; None takes the configured ones.
    settings
        Complete settings, instead of the configured ones.
    display
        True shows replies as the settings say, False shows nothing.
    **params
        Request options in the wire's spelling, checked at once; see `params.check_params`.

    Raises
    ------
    ParameterError
        An option is unknown or out of range.
    SettingsError
        The address or the key cannot be used.

    Examples
    --------
    >>> from toprouter_nb import Conversation, testing
    >>> with testing.ScriptedGateway(["Paris.", "Rome."]) as gateway:
    ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
    ...     _ = chat.ask("Capital of France?")
    ...     print(chat.ask("And of Italy?"))
    Rome.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        system: str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        settings: Settings | None = None,
        budget_usd: Decimal | float | None = None,
        display: bool = True,
        **params: Any,
    ) -> None:
        self.display = display
        self.params = params
        self.model = model
        self.system = system
        self._history = History()
        self._settings = settings
        given = {"api_key": hide_key(api_key) or None, "base_url": base_url, "budget_usd": budget_usd}
        self._overrides = {name: value for name, value in given.items() if value is not None}
        self._turnstile = Turnstile(self._history, self._settings_now)
        self._settings_now()

    # --- what stands in the conversation

    @property
    def model(self) -> str | None:
        """The model asked from now on; None = chosen when asking."""
        return self._model

    @model.setter
    def model(self, model: str | None) -> None:
        self._model = None if model is None else check_model_id(model)

    @property
    def params(self) -> dict[str, Any]:
        """The request options sent with every question."""
        return dict(self._params)

    @params.setter
    def params(self, params: Mapping[str, Any]) -> None:
        self._options = check_params(params)
        self._params = {name: value for name, value in params.items() if value is not None}

    @property
    def system(self) -> str | None:
        """How the model shall behave; may be changed at any time, None for no system turn."""
        return self._system.text if self._system else None

    @system.setter
    def system(self, text: str | None) -> None:
        self._system = None if text is None else system(text)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns on the current path, the system turn first."""
        self._turnstile.settle_leftover()
        return self._head() + tuple(node.turn for node in self._history.path() if node.turn is not None)

    @property
    def messages(self) -> list[Message]:
        """The same as message dicts of the wire."""
        return [message_of(turn) for turn in self.turns]

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Every reply of every branch, also of those that were undone: each was paid for. Oldest first."""
        self._turnstile.settle_leftover()
        return tuple(node.reply for node in self._history.nodes() if node.reply is not None)

    @property
    def last(self) -> Reply | None:
        """The last reply on the current path; None before the first."""
        self._turnstile.settle_leftover()
        return next((node.reply for node in reversed(self._history.path()) if node.reply is not None), None)

    @property
    def usage(self) -> Usage:
        """What all replies used together; a field is None where no reply reported it."""
        return sum((reply.usage for reply in self.replies), Usage())

    @property
    def cost_usd(self) -> Decimal | None:
        """What all replies cost together, in US dollars; None where the cost of any of them is not known."""
        costs = [reply.cost_usd for reply in self.replies]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None

    # --- asking

    def ask(self, *parts: object, stream: bool = True, **params: Any) -> Reply:
        """Ask, show the reply as it streams, and return it.

        Parameters
        ----------
        *parts
            Texts, images, figures and tables, in that order; see `turns.part`.
        stream
            False sends a plain request, whose reply comes in one piece.
        **params
            Options of this question only, and `model` for another model.

        Raises
        ------
        ParameterError, ImageError, SettingsError
            The question cannot be sent; nothing was.
        ToprouterError
            The call failed. The history is as before, unless a part of the answer had come: that is kept, marked
            `is_partial`, and on `error.partial`.
        """
        return self._turnstile.ask(self._question(parts, params, is_streamed=stream), self._listener())

    async def ask_async(self, *parts: object, stream: bool = True, **params: Any) -> Reply:
        """Do what `ask` does, inside a running event loop."""
        return await self._turnstile.ask_async(self._question(parts, params, is_streamed=stream), self._listener())

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

    def stream_async(
        self, *parts: object, events: bool = False, **params: Any
    ) -> AsyncIterator[str] | AsyncIterator[Delta]:
        """Do what `stream` does, for `async for` inside a running event loop."""
        return self._turnstile.iterate_async(self._question(parts, params), as_events=events)

    # --- going back

    def undo(self, n: int = 1) -> None:
        """Go back before the last `n` questions; they stay in `tree()` as a branch.

        Raises
        ------
        ParameterError
            There are fewer than `n` questions to take back.
        """
        asked = self._questions()
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= len(asked):
            message = f"undo(n) takes a whole number from 1 to {len(asked)}, the questions asked, not {n!r}."
            raise ParameterError(message if asked else "There is nothing to undo yet.")
        self._history.move_to(asked[-n].parent or self._history.root)

    def retry(self, *, model: str | None = None, **params: Any) -> Reply:
        """Ask the last question again, perhaps of another model; both answers stay, as sibling branches.

        Raises as `ask` does; after a failure the earlier answer stands again.
        """
        asked = self._questions()
        if not asked:
            message = "There is no question to retry yet. Ask one first."
            raise ParameterError(message)
        options = params if model is None else {**params, "model": model}
        return self._turnstile.ask(self._question((), options, repeated=asked[-1]), self._listener())

    def edit(self, index: int, *parts: object, **params: Any) -> Reply:
        """Ask another question in place of an earlier one; the earlier one and what followed stay as a branch.

        Parameters
        ----------
        index
            Which of `turns` to replace; it must be a user turn. Negative ones count from the end.
        *parts, **params
            As in `ask`.

        Raises
        ------
        ParameterError
            There is no user turn at that place.
        """
        node = self._node_at(index)
        question = self._question(parts, params, after=node.parent)
        return self._turnstile.ask(question, self._listener())

    def fork(self, at: int | None = None) -> Self:
        """Return a new conversation that begins with the first `at` of these turns (None = all of them).

        Both go on apart from each other. Turns and their encoded images are shared, so a fork costs little.
        """
        self._turnstile.settle_leftover()
        path = self._history.path()
        count = len(path) if at is None else len(self.turns[:at]) - len(self._head())
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        other._history = self._history.copy(path[: max(count, 0)])
        other._turnstile = Turnstile(other._history, other._settings_now)
        return other

    def tree(self) -> Branch:
        """Return every branch of the conversation as one tree, whose repr draws it."""
        self._turnstile.settle_leftover()
        return branch_of(self._history)

    @classmethod
    def from_messages(cls, messages: Iterable[Mapping[str, Any]], model: str | None = None, **options: Any) -> Self:
        """Make a conversation from wire message dicts; nothing is asked.

        Parameters
        ----------
        messages
            Dicts with `role` and `content`; a system message at the beginning becomes `system`.
        model, **options
            As in `Conversation`.

        Raises
        ------
        ParameterError
            A message is no such dict.

        Examples
        --------
        >>> Conversation.from_messages([{"role": "user", "content": "Hi"}]).turns
        (Turn('user', 'Hi'),)
        """
        turns = [turn_of(message) for message in messages]
        if turns and turns[0].role == "system" and "system" not in options:
            options["system"] = turns.pop(0).text
        chat = cls(model, **options)
        chat._history.add((turn, None) for turn in turns)
        return chat

    def close(self) -> None:
        """Give the connections back now; the conversation can still be used, and opens new ones."""
        self._turnstile.close()

    def __copy__(self) -> Self:
        """Return a fork, which is what a copy of a conversation means."""
        return self.fork()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a fork: turns never change, so there is nothing deeper to copy."""
        return self.fork()

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what was said and how to ask; connections and the key stay behind."""
        return {name: value for name, value in vars(self).items() if name != "_turnstile"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up a pickled state; the key is looked up again."""
        vars(self).update(state)
        self._overrides = {name: value for name, value in self._overrides.items() if name != "api_key"}
        self._turnstile = Turnstile(self._history, self._settings_now)

    # --- how a question is put together

    def _listener(self) -> Listener | None:
        """Return who is told of the next reply; nobody here, a display in `notebook`."""
        return None

    def _question(
        self,
        parts: tuple[object, ...],
        params: Mapping[str, Any],
        *,
        is_streamed: bool = True,
        after: Node | None = None,
        repeated: Node | None = None,
    ) -> Question:
        given = dict(params)
        model = given.pop("model", None) or self._model
        options = self._options | check_params(given)
        turn = user(*parts) if repeated is None else None
        name = choose_model(model, self._settings_now())
        path = self._history.path()
        refuse_images(name, [*(node.turn for node in path), turn], self._settings_now())
        return Question(
            turn=turn,
            after=repeated or after,
            system=self._system,
            model=name,
            options=options,
            is_streamed=is_streamed,
        )

    def _settings_now(self) -> Settings:
        """Return the settings in force: those given, else the configured ones, with what was given on top.

        A key is bound to the server it was given for: another address never gets it.
        """
        settings = self._settings or configure()
        changed = dataclasses.replace(settings, **self._overrides)
        if changed.base_url != settings.base_url and "api_key" not in self._overrides:
            changed = dataclasses.replace(changed, api_key=Secret())
        return changed

    def _head(self) -> tuple[Turn, ...]:
        return (self._system,) if self._system else ()

    def _questions(self) -> list[Node]:
        self._turnstile.settle_leftover()
        return [node for node in self._history.path() if node.turn is not None and node.turn.role == "user"]

    def _node_at(self, index: int) -> Node:
        turns = self.turns
        if isinstance(index, int) and not isinstance(index, bool) and -len(turns) <= index < len(turns):
            place = range(len(turns))[index] - len(self._head())
            if place >= 0 and turns[index].role == "user":
                return self._history.path()[place]
        asked = [place for place, turn in enumerate(turns) if turn.role == "user"]
        message = f"edit(index) takes the place of a user turn in chat.turns, one of {asked}, not {index!r}."
        raise ParameterError(message)
