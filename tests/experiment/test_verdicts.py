"""Verdicts are joined by pair, and a judge's habits are measured, as planted."""

import inspect

import numpy as np
import pandas as pd
import pytest
from made_rows import make_rows

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.ranking import rank
from toprouter_nb.experiment.verdicts import (
    BIAS_COLUMNS,
    PAIR_COLUMNS,
    judge_agreement,
    judge_bias,
    pair_verdicts,
    plan_pairs,
)

LINE = {"prompt_id": "p", "cluster": "p", "repeat": 0, "model_a": "m", "model_b": "n"}


def judged(*orders):
    """Return the verdicts on one pair: the first order straight, the second swapped."""
    return pd.DataFrame([LINE | {"is_swapped": bool(place), "verdict": said} for place, said in enumerate(orders)])


def planted(pairs, *, bias=0.0, truth=0.5, seed=0):
    """Make verdicts of a judge that takes the first shown with a chance, and else the truly better one."""
    chance = np.random.default_rng(seed)
    is_a = chance.random(pairs) < truth
    lines = []
    for is_swapped in (False, True):
        honest = np.where(is_a != is_swapped, "first", "second")
        said = np.where(chance.random(pairs) < bias, "first", honest)
        names = [f"p{number}" for number in range(pairs)]
        lines.append(pd.DataFrame({"prompt_id": names, "cluster": names, "is_swapped": is_swapped, "verdict": said}))
    return pd.concat(lines).assign(repeat=0, model_a="m", model_b="n")


def measures(verdicts):
    """Return the estimates by measure."""
    return judge_bias(verdicts).df().set_index("measure")["estimate"].to_dict()


@pytest.mark.parametrize(("function", "columns"), [(pair_verdicts, PAIR_COLUMNS), (judge_bias, BIAS_COLUMNS)])
def test_the_docstring_lists_the_columns_as_declared(function, columns):
    """The documentation has one line for each column: name, dtype, unit, what null means."""
    lines = [line.strip().split(" | ") for line in inspect.getdoc(function).splitlines() if line.count(" | ") == 3]
    declared = [[column.name, column.dtype, column.unit, column.null_means] for column in columns]
    assert lines == [["name", "dtype", "unit", "null means"], ["---"] * 4, *declared]


def test_every_two_answers_are_paired_in_both_orders():
    """Each prompt and repeat has each two models twice; failed rows are in no pair; the places lead to the rows."""
    rows = make_rows(prompts=4, repeats=2)
    rows.loc[0, "status"] = "error"
    plan = plan_pairs(rows)
    assert len(plan) == (4 * 2 * 3 - 2) * 2
    for _, line in plan.iterrows():
        one, two = rows.iloc[line["row_a"]], rows.iloc[line["row_b"]]
        assert (one["model"], two["model"]) == (line["model_a"], line["model_b"])
        assert one["prompt_id"] == two["prompt_id"] == line["prompt_id"]
        assert one["repeat"] == two["repeat"] == line["repeat"]
    assert plan["is_swapped"].mean() == 0.5
    assert len(plan_pairs(rows, swap=False)) * 2 == len(plan)
    assert set(plan_pairs(rows, models=["a/small", "c/large"])["model_b"]) == {"c/large"}
    with pytest.raises(ParameterError, match=r"answers of two models or more; here is none\."):
        plan_pairs(rows[:0])


@pytest.mark.parametrize(
    ("orders", "winner", "is_flip"),
    [
        (("first", "second"), "a", False),
        (("second", "first"), "b", False),
        (("first", "first"), "tie", True),
        (("second", "second"), "tie", True),
        (("tie", "tie"), "tie", False),
        (("first", "tie"), "tie", False),
        (("first", None), None, None),
        ((None, None), None, None),
        (("first",), "a", None),
        (("tie",), "tie", None),
    ],
)
def test_orders_are_joined(orders, winner, is_flip):
    """The same winner in both orders wins; disagreement is a tie; a missing verdict is none, never a tie."""
    line = pair_verdicts(judged(*orders)).iloc[0]
    assert (None if pd.isna(line["winner"]) else line["winner"]) == winner
    assert (None if pd.isna(line["is_flip"]) else bool(line["is_flip"])) is is_flip


def test_a_judge_that_always_takes_the_first_is_found_out():
    """Its verdicts are half and half, all pairs flip, and the sentence says so."""
    verdicts = planted(100, bias=1.0)
    found = judge_bias(verdicts)
    assert measures(verdicts) | {"no verdict": 0.0} == {
        "flips": 1.0,
        "first place": 1.0,
        "position bias": 1.0,
        "ties": 0.0,
        "no verdict": 0.0,
    }
    assert found.sentences == (
        "The winner changed with the order in 100.0% of 100 pairs.",
        "The judge prefers what is shown first, by 100.0%.",
    )
    assert set(pair_verdicts(verdicts)["winner"]) == {"tie"}
    assert rank(pair_verdicts(verdicts)).df()["win_share"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("truth", [0.5, 0.9])
def test_a_planted_bias_is_measured(truth):
    """A judge that takes the first in 20 % of the cases: within 2 points at 1,000 pairs, whatever the truth."""
    verdicts = planted(1_000, bias=0.2, truth=truth, seed=1)
    line = judge_bias(verdicts).df().set_index("measure").loc["position bias"]
    assert line["estimate"] == pytest.approx(0.2, abs=0.02)
    assert line["low"] < 0.2 < line["high"]


def test_an_honest_judge_is_not_accused():
    """Without bias nothing flips, and no liking is seen."""
    found = judge_bias(planted(200))
    assert found.sentences == (
        "The winner changed with the order in 0.0% of 200 pairs.",
        "No liking for one place is seen.",
    )


def test_what_was_not_seen_is_not_claimed():
    """With one order only, a liking cannot be seen; unread verdicts are counted and left out."""
    verdicts = planted(40)
    single = judge_bias(verdicts[~verdicts["is_swapped"]])
    assert single.sentences[0] == "No pair was judged in both orders, so a liking for one place cannot be seen."
    assert pd.isna(single.df().set_index("measure").loc["flips", "estimate"])
    silent = verdicts.assign(verdict=verdicts["verdict"].where(verdicts["prompt_id"] != "p0"))
    said = judge_bias(silent)
    assert said.df().set_index("measure").loc["no verdict", "estimate"] == pytest.approx(2 / 80)
    assert said.df().set_index("measure").loc["flips", "count"] == 39
    assert said.sentences[-1] == "2.5% of the verdicts could not be read; they are left out."


def test_a_person_and_a_judge_are_compared_whichever_way_round():
    """Pairs are found by prompt, repeat and models; exchanged sides mean exchanged winners."""
    judge = pair_verdicts(planted(50, truth=0.6))
    human = judge.rename(columns={"model_a": "model_b", "model_b": "model_a"}).copy()
    human["winner"] = human["winner"].map({"a": "b", "b": "a", "tie": "tie"})
    human.loc[:4, "winner"] = "tie"
    found = judge_agreement(judge, human)
    assert (found.items, found.share.estimate) == (50, pytest.approx(45 / 50))
    assert found.kappa > 0.7


@pytest.mark.parametrize(
    ("verdicts", "message"),
    [
        ([], "Verdicts come as a DataFrame, not list."),
        (
            pd.DataFrame({"prompt_id": []}),
            "The verdicts have no column 'cluster'. They need prompt_id, cluster, repeat, model_a, model_b, is_",
        ),
        (judged("A"), "A verdict is 'first', 'second', 'tie' or missing, not 'A'."),
    ],
)
def test_what_are_no_verdicts_is_refused(verdicts, message):
    """A missing column or an unknown verdict is a typed error."""
    with pytest.raises(ParameterError) as caught:
        pair_verdicts(verdicts)
    assert str(caught.value).startswith(message)
