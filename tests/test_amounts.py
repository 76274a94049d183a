"""Amounts of money are read, added up and spelled as they are, whatever a notebook did to its decimals."""

import decimal
from decimal import Decimal

import pytest
from shop import COUNTED, chat_with, know_prices, play

import toprouter_nb as tr
from toprouter_nb.amounts import read_usd, spell_usd, total_usd
from toprouter_nb.budget import Budget
from toprouter_nb.cards import decode_cards
from toprouter_nb.experiment.row import nano_usd
from toprouter_nb.prices import price_sheet
from toprouter_nb.testing import Script
from toprouter_nb.usage import Usage
from toprouter_nb.wire.answer import decode_usage

NO_AMOUNTS = [
    *(
        None,
        True,
        False,
        [],
        {},
        b"1",
        -1,
        "-0.01",
        11,
        "11",
        float("nan"),
        float("inf"),
        "NaN",
        "Infinity",
        "sNaN",
        "",
    ),
    *("1e-99999999999", "1e999999999", "0." + "1" * 99, "1_000", "\u0663", "1 000", "1,5", "0x1", "$1", 10**5000),
    *(Decimal("sNaN"), Decimal("1E-9999999"), 1 + 2j),
]


@pytest.mark.parametrize("value", NO_AMOUNTS, ids=range(len(NO_AMOUNTS)))
def test_what_is_no_amount_is_none(value):
    """Whatever a server may send, it is an amount as spelled or it is none: never 0, and never a full memory."""
    assert read_usd(value, 10) is None


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (0, "0"),
        ("0", "0"),
        ("-0", "0"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (" 5 ", "5"),
        ("+1.", "1"),
        (".5", "0.5"),
        ("2E-6", "0.000002"),
    ],
)
def test_an_amount_is_what_is_spelled(value, amount):
    """Numbers and texts are read to the digit, and no zero is a negative one."""
    assert f"{read_usd(value, 10):f}".rstrip("0").rstrip(".") in (amount, "")
    assert read_usd(value, 10) == Decimal(amount)
    assert not read_usd(value, 10).is_signed()


@pytest.mark.parametrize("spelled", ["1e-99999999999", "0." + "0" * 99 + "1", "1_0", "\u0663"])
def test_no_server_names_an_amount_that_fills_the_memory(spelled):
    """A bill or a price with an exponent of its choice is not known, and costs nothing to refuse."""
    assert decode_usage({"cost": spelled}).cost_usd is None
    assert price_sheet({"prompt": spelled, "completion": "0"}) is None
    ((card,), _) = decode_cards([{"id": "a/b", "pricing": {"prompt": spelled}}])
    assert card.prompt_usd_per_million is None


@pytest.mark.parametrize("limit", ["1e29", "1e-30", Decimal("1E+20"), "0", "-0"])
def test_a_budget_can_be_shown_however_large_or_small(limit):
    """Its repr and its refusal spell any limit that is taken."""
    budget = Budget(limit)
    assert repr(budget).startswith("Budget($")
    with pytest.raises(tr.errors.BudgetError, match=r"could cost up to \$"):
        budget.reserve(Decimal("1E+30"))


@pytest.fixture(
    params=[
        {"prec": 3},
        {"traps": [decimal.Inexact, decimal.Rounded, decimal.FloatOperation]},
        {"Emin": -2, "prec": 2},
    ],
    ids=["three digits", "traps", "no small numbers"],
)
def changed_decimals(request):
    """Change the decimals of this notebook, as a lesson on rounding does."""
    with decimal.localcontext(decimal.Context(**request.param)):
        yield


@pytest.mark.usefixtures("changed_decimals")
def test_a_notebook_may_change_its_decimals():
    """Bills add up to the last digit, budgets hold, and nothing raises, whatever the caller's decimal context is."""
    bills = ["1.2345", "0.0003", "2.3456789"]
    with play(
        [Script("Hi.", usage=COUNTED | {"cost": bill}) for bill in bills] + [Script("Hi.", usage=COUNTED)]
    ) as gateway:
        know_prices(gateway)
        chat = chat_with(gateway, budget_usd="9.1234567", max_tokens=9)
        with tr.track("9.7654321") as meter:
            for _ in bills:
                chat.ask("Hi")
        assert str(meter.cost_usd) == str(chat.cost_usd) == str(chat.usage.cost_usd) == "3.5804789"
        assert str(meter.budget.left_usd) == "6.1849532"
        assert spell_usd(meter.cost_usd) == "$3.59"
        assert chat.ask("Hi").cost_usd.compare_total(Decimal("0.0060")) == 0
        tr.configure(base_url=gateway.base_url)
        assert tr.models(max_usd_per_million=100.5)["id"].tolist()[-2:] == ["maker/gift", "maker/seer"]


@pytest.mark.usefixtures("changed_decimals")
def test_sums_and_units_are_exact():
    """Usage, totals and an experiment's whole units keep each digit; what is less than a unit is no 0."""
    parts = [Decimal("1.23456"), Decimal("1E-30")]
    assert str(total_usd(parts)) == "1.234560000000000000000000000001"
    assert str((Usage(cost_usd=parts[0]) + Usage(cost_usd=parts[1])).cost_usd) == str(total_usd(parts))
    assert (nano_usd(parts[0]), nano_usd(parts[1])) == (1_234_560_000, 1)


def test_an_own_key_without_the_providers_bill_is_not_known():
    """Half of a bill is not the bill: where the provider's part is missing, the cost is computed, or not known."""
    usage = {"cost": 0.01, "is_byok": True}
    for details in ({}, {"cost_details": None}, {"cost_details": {"upstream_inference_cost": None}}):
        assert decode_usage(usage | details).cost_usd is None
    assert decode_usage(usage | {"cost_details": {"upstream_inference_cost": 0}}).cost_usd == Decimal("0.01")
