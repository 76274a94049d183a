"""What a call is booked as: its price, and its line in the ledger."""

import json
from decimal import Decimal

import pytest
from shop import COUNTED, KEY, PICTURE, chat_with, know_prices, play

import toprouter_nb as tr
from toprouter_nb.call_log import CallRow, current_log
from toprouter_nb.testing import Script


@pytest.fixture(autouse=True)
def memory():
    """Keep the ledger of each test apart."""
    tr.configure(ledger_path=":memory:")
    yield
    current_log(tr.configure()).close()


def rows():
    """Return the calls in the ledger."""
    return [CallRow(*found) for found in current_log(tr.configure()).select()]


def test_what_was_billed_counts_before_what_is_computed():
    """The gateway's own amount is the cost, exactly as it spelled it; nothing is looked up."""
    with play([Script("Hi.", usage=COUNTED | {"cost": 1.5e-07})]) as gateway:
        know_prices(gateway)
        reply = chat_with(gateway).ask("Hi")
    assert (reply.cost_usd, reply.cost_source) == (Decimal("1.5E-7"), "billed")
    assert [(row.cost_usd, row.cost_source, row.priced_at) for row in rows()] == [("0.00000015", "billed", None)]


def test_an_own_key_costs_what_both_bill():
    """With a provider key of one's own the gateway's fee and the provider's bill are added."""
    usage = COUNTED | {"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}
    with play([Script("Hi.", usage=usage)]) as gateway:
        assert chat_with(gateway).ask("Hi").cost_usd == Decimal("0.21")


def test_a_cost_is_computed_from_the_list_that_is_known():
    """Where nothing was billed, the known prices count, and the ledger says of when they are."""
    with play([Script("Hi.", usage=COUNTED), Script("Hi.", usage=COUNTED)]) as gateway:
        chat = chat_with(gateway)
        unknown = chat.ask("Hi")
        know_prices(gateway)
        computed = chat.ask("Hi")
    assert (unknown.cost_usd, unknown.cost_source) == (None, "unknown")
    assert (computed.cost_usd, computed.cost_source) == (Decimal("0.006"), "computed")
    first, second = rows()
    assert (first.cost_usd, first.priced_at, second.cost_usd) == (None, None, "0.0060")
    assert 0 <= second.started_at - second.priced_at < 60
    assert chat.cost_usd is None
    assert [request.method for request in gateway.requests] == ["POST", "GET", "POST"]


def test_the_model_that_answered_is_charged():
    """A gateway may answer with another model, at that model's price."""
    with play([Script("Hi.", usage=COUNTED, model="maker/gift"), Script("Hi.", usage=COUNTED, model="x")]) as gateway:
        know_prices(gateway)
        chat = chat_with(gateway)
        assert [chat.ask("Hi").cost_usd, chat.ask("Hi").cost_usd] == [0, Decimal("0.006")]


def test_a_variant_has_no_price_but_its_own():
    """What "maker/model:free" costs is not what "maker/model" costs."""
    with play([Script("Hi.", usage=COUNTED)]) as gateway:
        know_prices(gateway)
        assert chat_with(gateway, "maker/model:free").ask("Hi").cost_usd is None


def test_pictures_are_charged_by_the_piece():
    """Every image of the request counts, earlier turns included; its base64 is no text."""
    picture = tr.image(PICTURE)
    usage = {"prompt_tokens": 0, "completion_tokens": 0}
    with play([Script("Hi.", usage=usage)] * 2) as gateway:
        know_prices(gateway)
        chat = chat_with(gateway, "maker/seer")
        text = '{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}'
        costs = [chat.ask(text, picture, picture).cost_usd, chat.ask("And?", picture).cost_usd]
    assert costs == [Decimal("0.5"), Decimal("0.75")]


def test_the_question_is_kept_only_where_that_is_asked_for():
    """No text is in the ledger by default; with `ledger_prompts` the question is, without the key."""
    with play(["Hi."] * 2) as gateway:
        chat = chat_with(gateway, system="Be brief.")
        chat.name = f"tutor {KEY}"
        chat.ask("My secret question")
        tr.configure(ledger_prompts=True)
        chat.ask(f"Is {KEY} safe?\x1b[31m \ud800", "And this?")
    first, second = rows()
    assert (first.prompt_text, second.prompt_text) == (None, "Is [key hidden] safe?\\x1b[31m �\n\nAnd this?")
    assert (first.conversation_id, first.conversation_name) == (chat.id, "tutor [key hidden]")
    assert KEY not in json.dumps(rows())


def test_a_servers_words_are_bounded():
    """What a server calls itself may be anything; the ledger keeps a line of it that a terminal can show."""
    with play([Script("Hi.", model="m\x1b" * 5000, finish_reason="f" * 5000)]) as gateway:
        chat_with(gateway).ask("Hi")
    (row,) = rows()
    assert (len(row.served_model), row.served_model[:10], len(row.finish_reason)) == (300, "m\\x1bm\\x1b", 300)
