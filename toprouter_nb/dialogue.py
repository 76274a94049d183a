"""What a conversation holds, and the ways to ask the next question of it.

Knows nothing of going back, display, tables or files; a listener is handed in by those above.
"""

import dataclasses
from collections.abc import AsyncIterator, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, Self, overload

from .asking import Listener, Question
from .errors import SettingsError
from .guards import choose_model, refuse_images
from .history import History, Node
from .keys import hide_key
from .params import check_model_id, check_params
from .reply import Reply
from .secret import Secret
from .settings import Display, Settings, configure
from .turns import Turn, system, user
from .turnstile import Turnstile
from .usage import Usage
from .wire.answer import Delta
from .wire.request import Message, message_of


class Dialogue:
    """Turns with a model, and the way to ask the next one; `Conversation` says how to go back.

    The parameters are those of `Conversation`.
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
        display: Display = True,
        **params: Any,
    ) -> None:
        key, api_key = hide_key(api_key), None  # first: from here on no frame of ours holds the text
        self.display = display
        self._history = History()
        self._settings = settings
        given: dict[str, Any] = {"api_key": key or None, "base_url": base_url, "budget_usd": budget_usd}
        given["display"] = None if isinstance(display, bool) else display
        self._overrides = {name: value for name, value in given.items() if value is not None}
        self._made: tuple[Settings, Settings] | None = None  # the settings below, and with what was given on top
        self._turnstile = Turnstile(self._history, self._settings_now)
        # From here on it has a repr, which a traceback may ask for while one that is refused is being made.
        self._model: str | None = None
        self._system: Turn | None = None
        self.params = params
        self.model = model
        self.system = system
        whole: object = settings
        if whole is not None and not isinstance(whole, Settings):
            message = f"settings takes a Settings object, as tr.Settings(...) makes, not {type(whole).__name__}."
            raise SettingsError(message, kind="bad_request")
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

    @overload
    def stream_async(self, *parts: object, events: Literal[False] = False, **params: Any) -> AsyncIterator[str]: ...
    @overload
    def stream_async(self, *parts: object, events: Literal[True], **params: Any) -> AsyncIterator[Delta]: ...
    def stream_async(
        self, *parts: object, events: bool = False, **params: Any
    ) -> AsyncIterator[str] | AsyncIterator[Delta]:
        """Do what `stream` does, for `async for` inside a running event loop."""
        return self._turnstile.iterate_async(self._question(parts, params), as_events=events)

    def close(self) -> None:
        """Give the connections back now; the conversation can still be used, and opens new ones."""
        self._turnstile.close()

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what was said and how to ask; connections and the key stay behind."""
        return {name: value for name, value in vars(self).items() if name != "_turnstile"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up a pickled state; the key is looked up again."""
        vars(self).update(state)
        self._overrides = {name: value for name, value in self._overrides.items() if name != "api_key"}
        self._made = None
        self._turnstile = Turnstile(self._history, self._settings_now)

    # --- how a question is put together

    def _with_history(self, history: History) -> Self:
        """Return another conversation that differs in its history only."""
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        other._history, other._turnstile = history, Turnstile(history, other._settings_now)  # noqa: SLF001  # its own
        return other

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
        settings = self._settings_now()
        name = choose_model(model, settings)
        path = self._history.path()
        refuse_images(name, [*(node.turn for node in path), turn], settings)
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
        if self._made is None or self._made[0] is not settings:
            changed = dataclasses.replace(settings, **self._overrides)
            if changed.base_url != settings.base_url and "api_key" not in self._overrides:
                changed = dataclasses.replace(changed, api_key=Secret())
            self._made = settings, changed
        return self._made[1]

    def _head(self) -> tuple[Turn, ...]:
        return (self._system,) if self._system else ()
