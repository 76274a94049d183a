"""Where to ask, with which key and within which limits; and the one set of settings of the process.

Knows nothing of HTTP, files or conversations; `keys` knows where a key comes from, `limits` what a value may be.
"""

import contextlib
import dataclasses
import difflib
import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from .budget import Budget
from .errors import SettingsError
from .keys import KEYRING, TYPED_IN, check_key, environment_key, find_key, hide_key
from .limits import (
    check_base_url,
    check_choice,
    check_count,
    check_flag,
    check_ledger_path,
    check_name,
    check_seconds,
    check_usd,
)
from .plain import shorten
from .secret import Secret

FIRST_BYTE_SECONDS = 60.0
DEFAULT_BASE_URL = "https://toprouter.cc"
# Read by os.getenv here and elsewhere: a traceback with values shows all of os.environ where a line names that.
ADDRESS_VARIABLE = "TOPROUTER_BASE_URL"
MODEL_VARIABLE = "TOPROUTER_MODEL"
DISPLAYS = ("auto", "live", "static", "text", True, False)
Display = Literal["auto", "live", "static", "text", True, False]


@dataclasses.dataclass(frozen=True, init=False, repr=False)
class Settings:
    """Where to ask, with which key and within which limits.

    Attributes
    ----------
    base_url
        `https` address of a Chat Completions server, without a slash at its end; `http` for this machine only.
        Not given: `TOPROUTER_BASE_URL`, else `https://toprouter.cc`.
    api_key
        The key as a `Secret`; a text becomes one. Empty: looked up at the first call (see `require_key`). Copies in
        the process keep it, a pickle does not.
    model
        Used where a call names none. Not given: `TOPROUTER_MODEL`, else None.
    connect_seconds, first_byte_seconds
        To make the connection; then until the first byte of the answer.
    idle_seconds, progress_seconds
        Silence between two reads; time in which only keep-alives come.
    max_retries
        Further attempts after a fault that may pass, 0 to 10.
    ledger_path
        File of the ledger; None = `ledger.sqlite` in the user's data folder, ":memory:" = in this process only,
        False = no ledger.
    ledger_prompts
        True keeps the text of each question in the ledger, too.
    budget_usd
        The most that may be spent, US dollars; None = no limit. Given to `configure` it bounds all calls of this
        process together, given to a conversation those of that conversation.
    allow_unpriced
        True allows models whose price is not known also under a budget, which then cannot count them beforehand.
    display
        "auto", "live", "static", "text", True (auto) or False (nothing is shown).
    max_event_bytes, max_answer_bytes
        Bounds of one event of a stream, and of the text of one answer.
    key_source
        "argument", "TOPROUTER_API_KEY", "keyring" or "typed in"; "" when there is no key.

    Raises
    ------
    SettingsError
        A value is out of its range, of the wrong type, or an address or key that would be unsafe to use.

    Examples
    --------
    >>> settings = Settings("http://127.0.0.1:8000/", "sk-123456789", max_retries=0)
    >>> settings.base_url, settings.api_key, settings.key_source
    ('http://127.0.0.1:8000', Secret('[key hidden]'), 'argument')
    """

    base_url: str
    api_key: Secret
    model: str | None
    connect_seconds: float
    first_byte_seconds: float
    idle_seconds: float
    progress_seconds: float
    max_retries: int
    ledger_path: Path | Literal[":memory:", False] | None
    ledger_prompts: bool
    budget_usd: Decimal | None
    allow_unpriced: bool
    display: Display
    max_event_bytes: int
    max_answer_bytes: int
    key_source: str

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | Secret | None = None,
        model: str | None = None,
        *,
        connect_seconds: float = 5.0,
        first_byte_seconds: float = FIRST_BYTE_SECONDS,
        idle_seconds: float = 30.0,
        progress_seconds: float = 120.0,
        max_retries: int = 2,
        ledger_path: str | os.PathLike[str] | Literal[False] | None = None,
        ledger_prompts: bool = False,
        budget_usd: Decimal | float | str | None = None,
        allow_unpriced: bool = False,
        display: Display = "auto",
        max_event_bytes: int = 64 * 2**20,
        max_answer_bytes: int = 16 * 2**20,
        key_source: str = "",
    ) -> None:
        api_key = hide_key(api_key)  # first: from here on no frame of ours holds the text
        check_choice("display", display, DISPLAYS)
        if base_url is None:
            base_url = os.getenv(ADDRESS_VARIABLE) or DEFAULT_BASE_URL
        vars(self).update(
            base_url=check_base_url(base_url),
            api_key=check_key(api_key),
            model=check_name("model", model or os.getenv(MODEL_VARIABLE) or None),
            connect_seconds=check_seconds("connect_seconds", connect_seconds),
            first_byte_seconds=check_seconds("first_byte_seconds", first_byte_seconds),
            idle_seconds=check_seconds("idle_seconds", idle_seconds),
            progress_seconds=check_seconds("progress_seconds", progress_seconds),
            max_retries=check_count("max_retries", max_retries, 0, 10, "attempts"),
            ledger_path=check_ledger_path(ledger_path),
            ledger_prompts=check_flag("ledger_prompts", ledger_prompts),
            budget_usd=check_usd("budget_usd", budget_usd),
            allow_unpriced=check_flag("allow_unpriced", allow_unpriced),
            display=display,
            max_event_bytes=check_count("max_event_bytes", max_event_bytes, 1, 2**30, "bytes"),
            max_answer_bytes=check_count("max_answer_bytes", max_answer_bytes, 1, 2**30, "bytes"),
        )
        vars(self)["key_source"] = (key_source or "argument") if self.api_key else ""

    def __repr__(self) -> str:
        """Show every value but the key; also while a refused one is being made, as a traceback may ask."""
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class _Current:
    """What this process was told, by `configure` and by a question for a key: the one object that changes."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}
        self.keys: dict[str, tuple[Secret, str]] = {}  # by server, each with its source
        self.found: dict[str, Secret] = {}  # what the keyring gave last, by server: to hide it, not to use it again
        self.budget: Budget | None = None  # of all calls of the process
        self._made: tuple[tuple[Any, ...], Settings] | None = None  # what the settings were made of, and they

    def settings(self) -> Settings:
        """Return the settings; made anew only where what they are made of has changed, for every call asks."""
        given, made = self.given, self._made
        origin = (os.getenv(ADDRESS_VARIABLE), os.getenv(MODEL_VARIABLE), given, self.keys)
        if made is None or made[0] != origin:
            self._made = made = origin, _with_known_key(Settings(**given))
        return made[1]

    def limit(self, budget_usd: Decimal | None) -> None:
        """Change what all calls together may spend; what was spent stays spent until there is no limit."""
        if budget_usd is None or self.budget is None:
            self.budget = None if budget_usd is None else Budget(budget_usd, name="this process")
        else:
            self.budget.limit_usd = budget_usd


_CURRENT = _Current()
_NAMES = tuple(field.name for field in dataclasses.fields(Settings) if field.name != "key_source")


def configure(**changes: Any) -> Settings:
    """Change the settings of this process and return them; without arguments, just return them.

    `TOPROUTER_BASE_URL` and `TOPROUTER_MODEL` are read at each call, for what was not given here. None puts a
    setting back to its default; `api_key=None` forgets every key given or typed in. A key belongs to the server it
    was given for: where `base_url` moves to another one, give a key for that.

    Parameters
    ----------
    **changes
        The arguments of `Settings`.

    Raises
    ------
    SettingsError
        No such setting, or a value `Settings` refuses; nothing is changed then.

    Examples
    --------
    >>> configure(max_retries=0).max_retries
    0
    >>> configure(max_retries=None).max_retries
    2
    """
    if not changes:
        return _CURRENT.settings()
    if "api_key" in changes:
        changes["api_key"] = hide_key(changes["api_key"])  # first: from here on no frame of ours holds the text
    unknown = sorted(set(changes) - set(_NAMES))
    if unknown:
        near = difflib.get_close_matches(unknown[0], _NAMES, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"The settings are: {', '.join(_NAMES)}."
        message = f"configure() knows no setting {shorten(unknown[0], 60)!r}. {hint}"
        raise SettingsError(message, kind="bad_request")
    given = {name: value for name, value in (_CURRENT.given | changes).items() if value is not None}
    key = given.pop("api_key", None)
    settings = Settings(**given, api_key=key)
    if key is not None:
        _CURRENT.keys = {**_CURRENT.keys, _server(settings): (settings.api_key, "argument")} if key else {}
    if "budget_usd" in changes:
        _CURRENT.limit(settings.budget_usd)
    _CURRENT.given = given
    return _CURRENT.settings()


def process_budget() -> Budget | None:
    """Return the budget of all calls of this process, as `configure(budget_usd=...)` made it; None = no limit.

    Examples
    --------
    >>> _ = configure(budget_usd=2)
    >>> process_budget()
    Budget($2.00 for this process, $2.00 left)
    >>> _ = configure(budget_usd=None)
    """
    return _CURRENT.budget


def require_key(settings: Settings, *, ask: bool = True) -> Settings:
    """Return the settings with a key: their own, else the environment's, the keyring's, or one that is typed in.

    A key given to `configure` or typed in is remembered in this process, for the same server only; nothing is
    written anywhere.

    Parameters
    ----------
    settings
        Returned as they are when they hold a key.
    ask
        False never asks anybody.

    Raises
    ------
    SettingsError
        There is no key; the message tells the three ways to go on.
    """
    settings = _with_known_key(settings)
    if settings.api_key:
        return settings
    key, source = find_key(settings.base_url, ask=ask)
    if source == TYPED_IN:
        _CURRENT.keys = {**_CURRENT.keys, _server(settings): (key, source)}
    elif source == KEYRING:
        _CURRENT.found = {**_CURRENT.found, _server(settings): key}
    # A key of the environment or the keyring is not remembered: it is asked for again, and may have been changed.
    return dataclasses.replace(settings, api_key=key, key_source=source)


def known_keys(*, search: bool = False) -> tuple[Secret, ...]:
    """Return every key this process was told, has found, or has in its environment.

    With `search` the keyring is looked into as well, which may be slow, and may ask a person to unlock it.

    Examples
    --------
    >>> _ = configure(api_key="sk-123456789")
    >>> known_keys()
    (Secret('[key hidden]'),)
    >>> _ = configure(api_key=None)
    """
    keys = [*(key for key, _ in _CURRENT.keys.values()), configure().api_key, environment_key()]
    if search:
        with contextlib.suppress(SettingsError):  # there is none for the configured address
            keys.append(require_key(configure(), ask=False).api_key)
    return tuple(key for key in dict.fromkeys((*keys, *_CURRENT.found.values())) if key)


def _with_known_key(settings: Settings) -> Settings:
    key, source = (None, "") if settings.api_key else _CURRENT.keys.get(_server(settings), (None, ""))
    return settings if key is None else dataclasses.replace(settings, api_key=key, key_source=source)


def _server(settings: Settings) -> str:
    """Return what a key is bound to: scheme, host and port."""
    # A path does not count: /v1 and /api are of the same keeper.
    return "/".join(settings.base_url.lower().split("/")[:3])
