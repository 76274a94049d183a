"""The books of this machine: its calls as tables, one row each or added up.

Knows which ledger and which rows; `call_log` keeps them, `tables` lays them out.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from .errors import ParameterError, SettingsError
from .moments import Since, read_moment
from .plain import shorten
from .settings import Settings, configure
from .tables import LEDGER_COLUMNS, Table, check_group, find_columns, group_columns, summarise, table_of

if TYPE_CHECKING:
    from .call_log import CallLog

Group = Literal["model", "day", "conversation"]
# What of a call is left out where people look at calls, not at the file: ids, addresses, and how it was sent.
_BOOKKEEPING = frozenset(
    ("id", "conversation_id", "base_url", "provider", "is_streamed", "request_id", "prompt_text", "priced_at")
)
_FIGURES = (
    *("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens"),
    *("cost_usd", "seconds", "tokens_per_second", "error_kind"),
)


def ledger(columns: Sequence[str] | None = None, *, since: Since | None = None, model: str | None = None) -> Table:
    """Return every call that the ledger of this machine holds, one row each, those written first before the others.

    It is the ledger of the current settings (`ledger_path`); conversations of other kernels are in it too.

    Parameters
    ----------
    columns
        Names of columns, for a table that is quicker to read and smaller; None = all but `prompt_text`.
    since
        Only calls begun then or later: a date, a time, a span back from now, or text such as "2026-11-23" or "7d".
        Days are counted in UTC; a time without a zone is of this machine's.
    model
        Only calls that asked for this model id, or were answered by it.

    Returns
    -------
    Table
        A DataFrame. `cost_usd` is a float, to calculate with; `tables.exact_usd` adds it up exactly.

        name | dtype | unit | null means
        --- | --- | --- | ---
        id | string | - | never
        started_at | datetime64[ns, UTC] | UTC | the clock was wrong
        status | string | - | never
        conversation_id | string | - | asked outside a conversation
        conversation_name | string | - | it has no name
        base_url | string | - | a model of this machine
        requested_model | string | - | not known
        served_model | string | - | not reported
        provider | string | - | not reported
        prompt_tokens | Int64 | tokens | not reported
        completion_tokens | Int64 | tokens | not reported
        total_tokens | Int64 | tokens | not reported
        cached_tokens | Int64 | tokens | not reported
        reasoning_tokens | Int64 | tokens | not reported
        cost_usd | Float64 | US dollars | not known
        cost_source | string | - | not known
        seconds | Float64 | seconds | the call has not ended
        first_token_seconds | Float64 | seconds | not streamed, or no text came
        tokens_per_second | Float64 | tokens / second | tokens or times are not known
        finish_reason | string | - | not reported, or it did not end
        error_kind | string | - | no error, or none yet
        attempts | Int64 | requests | not known
        is_streamed | boolean | - | not known
        request_id | string | - | not reported
        prompt_text | string | - | not kept, as nobody asked for it
        priced_at | datetime64[ns, UTC] | UTC | the cost was not computed

    Raises
    ------
    ParameterError
        No such column, a `since` that is no time, or a model id that is no text.
    SettingsError
        The ledger is switched off.

    Examples
    --------
    >>> from toprouter_nb import configure
    >>> _ = configure(ledger_path=":memory:")
    >>> ledger(["started_at", "cost_usd"], since="7d").shape
    (0, 2)
    >>> _ = configure(ledger_path=None)
    """
    return _calls([column.name for column in find_columns(columns)], since=since, model=model)


def usage_table(by: Group | None = None, *, since: Since | None = None, model: str | None = None) -> Table:
    """Return what was used on this machine: a row each call, or added up by model, day or conversation.

    Parameters
    ----------
    by
        "model" (as asked for), "day" (in UTC), "conversation", or None for a row each call.
    since, model
        As in `ledger`.

    Returns
    -------
    Table
        For None the columns of `ledger` without ids and bookkeeping; else those of `tables.summarise`, where sums
        are over what is known and `unpriced_calls` says of how many calls the cost is not.

    Raises
    ------
    ParameterError
        Calls cannot be grouped by that, or `since` or `model` is no such thing.
    SettingsError
        The ledger is switched off.

    Examples
    --------
    >>> from toprouter_nb import configure
    >>> _ = configure(ledger_path=":memory:")
    >>> usage_table(by="day").columns.tolist()[:4]
    ['day', 'calls', 'errors', 'prompt_tokens']
    >>> _ = configure(ledger_path=None)
    """
    return used_by(configure(), by, since=since, model=model)


def used_by(
    settings: Settings,
    by: str | None = None,
    *,
    since: Since | None = None,
    model: str | None = None,
    conversation_id: str | None = None,
) -> Table:
    """Return the same for the ledger of some settings, or for one conversation in it."""
    if by is None:
        names = [column.name for column in LEDGER_COLUMNS if column.name not in _BOOKKEEPING]
        return _calls(names, settings, since=since, model=model, conversation_id=conversation_id)
    # Only the columns that are added up: the rest of a long ledger need not be read.
    names = [*group_columns(check_group(by)), *_FIGURES]
    return summarise(_calls(names, settings, since=since, model=model, conversation_id=conversation_id), by)


def _calls(
    names: list[str],
    settings: Settings | None = None,
    *,
    since: Since | None,
    model: str | None,
    conversation_id: str | None = None,
) -> Table:
    asked: object = model
    if asked is not None and not isinstance(asked, str):
        message = f"`model` is a model id, like 'google/gemini-3.5-flash', not {shorten(repr(model), 60)}."
        raise ParameterError(message)
    moment = None if since is None else read_moment(since)
    log = _open(settings or configure())
    return table_of(find_columns(names), log.select(names, since=moment, model=model, conversation_id=conversation_id))


def _open(settings: Settings) -> "CallLog":
    from .call_log import current_log

    log = current_log(settings)
    if log is None:
        message = "The ledger is switched off (ledger_path=False), so no calls are kept. configure(ledger_path=None)."
        raise SettingsError(message, kind="bad_request")
    return log
