"""Calls by model, by day or by conversation: frame in, new frame out.

Knows columns' names and nothing of where the rows came from.
"""

from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..plain import shorten
from .columns import GROUP_COLUMNS, SUMMARY_COLUMNS, Column
from .money import to_usd, whole_picodollars
from .table import Table, table_of

_SUMS = ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens", "seconds")
_NEEDED = (*_SUMS, "cost_usd", "tokens_per_second", "error_kind")
_STOPPED = "cancelled"


def check_group(by: object) -> str:
    """Return the name of a group.

    Raises
    ------
    ParameterError
        Calls cannot be grouped by it.

    Examples
    --------
    >>> check_group("day")
    'day'
    """
    if isinstance(by, str) and by in GROUP_COLUMNS:
        return by
    names = ", ".join(repr(name) for name in GROUP_COLUMNS)
    message = f"`by` is one of {names}, or None for a row each call, not {shorten(repr(by), 60)}."
    raise ParameterError(message)


def group_columns(by: str) -> tuple[str, ...]:
    """Return the columns of a table of calls that tell which group a call belongs to."""
    return ("started_at",) if by == "day" else tuple(column.name for column in GROUP_COLUMNS[by])


def summarise(calls: pd.DataFrame, by: str) -> Table:
    """Add calls up, group by group.

    Parameters
    ----------
    calls
        One row each call, with the columns of `group_columns` and of the figures.
    by
        "model" (as asked for), "day" (in UTC) or "conversation".

    Returns
    -------
    Table
        One row a group: days in order, the others by cost, the dearest first. The columns that name the group
        (`requested_model`; `day`; `conversation_id` and `conversation_name`), then:

        name | dtype | unit | null means
        --- | --- | --- | ---
        calls | Int64 | calls | never
        errors | Int64 | calls | never
        prompt_tokens | Int64 | tokens | not reported
        completion_tokens | Int64 | tokens | not reported
        total_tokens | Int64 | tokens | not reported
        cached_tokens | Int64 | tokens | not reported
        reasoning_tokens | Int64 | tokens | not reported
        cost_usd | Float64 | US dollars | not known
        unpriced_calls | Int64 | calls | never
        seconds | Float64 | seconds | no call has ended
        tokens_per_second | Float64 | tokens / second | tokens or times are not known

        Sums are over what is known, and missing where nothing is. Costs add up exactly. What you stopped is no
        error. `tokens_per_second` is all tokens by all the time they took, of the calls whose speed is known.
    """
    check_group(by)
    named = GROUP_COLUMNS[by]
    if calls.empty:
        return table_of((*named, *SUMMARY_COLUMNS), ())
    keys = _keys(calls, by)
    sums = _figures(calls).groupby(keys, dropna=False, sort=by == "day", observed=True).sum(min_count=1)
    return _laid_out(sums, named, by)


def _keys(calls: pd.DataFrame, by: str) -> "list[pd.Series[Any]]":
    if by == "day":
        return [calls["started_at"].dt.floor("D").rename("day")]
    return [calls[column.name] for column in GROUP_COLUMNS[by]]


def _figures(calls: pd.DataFrame) -> pd.DataFrame:
    """Return what adds up, a column each; a count is a column of ones and zeros."""
    kinds, cost, speed = calls["error_kind"], calls["cost_usd"], calls["tokens_per_second"]
    picos = whole_picodollars(cost)
    timed = calls["completion_tokens"].where(speed > 0)
    return pd.DataFrame(
        {name: calls[name] for name in _SUMS}
        | {
            "calls": np.ones(len(calls), np.int64),
            "errors": (kinds.notna() & (kinds != _STOPPED).fillna(False)).astype("Int64"),  # noqa: FBT003  # missing = no error
            "unpriced_calls": cost.isna().astype("Int64"),
            "cost_usd": cost if picos is None else picos,
            "timed_tokens": timed,
            "timed_seconds": timed / speed,
        },
        index=calls.index,
    )


def _laid_out(sums: pd.DataFrame, named: tuple[Column, ...], by: str) -> Table:
    """Return the sums as a table with its declared columns and order."""
    if sums["cost_usd"].dtype == "Int64":
        sums["cost_usd"] = to_usd(sums["cost_usd"])
    sums["tokens_per_second"] = sums["timed_tokens"] / sums["timed_seconds"]
    frame = sums.reset_index()
    if by != "day":
        frame = frame.sort_values(["cost_usd", "total_tokens"], ascending=False, kind="stable", ignore_index=True)
    return Table({column.name: frame[column.name].astype(column.dtype) for column in (*named, *SUMMARY_COLUMNS)})
