"""Values in, pandas frames out: the columns of every table are declared here, once.

Knows nothing of networks, files or display.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from .cards import ModelCard
from .errors import ToprouterError
from .reply import Reply

Dtype = Literal["string", "Int64", "Float64", "boolean"]
_INT64_MAX = 2**63 - 1


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name
        As in the frame.
    dtype
        A pandas dtype that can hold missing values.
    unit
        Of its numbers; "-" where there is none.
    null_means
        What a missing value says; "never" where none is missing.
    """

    name: str
    dtype: Dtype
    unit: str
    null_means: str


USAGE_COLUMNS = (
    Column("call", "Int64", "-", "never"),
    Column("requested_model", "string", "-", "nothing of an answer came"),
    Column("served_model", "string", "-", "not reported"),
    Column("prompt_tokens", "Int64", "tokens", "not reported"),
    Column("completion_tokens", "Int64", "tokens", "not reported"),
    Column("total_tokens", "Int64", "tokens", "not reported"),
    Column("cached_tokens", "Int64", "tokens", "not reported"),
    Column("reasoning_tokens", "Int64", "tokens", "not reported"),
    Column("cost_usd", "Float64", "US dollars", "not known"),
    Column("seconds", "Float64", "seconds", "nothing of an answer came"),
    Column("first_token_seconds", "Float64", "seconds", "not streamed, or no text came"),
    Column("tokens_per_second", "Float64", "tokens / second", "tokens or times are not known"),
    Column("finish_reason", "string", "-", "not reported, or it did not end"),
    Column("is_partial", "boolean", "-", "never"),
    Column("attempts", "Int64", "requests", "never"),
    Column("error_kind", "string", "-", "the call succeeded"),
    Column("id", "string", "-", "not reported"),
)

MODEL_COLUMNS = (
    Column("id", "string", "-", "never"),
    Column("name", "string", "-", "never"),
    Column("context_tokens", "Int64", "tokens", "not reported"),
    Column("takes_images", "boolean", "-", "not reported"),
    Column("prompt_usd_per_million", "Float64", "US dollars / 1,000,000 tokens", "not reported, or varying"),
    Column("completion_usd_per_million", "Float64", "US dollars / 1,000,000 tokens", "not reported, or varying"),
    Column("is_local", "boolean", "-", "never"),
    Column("supported_parameters", "string", "-", "not reported"),
)


def usage_frame(calls: Iterable[Reply | ToprouterError]) -> pd.DataFrame:
    """Lay out calls, one row each, in the order given.

    Cached tokens are inside the prompt's, reasoning tokens inside the completion's. `cost_usd` is a float, to
    calculate with; the exact amount is the Decimal of `Reply.cost_usd`.

    Parameters
    ----------
    calls
        Replies, whole or partial; an error stands for a call that failed, with what its `partial` holds.

    Returns
    -------
    DataFrame
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
    return _frame(USAGE_COLUMNS, [_usage_row(number, call) for number, call in enumerate(calls, 1)])


def models_frame(cards: Iterable[ModelCard]) -> pd.DataFrame:
    """Lay out model cards, one row each, in the order given.

    Parameters
    ----------
    cards
        Of a catalogue. Prices become floats; the exact ones are the Decimals of the card.

    Returns
    -------
    DataFrame
        The same columns and dtypes also where there is no card.

        name | dtype | unit | null means
        --- | --- | --- | ---
        id | string | - | never
        name | string | - | never
        context_tokens | Int64 | tokens | not reported
        takes_images | boolean | - | not reported
        prompt_usd_per_million | Float64 | US dollars / 1,000,000 tokens | not reported, or varying
        completion_usd_per_million | Float64 | US dollars / 1,000,000 tokens | not reported, or varying
        is_local | boolean | - | never
        supported_parameters | string | - | not reported

    Examples
    --------
    >>> models_frame([ModelCard("any/model", "Any")]).loc[0, "name"]
    'Any'
    """
    return _frame(MODEL_COLUMNS, [_model_row(card) for card in cards])


def _frame(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    data = {
        column.name: pd.array([_cell(row[column.name], column.dtype) for row in rows], dtype=column.dtype)
        for column in columns
    }
    return pd.DataFrame(data)


def _cell(value: Any, dtype: Dtype) -> Any:
    if value is None:
        return pd.NA
    if dtype == "Float64":
        return float(value)
    # A server may report any number; one no column can hold is as good as none.
    return pd.NA if dtype == "Int64" and value > _INT64_MAX else value


def _usage_row(number: int, call: Reply | ToprouterError) -> dict[str, Any]:
    error = call if isinstance(call, ToprouterError) else None
    reply = call.partial if isinstance(call, ToprouterError) else call
    row = {column.name: getattr(reply, column.name, None) for column in USAGE_COLUMNS}
    if reply is not None:
        row |= {name: count for name, count in dataclasses.asdict(reply.usage).items() if name.endswith("_tokens")}
    return row | {
        "call": number,
        "is_partial": reply is None or reply.is_partial,
        "attempts": call.attempts,
        "error_kind": error.kind if error else None,
    }


def _model_row(card: ModelCard) -> dict[str, Any]:
    row = {column.name: getattr(card, column.name) for column in MODEL_COLUMNS}
    if card.supported_parameters is not None:
        row["supported_parameters"] = ", ".join(card.supported_parameters)
    return row
