"""Calls of a conversation as a table, one row each.

Knows replies and errors as values, and nothing of the ledger.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

from ..errors import ToprouterError
from ..reply import Reply
from .columns import USAGE_COLUMNS
from .table import Table, table_of


def usage_frame(calls: Iterable[Reply | ToprouterError]) -> Table:
    """Lay out calls, one row each, in the order given.

    Cached tokens are inside the prompt's, reasoning tokens inside the completion's. `cost_usd` is a float, to
    calculate with; the exact amount is the Decimal of `Reply.cost_usd`, an exact sum is that of `exact_usd`.

    Parameters
    ----------
    calls
        Replies, whole or partial; an error stands for a call that failed, with what its `partial` holds.

    Returns
    -------
    Table
        The same columns and dtypes also where there is no call.

        name | dtype | unit | null means
        --- | --- | --- | ---
        call | Int64 | - | never
        requested_model | string | - | nothing of an answer came
        served_model | string | - | not reported
        prompt_tokens | Int64 | tokens | not reported
        completion_tokens | Int64 | tokens | not reported
        total_tokens | Int64 | tokens | not reported
        cached_tokens | Int64 | tokens | not reported
        reasoning_tokens | Int64 | tokens | not reported
        cost_usd | Float64 | US dollars | not known
        seconds | Float64 | seconds | nothing of an answer came
        first_token_seconds | Float64 | seconds | not streamed, or no text came
        tokens_per_second | Float64 | tokens / second | tokens or times are not known
        finish_reason | string | - | not reported, or it did not end
        is_partial | boolean | - | never
        attempts | Int64 | requests | never
        error_kind | string | - | the call succeeded
        id | string | - | not reported

    Examples
    --------
    >>> usage_frame([]).shape
    (0, 17)
    """
    return table_of(USAGE_COLUMNS, (_usage_row(number, call) for number, call in enumerate(calls, 1)))


def _usage_row(number: int, call: Reply | ToprouterError) -> tuple[Any, ...]:
    error = call if isinstance(call, ToprouterError) else None
    reply = call.partial if isinstance(call, ToprouterError) else call
    kind = error.kind if error else None
    if reply is None:
        return (number, *(None,) * 12, True, call.attempts, kind, None)
    # The five counts of tokens; cost comes from the reply, which knows a computed one, too.
    usage = dataclasses.astuple(reply.usage)[:5]
    times = (reply.seconds, reply.first_token_seconds, reply.tokens_per_second)
    return (
        *(number, reply.requested_model, reply.served_model, *usage, reply.cost_usd, *times),
        *(reply.finish_reason, reply.is_partial, call.attempts, kind, reply.id),
    )
