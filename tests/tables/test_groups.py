"""Calls added up by model, day and conversation, against sums made by hand."""

import datetime as dt

import pandas as pd
import pytest

from toprouter_nb.errors import ParameterError
from toprouter_nb.tables import GROUP_COLUMNS, LEDGER_COLUMNS, SUMMARY_COLUMNS, summarise, table_of, usage_frame

DAY = 86_400
CALLS = [
    # start, conversation, name, model, prompt, completion, cost, seconds, speed, kind
    (10.0, "c1", "first", "a/one", 10, 5, "0.1", 2.0, 5.0, None),
    (DAY - 1.0, "c1", "first", "a/one", 20, None, "0.2", 1.0, None, "stream_truncated"),
    (DAY + 1.0, "c2", None, "b/two", 1, 30, None, 4.0, 10.0, None),
    (DAY + 2.0, None, None, "b/two", None, None, None, None, None, "cancelled"),
]


def frame(calls=CALLS):
    """Lay out calls as the ledger does."""
    names = ("started_at", "conversation_id", "conversation_name", "requested_model", "prompt_tokens",
             "completion_tokens", "cost_usd", "seconds", "tokens_per_second", "error_kind")  # fmt: skip
    cells = [dict(zip(names, call, strict=True)) for call in calls]
    return table_of(LEDGER_COLUMNS, [tuple(cell.get(column.name) for column in LEDGER_COLUMNS) for cell in cells])


def rows(by):
    """Return what matters of a summary as plain values."""
    names = ["calls", "errors", "prompt_tokens", "completion_tokens", "cost_usd", "unpriced_calls", "seconds"]
    made = summarise(frame(), by)
    return [made[GROUP_COLUMNS[by][0].name].astype(object).where(lambda key: key.notna(), None).tolist(),
            made[names].astype(object).where(made[names].notna(), None).to_numpy().tolist()]  # fmt: skip


def test_by_model_the_dearest_first():
    """Sums are exact, over what is known; what was stopped is no error; unknown costs are counted."""
    assert rows("model") == [
        ["a/one", "b/two"],
        [[2, 1, 30, 5, 0.3, 0, 3.0], [2, 0, 1, 30, None, 2, 4.0]],
    ]


def test_by_day_in_order():
    """A day begins at midnight UTC."""
    days, figures = rows("day")
    assert days == [pd.Timestamp("1970-01-01", tz="UTC"), pd.Timestamp("1970-01-02", tz="UTC")]
    assert [row[0] for row in figures] == [2, 2]


def test_by_conversation_with_those_outside_of_one():
    """Calls outside a conversation are a group of their own, not lost."""
    keys, figures = rows("conversation")
    assert keys == ["c1", "c2", None]
    assert [row[0] for row in figures] == [2, 1, 1]


def test_a_conversation_that_got_its_name_late_is_one():
    """It has the name it was given last."""
    calls = [(place, "c1", name, "m", 1, 1, None, 1.0, 1.0, None) for place, name in enumerate((None, "x", "y", None))]
    made = summarise(frame(calls), "conversation")
    assert made[["conversation_id", "conversation_name", "calls"]].to_numpy().tolist() == [["c1", "y", 4]]


def test_huge_counts_add_up_exactly():
    """Beyond what a float can tell apart, too."""
    calls = [(0.0, "c", None, "m", 2**60 + place, 1, None, 1.0, 1.0, None) for place in (1, 2)]
    assert summarise(frame(calls), "model")["prompt_tokens"].tolist() == [2**61 + 3]


def test_speed_is_all_tokens_by_all_their_time():
    """A group's speed weighs each call by its tokens, of calls whose speed is known."""
    calls = [
        (0.0, "c", None, "m", 1, 100, None, 1.0, 100.0, None),
        (0.0, "c", None, "m", 1, 100, None, 4.0, 25.0, None),
    ]
    assert summarise(frame(calls), "model")["tokens_per_second"].tolist() == [200 / 5]


@pytest.mark.parametrize("by", GROUP_COLUMNS)
def test_nothing_gives_an_empty_table_with_every_column(by):
    """Dtypes are the declared ones with and without rows."""
    declared = [(column.name, column.dtype) for column in (*GROUP_COLUMNS[by], *SUMMARY_COLUMNS)]
    for made in (summarise(frame([]), by), summarise(frame(), by)):
        assert [(name, str(dtype)) for name, dtype in made.dtypes.items()] == declared


def test_replies_can_be_added_up_too():
    """The table of a conversation's replies has what a summary by model needs."""
    assert summarise(usage_frame([]), "model").empty


def test_an_amount_finer_than_picodollars_is_summed_as_a_float():
    """Nothing is rounded away, and nothing fails."""
    calls = [(0.0, "c", None, "m", 1, 1, "1e-14", 1.0, 1.0, None)] * 2
    assert summarise(frame(calls), "model")["cost_usd"].tolist() == [2e-14]


@pytest.mark.parametrize("by", ["hour", "", 5, ["model"], True])
def test_what_calls_cannot_be_grouped_by_is_refused(by):
    """The message names what there is."""
    with pytest.raises(ParameterError) as caught:
        summarise(frame(), by)
    assert str(caught.value) == (
        f"`by` is one of 'model', 'day', 'conversation', or None for a row each call, not {by!r}."
    )


def test_days_of_a_clock_that_went_back_are_days_like_others():
    """Rows need not be in order."""
    calls = sorted(CALLS, key=lambda call: -call[0])
    assert summarise(frame(calls), "day")["day"].is_monotonic_increasing
    assert summarise(frame(), "day")["day"].dt.date.tolist() == [dt.date(1970, 1, 1), dt.date(1970, 1, 2)]
