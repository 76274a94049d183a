"""What a conversation holds: a model, a system turn, request options, and what was said so far.

Knows nothing of asking, going back, display, tables or files.
"""

import dataclasses
import os
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

from .amounts import total_usd
from .budget import Budget
from .errors import ParameterError, SettingsError
from .history import History
from .keys import hide_key
from .params import OPTIONS, check_model_id, check_params, no_attribute
from .plain import shorten
from .reply import Reply
from .secret import Secret
from .settings import Display, Settings, configure
from .tracking import Account
from .turns import Turn, system
from .turnstile import Turnstile
from .usage import Usage
from .wire.request import Message, message_of


class Dialogue:
    """Turns with a model, and how it shall be asked; `Questions` asks the next one.

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
        given: dict[str, Any] = {"api_key": key or None, "base_url": base_url}
        given["display"] = None if isinstance(display, bool) else display
        self._overrides = {name: value for name, value in given.items() if value is not None}
        self._made: tuple[Settings, Settings] | None = None  # the settings below, and with what was given on top
        self._turnstile = Turnstile(self._history)
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
        self.name = None
        self._id = os.urandom(16).hex()
        self._budget: Budget | None = None
        self.budget_usd = settings.budget_usd if budget_usd is None and settings else budget_usd

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute, which no request option is: `chat.temperature = 0` would look set and never be sent."""
        if name in OPTIONS:
            raise no_attribute(name)
        object.__setattr__(self, name, value)

    # --- what stands in the conversation

    @property
    def id(self) -> str:
        """The conversation's own id, 32 hex digits, as the ledger has it; a fork has another one."""
        return self._id

    @property
    def name(self) -> str | None:
        """What people call it, for tables; None for none."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        if name is not None and not (isinstance(name, str) and name.strip()):
            message = f"name must be a text, or None, not {shorten(repr(name), 60)}."
            raise ParameterError(message)
        self._name: str | None = name

    @property
    def budget(self) -> Budget | None:
        """The budget of this conversation, with what is left of it; None where it has none of its own."""
        return self._budget

    @property
    def budget_usd(self) -> Decimal | None:
        """The most the conversation and its forks may spend together, in US dollars; None = no limit of its own."""
        return self._budget.limit_usd if self._budget else None

    @budget_usd.setter
    def budget_usd(self, budget_usd: Decimal | float | str | None) -> None:
        if budget_usd is None:
            self._budget = None
        elif self._budget is None:
            self._budget = Budget(budget_usd, name="this conversation")
        else:
            self._budget.limit_usd = budget_usd  # type: ignore[assignment]  # the setter takes whatever is an amount

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
    def settings(self) -> Settings:
        """The settings in force now: those given, else the configured ones, with what was given on top."""
        return self._settings_now()

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
        """The same as message dicts of the wire, as they are sent: without answers that have no word in them."""
        return [message_of(turn) for turn in self.turns if not turn.is_silent]

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Every reply of every branch, also of those that were undone: each was paid for. Oldest first."""
        self._turnstile.settle_leftover()
        return tuple(node.reply for node in self._history.nodes() if node.reply is not None)

    @property
    def path_replies(self) -> tuple[Reply | None, ...]:
        """What is known of each of `turns`: a reply where it is an answer that was asked for, else None."""
        self._turnstile.settle_leftover()
        return (None,) * len(self._head()) + tuple(node.reply for node in self._history.path())

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
        """What all replies cost together, in US dollars: 0 before the first.

        None where the cost of any of them is not known, for then the sum is not known either; the known ones can be
        added up from `replies`, and `Reply.cost_source` says which are not.
        """
        costs = [reply.cost_usd for reply in self.replies]
        known = [cost for cost in costs if cost is not None]
        return total_usd(known) if len(known) == len(costs) else None

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
        self._turnstile = Turnstile(self._history)

    def _with_history(self, history: History) -> Self:
        """Return another conversation that differs in its history only."""
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        other._history, other._turnstile = history, Turnstile(history)  # noqa: SLF001  # its own
        other._id, other._name = os.urandom(16).hex(), None  # noqa: SLF001  # its own
        return other

    def _account(self) -> Account:
        """Return who asks and who pays for the next question."""
        return Account(conversation_id=self.id, conversation_name=self.name, budget=self._budget)

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
