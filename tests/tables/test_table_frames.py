"""What every table promises: the declared columns, nothing more, with missing values that stay missing."""

import dataclasses
import inspect
import math
from decimal import Decimal

import pandas as pd
import pytest

from toprouter_nb import accounts, tables
from toprouter_nb.call_log import COLUMNS
from toprouter_nb.cards import ModelCard
from toprouter_nb.errors import ReadTimeoutError, StreamTruncatedError
from toprouter_nb.reply import Reply, assistant_turn
from toprouter_nb.usage import Usage

DOCUMENTED = [
    (tables.usage_frame, tables.USAGE_COLUMNS),
    (tables.models_frame, tables.MODEL_COLUMNS),
    (tables.conversations_frame, tables.CONVERSATION_COLUMNS),
    (tables.summarise, tables.SUMMARY_COLUMNS),
    (accounts.ledger, tables.LEDGER_COLUMNS),
]
FRAMES = [(tables.usage_frame, tables.USAGE_COLUMNS), (tables.models_frame, tables.MODEL_COLUMNS)]


def reply(text="Paris.", **changes):
    """Make a reply of which everything is known, but for the changes."""
    known = {
        "text": text,
        "turn": assistant_turn(text, is_partial=False),
        "usage": Usage(prompt_tokens=20, completion_tokens=15, total_tokens=35, cached_tokens=8, reasoning_tokens=5),
        "cost_usd": Decimal("0.00012"),
        "finish_reason": "stop",
        "requested_model": "any/model",
        "served_model": "any/model-001",
        "id": "chatcmpl-1",
        "seconds": 2.0,
        "first_token_seconds": 0.5,
        "is_partial": False,
        "attempts": 1,
        "reasoning": "",
        "raw": {},
    }
    return Reply(**(known | changes))


def unknown_reply():
    """Make a reply of which as little is known as can be."""
    names = ("cost_usd", "finish_reason", "served_model", "id", "first_token_seconds")
    return reply(usage=Usage(), is_partial=True, **dict.fromkeys(names))


def test_the_ledger_is_laid_out_as_it_is_kept():
    """The table has every column of the file, by its name."""
    assert {column.name for column in tables.LEDGER_COLUMNS} == set(COLUMNS)


def test_a_column_means_the_same_in_every_table():
    """Wherever a name stands, its dtype and its unit are the same; only what a missing value says may differ."""
    every = [column for _, columns in DOCUMENTED for column in columns]
    meanings = {(column.name, column.dtype, column.unit) for column in every}
    assert len(meanings) == len({column.name for column in every})


@pytest.mark.parametrize(("frame", "columns"), DOCUMENTED)
def test_the_docstring_lists_the_columns_as_declared(frame, columns):
    """Every table's documentation has one line for each column: name, dtype, unit, what null means."""
    lines = [line.strip().split(" | ") for line in inspect.getdoc(frame).splitlines() if line.count(" | ") == 3]
    declared = [[column.name, column.dtype, column.unit, column.null_means] for column in columns]
    assert lines == [["name", "dtype", "unit", "null means"], ["---"] * 4, *declared]


@pytest.mark.parametrize(("frame", "columns"), FRAMES)
def test_an_empty_table_has_all_columns_and_dtypes(frame, columns):
    """With no row the columns and dtypes are the same as with rows."""
    empty = frame([])
    assert len(empty) == 0
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == {c.name: c.dtype for c in columns}
    rows = {tables.usage_frame: [reply()], tables.models_frame: [ModelCard("a")]}[frame]
    assert frame(rows).dtypes.tolist() == empty.dtypes.tolist()


@pytest.mark.parametrize(
    ("frame", "row"),
    [(tables.usage_frame, unknown_reply()), (tables.models_frame, ModelCard("a", "A"))],
)
def test_what_is_not_known_is_missing_and_never_zero(frame, row):
    """A field without a value is missing, exactly in the columns that say what a missing value means."""
    columns = dict(FRAMES)[frame]
    missing = frame([row]).loc[0].isna()
    never = {column.name for column in columns if column.null_means == "never"}
    always_there = {"requested_model", "seconds"} if frame is tables.usage_frame else set()
    assert set(missing[missing].index) == {column.name for column in columns} - never - always_there


def test_usage_has_one_row_for_each_call_in_order():
    """Every field of a reply stands in its column, and calls are numbered from 1."""
    frame = tables.usage_frame(iter([reply(), unknown_reply()]))
    assert frame["call"].tolist() == [1, 2]
    assert frame["error_kind"].isna().all()
    assert frame.drop(columns="error_kind").loc[0].to_dict() == {
        "call": 1,
        "requested_model": "any/model",
        "served_model": "any/model-001",
        "prompt_tokens": 20,
        "completion_tokens": 15,
        "total_tokens": 35,
        "cached_tokens": 8,
        "reasoning_tokens": 5,
        "cost_usd": 0.00012,
        "seconds": 2.0,
        "first_token_seconds": 0.5,
        "tokens_per_second": 10.0,
        "finish_reason": "stop",
        "is_partial": False,
        "attempts": 1,
        "id": "chatcmpl-1",
    }
    assert frame["is_partial"].tolist() == [False, True]


def test_sums_leave_out_what_is_missing():
    """Adding a column up counts what is known; a column where nothing is known has no sum of 0 by accident."""
    frame = tables.usage_frame([reply(), unknown_reply(), reply()])
    assert frame["total_tokens"].sum() == 70
    assert math.isclose(frame["cost_usd"].sum(min_count=1), 0.00024)
    assert tables.usage_frame([unknown_reply()])["cost_usd"].sum(min_count=1) is pd.NA


def test_a_failed_call_is_a_row_with_its_kind():
    """An error gives a row with its kind and attempts, and with what its partial reply holds."""
    cut = StreamTruncatedError(
        "The stream ended early.", attempts=1, partial=reply(is_partial=True, finish_reason=None)
    )
    frame = tables.usage_frame([ReadTimeoutError("No answer in time.", attempts=3), cut])
    assert frame["error_kind"].tolist() == ["timeout", "stream_truncated"]
    assert frame["attempts"].tolist() == [3, 1]
    assert frame["is_partial"].tolist() == [True, True]
    assert frame["requested_model"].tolist() == [pd.NA, "any/model"]
    assert frame["total_tokens"].tolist() == [pd.NA, 35]


@pytest.mark.parametrize("count", [2**63, 10**400])
def test_a_count_no_column_can_hold_is_missing(count):
    """An absurd number of tokens does not break the table."""
    assert tables.usage_frame([reply(usage=Usage(prompt_tokens=count))])["prompt_tokens"].isna().all()


def test_models_have_prices_to_calculate_with():
    """Prices are numbers of dollars per million tokens; the parameters are one text."""
    card = ModelCard("a/b", "B", 8_192, takes_images=True, supported_parameters=("stop", "seed"))
    card = dataclasses.replace(card, prompt_usd_per_million=Decimal("2.5"), completion_usd_per_million=Decimal(0))
    assert tables.models_frame([card]).loc[0].to_dict() == {
        "id": "a/b",
        "name": "B",
        "context_tokens": 8192,
        "takes_images": True,
        "prompt_usd_per_million": 2.5,
        "completion_usd_per_million": 0.0,
        "is_local": False,
        "supported_parameters": "stop, seed",
    }
