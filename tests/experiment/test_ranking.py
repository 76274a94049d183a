"""A ranking says who is stronger, how sure that is, and whom nothing can be said of."""

import inspect
import time

import numpy as np
import pandas as pd
import pytest

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.ranking import RANKING_COLUMNS


def comparisons(prompts=80, strengths=(1.0, 0.0, -1.0), seed=0):
    """Make comparisons of all pairs on each prompt; the winner is spelled in every way there is."""
    chance = np.random.default_rng(seed)
    lines = []
    for prompt in range(prompts):
        for one in range(len(strengths)):
            for two in range(one + 1, len(strengths)):
                is_first = chance.random() < 1 / (1 + np.exp(strengths[two] - strengths[one]))
                winner = chance.choice([["b", f"m{two}"], ["a", f"m{one}"]][int(is_first)])
                lines.append((f"p{prompt}", f"m{one}", f"m{two}", "tie" if chance.random() < 0.1 else winner))
    return pd.DataFrame(lines, columns=["prompt_id", "model_a", "model_b", "winner"])


def test_the_docstring_lists_the_columns_as_declared():
    """The documentation has one line for each column: name, dtype, unit, what null means."""
    lines = [line.strip().split(" | ") for line in inspect.getdoc(tr.rank).splitlines() if line.count(" | ") == 3]
    declared = [[column.name, column.dtype, column.unit, column.null_means] for column in RANKING_COLUMNS]
    assert lines == [["name", "dtype", "unit", "null means"], ["---"] * 4, *declared]


def test_the_order_is_that_of_the_strengths():
    """The strongest is first; the intervals hold the truth that the comparisons were made from."""
    found = tr.rank(comparisons(prompts=300))
    table = found.df()
    assert table["model"].tolist() == ["m0", "m1", "m2"]
    assert table["place"].tolist() == [1, 2, 3]
    assert table["comparisons"].tolist() == [600] * 3
    # One in ten is a tie, which draws strengths together: half as much as the share of ties, about.
    assert table["strength"].tolist() == pytest.approx([0.87, 0.0, -0.87], abs=0.2)
    assert (table["low"] < table["strength"]).all()
    assert found.sentences == ("m0 beats m1, m0 beats m2 and m1 beats m2, at 95 %.",)


def test_the_share_of_wins_counts_ties_as_half():
    """By hand: two wins, one tie, one loss are 2.5 of 4."""
    frame = pd.DataFrame({"model_a": "x", "model_b": "y", "winner": ["a", "x", "tie", "y"]})
    shares = tr.rank(frame).df().set_index("model")["win_share"]
    assert shares.to_dict() == {"x": 0.625, "y": 0.375}


def test_sides_and_spelling_do_not_matter():
    """A comparison says the same with its sides exchanged."""
    frame = comparisons()
    other = frame.rename(columns={"model_a": "model_b", "model_b": "model_a"})
    other["winner"] = other["winner"].replace({"a": "b", "b": "a"})
    assert tr.rank(frame).df()["strength"].tolist() == pytest.approx(tr.rank(other).df()["strength"].tolist())


def test_comparisons_on_one_prompt_are_not_independent():
    """The same comparisons three times over, on the same prompts, are hardly surer."""
    frame = comparisons(prompts=60)
    single, threefold = tr.rank(frame).df(), tr.rank(pd.concat([frame] * 3)).df()
    widths = [(table["high"] - table["low"]).to_numpy() for table in (single, threefold)]
    assert widths[1] == pytest.approx(widths[0], rel=0.01)


def test_no_verdict_is_left_out():
    """A comparison without a winner is no tie."""
    frame = comparisons()
    gaps = frame.assign(winner=None)
    assert tr.rank(pd.concat([frame, gaps])).df()["comparisons"].tolist() == [160] * 3


def test_a_model_that_never_lost_has_no_bound():
    """It is flagged and has no interval; six wins of six are not enough among three pairs."""
    frame = pd.DataFrame({"model_a": ["x"] * 9 + ["y", "z"] * 6, "model_b": ["y", "z", "y"] * 3 + ["z", "y"] * 6})
    frame["winner"] = "a"
    found = tr.rank(frame)
    best = found.df().iloc[0]
    assert (best["model"], best["is_unbounded"]) == ("x", True)
    assert best[["low", "high"]].isna().all()
    assert np.isfinite(best["strength"])
    assert found.sentences == (
        "No pair is separated at 95 %.",
        "x never lost, so its strength has no bound; more comparisons are needed.",
        "Only 21 prompts: below 30 an interval is rough, and a small difference cannot be seen.",
    )


def test_a_pair_that_beat_all_others_has_no_interval():
    """Two models that lost only to each other are as unbounded as one that never lost, and are told so."""
    games = [("p", "q"), ("q", "p")] * 10 + [(one, other) for one in "pq" for other in "xyz"] * 10
    games += [("x", "y"), ("y", "z"), ("z", "x")] * 10
    found = tr.rank(pd.DataFrame(games, columns=["model_a", "model_b"]).assign(winner="a"))
    table = found.df().set_index("model")
    assert table["is_unbounded"].to_dict() == dict.fromkeys("pq", True) | dict.fromkeys("xyz", False)
    assert table.loc[["p", "q"], ["low", "high"]].isna().all(axis=None)
    assert "p shares no cycle of wins with the rest, so its strength has no bound; more comparisons are needed." in (
        found.sentences
    )


def test_many_comparisons_take_little_time():
    """A hundred thousand comparisons of eight models take less than five seconds of one core."""
    chance = np.random.default_rng(1)
    one = chance.integers(0, 8, 100_000)
    two = (one + chance.integers(1, 8, 100_000)) % 8
    frame = pd.DataFrame(
        {"model_a": one.astype(str), "model_b": two.astype(str), "winner": chance.choice(["a", "b"], 100_000)}
    )
    began = time.process_time()
    tr.rank(frame)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([], "rank() takes a DataFrame of comparisons, not list."),
        (
            pd.DataFrame({"model_a": []}),
            "The comparisons have no column 'model_b'. rank() needs model_a, model_b and winn",
        ),
        (
            pd.DataFrame({"model_a": ["x"], "model_b": ["y"], "winner": [None]}),
            "No comparison has a verdict, so there is nothing to rank.",
        ),
        (
            pd.DataFrame({"model_a": ["x"], "model_b": ["x"], "winner": ["a"]}),
            "A comparison has 'x' on both sides. Compare two models.",
        ),
        (
            pd.DataFrame({"model_a": ["x"], "model_b": ["y"], "winner": ["z"]}),
            "A winner is 'a', 'b', 'tie' or the name of one of the two models, not 'z'.",
        ),
        (
            pd.DataFrame({"model_a": ["x", "v"], "model_b": ["y", "w"], "winner": ["a", "a"]}),
            "Some models are joined by no chain of comparisons, so they cannot be ranked. Compare more pairs.",
        ),
    ],
)
def test_what_are_no_comparisons_is_refused(frame, message):
    """A missing column, a winner who did not play, or models that never met are typed errors."""
    with pytest.raises(ParameterError) as caught:
        tr.rank(frame)
    assert str(caught.value).startswith(message)


def test_a_model_called_like_a_side_is_never_guessed():
    """A winner 'a' that is the second model's name is refused; where name and side agree it is taken."""
    lines = {"model_a": ["b", "b"], "model_b": ["a", "a"], "winner": ["a", "b"]}
    with pytest.raises(ParameterError, match="The winner 'a' is a model's name and means something else, too"):
        tr.rank(pd.DataFrame(lines))
    agreed = tr.rank(pd.DataFrame(lines | {"model_a": ["a", "a"], "model_b": ["b", "b"]}))
    assert agreed.df()["comparisons"].tolist() == [2, 2]


def test_a_comparison_without_a_model_is_refused():
    """A missing name is one clear error."""
    lines = {"model_a": ["m", None], "model_b": ["n", "n"], "winner": ["a", "b"]}
    with pytest.raises(ParameterError, match="lacks the name of a model"):
        tr.rank(pd.DataFrame(lines))


def test_who_always_wins_is_separated_by_the_number_of_prompts():
    """Two hundred wins of two hundred are no tie, though the strength has no bound."""
    frame = pd.DataFrame({"model_a": ["x"] * 200, "model_b": ["y"] * 200, "winner": "a"})
    assert tr.rank(frame).sentences[0] == "x beats y, at 95 %."
    assert tr.rank(frame.assign(prompt_id="p")).sentences[0] == "No pair is separated at 95 %."


def test_models_that_beat_all_others_as_a_group_have_no_bound():
    """Two that only lose to each other, above two that only beat each other: no interval is made up by the ridge."""
    lines = [(one, two, "a", place) for place in range(60) for one in ("w", "x") for two in ("y", "z")]
    lines += [pair for place in range(60) for pair in (("w", "x", "ab"[place % 2], place), ("y", "z", "tie", place))]
    found = tr.rank(pd.DataFrame(lines, columns=["model_a", "model_b", "winner", "prompt_id"]))
    assert found.df()["is_unbounded"].all()
    assert found.df()[["low", "high"]].isna().all(axis=None)
    assert found.sentences[0] == "w beats y, w beats z, x beats y and x beats z, at 95 %."
    assert "w shares no cycle of wins with the rest, so its strength has no bound; more" in found.sentences[1]
