"""What people see of a table in a notebook: safe, aligned, with totals and with what is missing said."""

import re

import pandas as pd
import pytest

from toprouter_nb.tables import LEDGER_COLUMNS, Table, summarise, table_of, usage_frame

DASH = "\N{EN DASH}"
EVIL = '<script>alert(1)</script>"\x1b[2J\u202e'


def calls(count=3, **changes):
    """Make a ledger of calls that differ in their tokens."""
    known = {"requested_model": EVIL, "started_at": 0.0, "status": "ok", "total_tokens": 1_000, "seconds": 1.25}
    names = [column.name for column in LEDGER_COLUMNS]
    cells = [known | {"total_tokens": 1_000 * (place + 1)} | changes for place in range(count)]
    return table_of(LEDGER_COLUMNS, [tuple(cell.get(name) for name in names) for cell in cells])


def shown(frame):
    """Return the rows of a view as lists of texts, without the style."""
    html = frame._repr_html_().partition("</style><div")[2]
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]


def test_text_of_a_server_is_shown_and_does_nothing():
    """Markup is text, and control characters are escapes; in HTML and in plain text."""
    frame = calls()
    html = frame._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;\\x1b[2J\\u202e" in html
    assert "\x1b" not in repr(frame) + html
    renamed = frame.rename(columns={"status": EVIL}).set_index("requested_model")
    assert "<script" not in renamed._repr_html_()


def test_numbers_have_their_thousands_and_their_total():
    """Figures stand to the right with thousands apart; what adds up has a total, what does not has none."""
    head, *body, foot = shown(calls()[["requested_model", "total_tokens", "seconds", "tokens_per_second"]])
    assert head == ["requested_model", "total_tokens", "seconds"]
    assert [row[1:] for row in body] == [["1,000", "1.25"], ["2,000", "1.25"], ["3,000", "1.25"]]
    assert foot == ["Total", "6,000", "3.75"]
    assert calls()._repr_html_().count('class="tr-right"') > 6


def test_bars_are_as_long_as_the_numbers_are_large():
    """The largest has the whole width; there are none where there is one row, or nothing to compare."""
    assert re.findall(r'style="width:([\d.]+)%"', calls()[["total_tokens"]]._repr_html_()) == ["33.3", "66.7", "100.0"]
    assert 'class="tr-bar"' not in calls(1)._repr_html_()
    assert 'class="tr-bar"' not in calls(2, total_tokens=0, seconds=0)._repr_html_()


def test_what_is_missing_is_a_dash_and_unknown_costs_are_told():
    """None is shown as a dash, never as 0; the totals say of how many calls the cost is not in them."""
    frame = pd.concat([calls(1, cost_usd="0.00042"), calls(2)], ignore_index=True)
    assert [row[1] for row in shown(frame[["status", "cost_usd"]])] == ["cost_usdUSD", "0.00042", DASH, DASH, "0.00042"]
    assert "The cost of 2 of 3 calls is not known, and not in the total." in frame._repr_html_()
    assert "The cost of 2 of 3 calls is not known" in summarise(frame, "model")._repr_html_()
    assert "is not known" not in calls(1, cost_usd="0")._repr_html_()
    assert "The cost of this call is not known." in calls(1)._repr_html_()


def test_totals_of_dollars_are_exact():
    """Ten times ten cents are a dollar."""
    assert shown(calls(10, cost_usd="0.1")[["status", "cost_usd"]])[-1] == ["Total", "1.00"]


def test_empty_columns_are_named_instead_of_shown():
    """A column in which nothing is known takes no room, and is not passed over in silence."""
    html = calls()._repr_html_()
    assert "Empty, and not shown: id, conversation_id" in html
    assert "cached_tokens</th>" not in html


def test_the_model_that_answered_is_shown_where_it_is_another():
    """Where it is always the one asked for, its column takes no room, and one line says so."""
    assert "served_model" not in shown(calls(served_model=EVIL))[0]
    assert "served_model, which is always the one asked for." in calls(served_model=EVIL)._repr_html_()
    other = pd.concat([calls(1, served_model=EVIL), calls(1, served_model="other"), calls(1)], ignore_index=True)
    assert "served_model" in shown(other)[0]


def test_a_table_without_rows_shows_its_columns():
    """All columns stand there, and one line says that there is nothing."""
    html = usage_frame([])._repr_html_()
    assert "No calls yet." in html
    assert len(shown(usage_frame([]))[0]) == 17


def test_of_many_rows_the_first_and_the_last_are_shown():
    """As pandas is told to; how many are left out is said, and the totals are of all."""
    rows = shown(calls(1_000)[["status", "total_tokens"]])
    assert len(rows) == 1 + 5 + 1 + 5 + 1
    assert rows[6] == ["990 more rows"]
    assert rows[-1] == ["Total", "", "500,500,000"]
    with pd.option_context("display.max_rows", None):
        assert len(shown(calls(100)[["status", "total_tokens"]])) == 102


def test_names_of_the_rows_are_shown_where_they_say_something():
    """An index that counts is left out; any other is a column."""
    frame = calls()[["status", "total_tokens"]]
    assert shown(frame)[0] == ["status", "total_tokens"]
    assert shown(frame[frame["total_tokens"] > 1_000])[1][0] == "1"
    assert shown(frame.set_index("status"))[0] == ["status", "total_tokens"]


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.rename(columns={"status": "x"})[["x"]],
        lambda frame: frame.T,
        lambda frame: pd.concat([frame, frame], axis=1),
        lambda frame: frame.groupby("status").agg({"total_tokens": ["min", "max"]}),
        lambda frame: frame[[]],
    ],
)
def test_what_is_no_table_of_ours_any_more_is_shown_by_pandas(change):
    """Nothing fails: frames without a column of ours, or with names we cannot tell apart, look as pandas has them."""
    html = change(calls())._repr_html_()
    assert 'class="dataframe"' in html
    assert "tr-sheet" not in html


def test_pandas_may_switch_html_off():
    """The option that pandas has for it holds here too."""
    with pd.option_context("display.notebook_repr_html", False):  # noqa: FBT003  # pandas' way
        assert calls()._repr_html_() is None


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame[["cached_tokens"]],
        lambda frame: frame[["cached_tokens", "served_model"]].head(1),
        lambda frame: frame.assign(cost_usd=["x", 1, None], total_tokens=["a", "b", 5]),
        lambda frame: frame.astype(object),
        lambda frame: frame.assign(calls="x", unpriced_calls="y"),
        lambda frame: frame.describe(),
        lambda frame: frame.set_index(["status", "total_tokens"]),
        lambda frame: frame.assign(seconds=float("inf")),
        lambda frame: frame.assign(total_tokens=-5),
        lambda frame: frame.astype({"total_tokens": "category"}),
        lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    ],
)
def test_whatever_somebody_did_to_a_table_it_can_be_shown(change):
    """Columns of other types, of nothing, or computed by pandas neither fail nor warn."""
    assert change(calls())._repr_html_().count("<tr>") > 1


def test_a_column_somebody_made_is_shown_as_it_is():
    """Columns of others stand among ours, without a unit or a total."""
    frame = calls().assign(mine=[1.5, None, 3], what=[[1], {"a": 2}, EVIL])[["status", "mine", "what"]]
    assert isinstance(frame, Table)
    assert [row[:2] for row in shown(frame)[:4]] == [["status", "mine"], ["ok", "1.50"], ["ok", DASH], ["ok", "3.00"]]
