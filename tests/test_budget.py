"""A budget is never broken, whoever spends it at once."""

import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from toprouter_nb.amounts import spell_usd
from toprouter_nb.budget import Budget
from toprouter_nb.errors import BudgetError, SettingsError


def used(budget):
    """Return spent, held and reserved."""
    return budget.spent_usd, budget.held_usd, budget.reserved_usd


def test_what_could_break_it_is_refused():
    """The message says what the call could cost, what is left and why, and what to do; nothing is reserved."""
    budget = Budget("0.10", name="this conversation")
    budget.reserve(Decimal("0.05")).settle(Decimal("0.03"))
    under_way = budget.reserve(Decimal("0.04"))
    with pytest.raises(BudgetError) as caught:
        budget.reserve(Decimal("0.0301"))
    assert str(caught.value) == (
        "This call could cost up to $0.0301, and of the $0.10 for this conversation only $0.03 are left: $0.03 spent, "
        "$0.04 reserved for calls under way. Nothing was sent. Lower max_tokens, ask a cheaper model, or raise "
        "budget_usd."
    )
    assert (caught.value.kind, caught.value.attempts) == ("insufficient_credits", 0)
    under_way.settle(Decimal("0.01"))
    assert used(budget) == (Decimal("0.04"), 0, 0)
    budget.reserve(Decimal("0.06"))


def test_an_unknown_cost_holds_its_worst_case():
    """A call that was cut off may have been billed in full, so that much is not given to others."""
    budget = Budget(1)
    budget.reserve(Decimal("0.75")).settle(None)
    assert used(budget) == (0, Decimal("0.75"), 0)
    with pytest.raises(BudgetError, match=r"\$0.75 \(\$0.75 of it for calls whose cost is not known\) spent"):
        budget.reserve(Decimal("0.26"))


def test_a_reservation_is_settled_once():
    """A second settling does nothing, and one that is dropped gives everything back."""
    budget = Budget(1)
    reservation = budget.reserve(Decimal("0.5"))
    reservation.settle(Decimal("0.25"))
    reservation.settle(Decimal("0.25"))
    budget.reserve(Decimal("0.5"))
    assert used(budget) == (Decimal("0.25"), 0, 0)


def test_eighty_percent_are_told_once():
    """One warning when four fifths are used; another only after the limit was raised."""
    budget = Budget(1, name="this block")
    budget.reserve(Decimal("0.79")).settle(Decimal("0.79"))
    with pytest.warns(UserWarning, match=r"^\$0\.80 of the \$1\.00 for this block are used\.$"):
        budget.reserve(Decimal("0.01")).settle(Decimal("0.01"))
    budget.reserve(Decimal("0.1")).settle(Decimal("0.1"))
    budget.limit_usd = 2
    with pytest.warns(UserWarning, match="are used"):
        budget.reserve(Decimal("0.8")).settle(None)


def test_free_calls_pass_an_empty_budget():
    """What costs nothing can break nothing, also where nothing is left; it warns of nothing."""
    budget = Budget(0)
    budget.reserve(Decimal(0)).settle(Decimal(0))
    with pytest.raises(BudgetError):
        budget.reserve(Decimal("0.000001"))


@pytest.mark.parametrize("limit", [-1, "x", True, float("nan"), [1]])
def test_a_limit_is_an_amount(limit):
    """Anything but an amount of 0 or more is refused, at the beginning and later; the old limit holds."""
    budget = Budget(1)
    with pytest.raises(SettingsError, match=r"^budget_usd must be US dollars, 0 or more"):
        budget.limit_usd = limit
    with pytest.raises(SettingsError):
        Budget(limit)
    assert budget.limit_usd == 1


def test_threads_cannot_break_it_together():
    """Sixteen threads that reserve and settle at random: spent, held and reserved never pass the limit."""
    budget, seen = Budget(10), []

    def spend(seed):
        chance = random.Random(seed)
        for _ in range(300):
            worst = Decimal(chance.randrange(1, 200)) / 100
            try:
                reservation = budget.reserve(worst)
            except BudgetError:
                continue
            seen.append(sum(used(budget)))
            reservation.settle(worst / chance.choice((1, 4, 100)) if chance.random() < 0.9 else Decimal(0))

    with pytest.warns(UserWarning, match="are used"), ThreadPoolExecutor(16) as pool:
        list(pool.map(spend, range(16)))
    assert max(seen) <= 10
    assert (budget.reserved_usd, Decimal(8) < budget.spent_usd <= 10) == (0, True)


def test_a_pickle_keeps_what_was_spent():
    """What is under way stays with the process it is under way in."""
    budget = Budget("1.5")
    budget.reserve(Decimal("0.5")).settle(Decimal("0.25"))
    under_way = budget.reserve(Decimal("0.5"))
    copy = pickle.loads(pickle.dumps(budget))
    assert (copy.limit_usd, used(copy), repr(copy)) == (
        Decimal("1.5"),
        (Decimal("0.25"), 0, 0),
        "Budget($1.50 for this budget, $1.25 left)",
    )
    copy.reserve(Decimal(1))
    under_way.settle(Decimal(0))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0", "$0.00"), ("12", "$12.00"), ("1234.567", "$1234.57"), ("0.1", "$0.10"), ("0.0123456", "$0.0124"),
     ("0.000000001", "$0.000000001"), ("1e-30", "$0.000000000001")],
)  # fmt: skip
def test_amounts_are_spelled_for_people(amount, shown):
    """Cents, or three digits of less; rounded up, so that nothing looks cheaper than it is."""
    assert spell_usd(Decimal(amount)) == shown
