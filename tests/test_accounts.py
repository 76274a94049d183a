"""The books of this machine: what the ledger's file holds, as tables."""

import asyncio
import sqlite3
from decimal import Decimal

import pytest

import toprouter_nb as tr
from toprouter_nb.call_log import CallLog, CallRow
from toprouter_nb.errors import ParameterError, ServerError, SettingsError
from toprouter_nb.tables import LEDGER_COLUMNS, exact_usd
from toprouter_nb.testing import Fault, Script, ScriptedGateway

DAY = 86_400


@pytest.fixture
def path(tmp_path):
    """Point the package at a ledger of its own."""
    file = tmp_path / "ledger.sqlite"
    tr.configure(ledger_path=file)
    return file


@pytest.fixture
def books(path):
    """Keep a ledger of six calls on three days, by two models, one of them failed and one under way."""
    log = CallLog(path)
    for place in range(6):
        row = CallRow(
            f"{place}", place * DAY / 2, "started", requested_model=f"m/{place % 2}", conversation_id=f"c{place // 3}"
        )
        log.start(row)
        ended = {
            "status": "ok",
            "served_model": f"m/{place % 2}-001",
            "total_tokens": 10,
            "seconds": 1.0,
            "attempts": 1,
        }
        ended |= {"cost_usd": "0.1", "cost_source": "billed"} if place % 2 == 0 else {}
        if place < 4:
            log.finish(row._replace(**ended))
        if place == 4:
            log.finish(row._replace(status="error", error_kind="rate_limit", attempts=3))
    log.close()
    return path


def used(frame):
    """Return the number of calls in each group."""
    return dict(zip(frame.iloc[:, 0].astype(str), frame["calls"], strict=True))


@pytest.mark.usefixtures("books")
def test_the_ledger_is_every_call_with_every_column():
    """One row a call, in the order they were written, with the declared dtypes; what is missing stays missing."""
    frame = tr.ledger()
    assert frame["id"].tolist() == list("012345")
    assert [str(dtype) for dtype in frame.dtypes] == [c.dtype for c in LEDGER_COLUMNS if c.name != "prompt_text"]
    assert frame["status"].tolist() == ["ok"] * 4 + ["error", "started"]
    assert exact_usd(frame["cost_usd"]) == Decimal("0.2")
    assert frame["cost_usd"].isna().tolist() == [False, True, False, True, True, True]


@pytest.mark.usefixtures("books")
def test_columns_can_be_chosen():
    """Only these are read, in this order; the text of prompts comes only when it is named."""
    assert tr.ledger(["seconds", "id"]).columns.tolist() == ["seconds", "id"]
    assert "prompt_text" not in tr.ledger()
    assert tr.ledger(["prompt_text"])["prompt_text"].isna().all()


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("columns", [["cost"], ["id", "id"], [], "id", ["id; DROP TABLE calls"]])
def test_a_column_that_is_none_is_refused(columns):
    """The message names what there is."""
    with pytest.raises(
        ParameterError, match=r"^`columns` is a list of different columns of the ledger, .* id, started_at"
    ):
        tr.ledger(columns)


@pytest.mark.usefixtures("books")
def test_calls_are_chosen_by_time_and_model():
    """`since` keeps what began then or later, `model` what asked for it or was answered by it."""
    assert tr.ledger(since="1970-01-02")["id"].tolist() == list("2345")
    assert tr.ledger(model="m/1")["id"].tolist() == list("135")
    assert tr.ledger(model="m/1-001")["id"].tolist() == list("13")
    assert tr.ledger(since="1d").empty
    assert used(tr.usage_table("model", since="1970-01-02", model="m/0")) == {"m/0": 2}


@pytest.mark.usefixtures("books")
def test_what_was_used_by_model_day_and_conversation():
    """Groups have their calls, errors, exact costs, and how many are without a price."""
    by_model = tr.usage_table(by="model")
    assert used(by_model) == {"m/0": 3, "m/1": 3}
    assert by_model["errors"].tolist() == [1, 0]
    assert by_model["unpriced_calls"].tolist() == [1, 3]
    assert by_model["cost_usd"].isna().tolist() == [False, True]
    assert exact_usd(by_model["cost_usd"]) == Decimal("0.2")
    assert used(tr.usage_table(by="day")) == {f"1970-01-0{day} 00:00:00+00:00": 2 for day in (1, 2, 3)}
    assert used(tr.usage_table(by="conversation")) == {"c0": 3, "c1": 3}
    assert tr.usage_table()["requested_model"].tolist() == ["m/0", "m/1"] * 3
    assert "conversation_id" not in tr.usage_table()


def test_a_ledger_that_is_not_there_yet_is_empty(path):
    """Before the first call every table has its columns and no row, and no file is made by looking."""
    assert tr.ledger().shape == (0, len(LEDGER_COLUMNS) - 1)
    assert tr.usage_table("day").empty
    assert not path.exists()


def test_a_ledger_switched_off_is_told():
    """Nobody takes an empty table for no calls."""
    tr.configure(ledger_path=False)
    for look in (tr.ledger, tr.usage_table):
        with pytest.raises(SettingsError, match=r"^The ledger is switched off \(ledger_path=False\)"):
            look()


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"by": "hour"}, "`by` is one of"),
        ({"since": "soon"}, "`since` is a date"),
        ({"model": 5}, "`model` is a model id"),
    ],
)
def test_bad_arguments_are_refused(arguments, words):
    """Each is a ParameterError that says what is allowed."""
    with pytest.raises(ParameterError, match=words):
        tr.usage_table(**arguments)


def test_rows_that_another_program_damaged_spoil_no_others(books):
    """Text where a number belongs, and times beyond the calendar, are missing; all other cells are there."""
    with sqlite3.connect(books) as connection:
        connection.execute(
            "UPDATE calls SET total_tokens = 'many', cost_usd = 'free', started_at = 1e300 WHERE id = '0'"
        )
        connection.execute("UPDATE calls SET requested_model = x'ff00', seconds = 'long' WHERE id = '1'")
    connection.close()
    frame = tr.ledger()
    assert frame["total_tokens"].fillna(0).tolist() == [0, 10, 10, 10, 0, 0]
    assert frame["started_at"].isna().tolist() == [True] + [False] * 5
    assert frame["requested_model"].isna().tolist() == [False, True] + [False] * 4
    assert len(tr.usage_table("day")) == 4


def test_a_conversation_tells_what_itself_used(path):
    """Without arguments its replies; added up, or since a time, its calls in the ledger, failed ones included."""
    script = ["One.", Script("Two.", usage={"prompt_tokens": 7, "cost": 0.002}), Fault(500), "Other."]
    with ScriptedGateway(script) as gateway:
        chat, other = (
            tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False,
                            settings=tr.Settings(max_retries=0, ledger_path=path))
            for _ in range(2)
        )  # fmt: skip
        chat.ask("1")
        chat.ask("2", model="other/model")
        with pytest.raises(ServerError):
            chat.ask("3")
        asyncio.run(other.ask_async("4"))
    assert len(chat.usage_table()) == 2
    assert chat.usage_table(model="other/model")["cost_usd"].tolist() == [0.002]
    assert used(chat.usage_table("model")) == {"other/model": 1, "any/model": 2}
    assert chat.usage_table("model")["errors"].tolist() == [0, 1]
    assert chat.usage_table("conversation")["conversation_id"].tolist() == [chat.id]
    assert len(chat.usage_table(since="1h")) == 3
    assert chat.usage_table("day", since="2100-01-01").empty
    assert len(tr.ledger()) == 4
