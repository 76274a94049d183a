"""The columns of every table, declared once: name, dtype, unit, and what a missing value says.

Knows nothing of where the values come from or of how they are shown.
"""

import dataclasses
from collections.abc import Sequence
from typing import Literal

from ..errors import ParameterError
from ..plain import shorten

Dtype = Literal["string", "Int64", "Float64", "boolean", "datetime64[ns, UTC]"]


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name
        As in the frame.
    dtype
        A pandas dtype that can hold missing values, by the name it has with and without pyarrow; where pyarrow is
        installed, the text of "string" lies in Arrow's memory.
    unit
        Of its numbers; "-" where there is none.
    null_means
        What a missing value says; "never" where none is missing.
    adds_up
        True where the sum of the column is a figure of its own.
    has_bars
        True where a view draws small bars beside the numbers.
    """

    name: str
    dtype: Dtype
    unit: str
    null_means: str
    adds_up: bool = False
    has_bars: bool = False


TOKEN_COLUMNS = (
    Column("prompt_tokens", "Int64", "tokens", "not reported", adds_up=True),
    Column("completion_tokens", "Int64", "tokens", "not reported", adds_up=True),
    Column("total_tokens", "Int64", "tokens", "not reported", adds_up=True, has_bars=True),
    Column("cached_tokens", "Int64", "tokens", "not reported", adds_up=True),
    Column("reasoning_tokens", "Int64", "tokens", "not reported", adds_up=True),
)
_COST = Column("cost_usd", "Float64", "US dollars", "not known", adds_up=True, has_bars=True)
_FIRST = Column("first_token_seconds", "Float64", "seconds", "not streamed, or no text came")
_SPEED = Column("tokens_per_second", "Float64", "tokens / second", "tokens or times are not known")
_FINISH = Column("finish_reason", "string", "-", "not reported, or it did not end")
_SERVED = Column("served_model", "string", "-", "not reported")


_PROMPT = "prompt_text"


def _seconds(null_means: str) -> Column:
    return Column("seconds", "Float64", "seconds", null_means, adds_up=True, has_bars=True)


USAGE_COLUMNS = (
    Column("call", "Int64", "-", "never"),
    Column("requested_model", "string", "-", "nothing of an answer came"),
    _SERVED,
    *TOKEN_COLUMNS,
    _COST,
    _seconds("nothing of an answer came"),
    _FIRST,
    _SPEED,
    _FINISH,
    Column("is_partial", "boolean", "-", "never"),
    Column("attempts", "Int64", "requests", "never"),
    Column("error_kind", "string", "-", "the call succeeded"),
    Column("id", "string", "-", "not reported"),
)

LEDGER_COLUMNS = (
    Column("id", "string", "-", "never"),
    Column("started_at", "datetime64[ns, UTC]", "UTC", "the clock was wrong"),
    Column("status", "string", "-", "never"),
    Column("conversation_id", "string", "-", "asked outside a conversation"),
    Column("conversation_name", "string", "-", "it has no name"),
    Column("base_url", "string", "-", "a model of this machine"),
    Column("requested_model", "string", "-", "not known"),
    _SERVED,
    Column("provider", "string", "-", "not reported"),
    *TOKEN_COLUMNS,
    _COST,
    Column("cost_source", "string", "-", "not known"),
    _seconds("the call has not ended"),
    _FIRST,
    _SPEED,
    _FINISH,
    Column("error_kind", "string", "-", "no error, or none yet"),
    Column("attempts", "Int64", "requests", "not known"),
    Column("is_streamed", "boolean", "-", "not known"),
    Column("request_id", "string", "-", "not reported"),
    Column(_PROMPT, "string", "-", "not kept, as nobody asked for it"),
    Column("priced_at", "datetime64[ns, UTC]", "UTC", "the cost was not computed"),
)

MODEL_COLUMNS = (
    Column("id", "string", "-", "never"),
    Column("name", "string", "-", "never"),
    Column("context_tokens", "Int64", "tokens", "not reported"),
    Column("takes_images", "boolean", "-", "not reported"),
    Column("prompt_usd_per_million", "Float64", "US dollars / 1,000,000 tokens", "not reported, or varying"),
    Column(
        "completion_usd_per_million",
        "Float64",
        "US dollars / 1,000,000 tokens",
        "not reported, or varying",
        has_bars=True,
    ),
    Column("is_local", "boolean", "-", "never"),
    Column("supported_parameters", "string", "-", "not reported"),
)

SUMMARY_COLUMNS = (
    Column("calls", "Int64", "calls", "never", adds_up=True),
    Column("errors", "Int64", "calls", "never", adds_up=True),
    *TOKEN_COLUMNS,
    _COST,
    Column("unpriced_calls", "Int64", "calls", "never", adds_up=True),
    _seconds("no call has ended"),
    _SPEED,
)

CONVERSATION_COLUMNS = (
    Column("name", "string", "-", "never"),
    Column("in_use", "boolean", "-", "never"),
    Column("model", "string", "-", "chosen when asking"),
    Column("turns", "Int64", "turns", "never"),
    Column("calls", "Int64", "calls", "never", adds_up=True),
    TOKEN_COLUMNS[2],
    _COST,
)

COMPARISON_COLUMNS = (
    Column("prompt", "string", "-", "never"),
    Column("requested_model", "string", "-", "never"),
    Column("status", "string", "-", "never"),
    Column("text", "string", "-", "nothing of an answer came"),
    _SERVED,
    *TOKEN_COLUMNS,
    _COST,
    _seconds("nothing of an answer came"),
    _FIRST,
    _SPEED,
    _FINISH,
    Column("error_kind", "string", "-", "no error"),
    Column("error", "string", "-", "no error"),
)

# What calls can be grouped by, and the columns that name a group; they stand before those of the summary.
GROUP_COLUMNS = {
    "model": (Column("requested_model", "string", "-", "not known"),),
    "day": (Column("day", "datetime64[ns, UTC]", "UTC", "the clock was wrong"),),
    "conversation": (
        Column("conversation_id", "string", "-", "asked outside a conversation"),
        Column("conversation_name", "string", "-", "it has no name"),
    ),
}

_TABLES = (
    *(USAGE_COLUMNS, LEDGER_COLUMNS, MODEL_COLUMNS, SUMMARY_COLUMNS, CONVERSATION_COLUMNS, COMPARISON_COLUMNS),
    *GROUP_COLUMNS.values(),
)
# Reversed, so that of columns of one name the first table's counts; they differ in what null means only.
COLUMNS = {column.name: column for table in reversed(_TABLES) for column in table}


def find_columns(names: Sequence[str] | None) -> tuple[Column, ...]:
    """Return columns of the ledger by name, in the order asked for; None gives all but the text of the prompts.

    Raises
    ------
    ParameterError
        No such column, or one twice.

    Examples
    --------
    >>> [column.unit for column in find_columns(["seconds", "total_tokens"])]
    ['seconds', 'tokens']
    """
    if names is None:
        return tuple(column for column in LEDGER_COLUMNS if column.name != _PROMPT)
    known = {column.name: column for column in LEDGER_COLUMNS}
    wrong = [name for name in names if name not in known] if not isinstance(names, str) else [names]
    if wrong or not names or len(set(names)) < len(names):
        shown = shorten(repr(wrong[0] if wrong else list(names)), 60)
        message = f"`columns` is a list of different columns of the ledger, and {shown} is none: {', '.join(known)}."
        raise ParameterError(message)
    return tuple(known[name] for name in names)
