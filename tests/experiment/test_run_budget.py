"""A run costs no more than its budget, over all its starts and whatever the gateway bills within its prices."""

import random

import pytest
from studies import MODELS, Gateway, grid_of, listed, study_at

from toprouter_nb import errors
from toprouter_nb.testing import Script


def test_given_prices_make_a_budget_possible(tmp_path):
    """A model without a listed price can be run under a budget with a price of yours, which is computed with."""
    with Gateway(models=listed(pricing=None)) as gateway:
        study = study_at(gateway, tmp_path, grid_of(2), prices=dict.fromkeys(MODELS, (1, 2)))
        run = study.run(budget_usd=1, display=False)
    frame = run.df()
    expected = (frame["prompt_tokens"] + 2 * frame["completion_tokens"]) / 1e6
    assert frame["cost_usd"].tolist() == pytest.approx(expected.tolist())
    assert set(frame["cost_source"]) == {"computed"}


def test_the_budget_stops_the_run_and_a_larger_one_goes_on(tmp_path):
    """What is spent stays below the budget over all starts; then a run that cannot spend more is refused."""
    with Gateway() as gateway:
        study = study_at(gateway, tmp_path, grid_of(40))
        run = study.run(budget_usd=0.0005, display=False)
        assert run.state.phase == "budget"
        assert 0 < gateway.calls < 160
        assert 0 < run.state.spent_usd <= 0.0005
        with pytest.raises(errors.BudgetError, match=r"The budget of .* US dollars is spent"):
            study.run(budget_usd=1e-9, display=False)
        done = study.run(budget_usd=1, display=False)
        assert gateway.calls == 160
    assert done.state.spent_usd == pytest.approx(float(done.df()["cost_usd"].sum()))


@pytest.mark.parametrize("seed", range(5))
def test_whatever_a_gateway_bills_within_its_prices_the_cap_holds(tmp_path, seed):
    """Random bills up to the worst case, in many lanes, over two starts: what was billed stays below the budget."""
    chance, billed = random.Random(seed), []

    def reply(request):
        worst = (20 + len(request.json["messages"][-1]["content"])) * 1e-6
        billed.append(chance.choice([worst, 0.0, worst * chance.random()]))
        usage = {"prompt_tokens": 5, "completion_tokens": 20, "total_tokens": 25, "cost": billed[-1]}
        return Script("x", usage=usage, first_delay_seconds=chance.random() / 50)

    with Gateway(reply) as gateway:
        study = study_at(gateway, tmp_path, grid_of(40))
        for budget in (0.001, 0.002):
            run = study.run(budget_usd=budget, concurrency=12, display=False)
            assert sum(billed) <= budget
            assert run.state.spent_usd == pytest.approx(sum(billed), abs=1e-6)
