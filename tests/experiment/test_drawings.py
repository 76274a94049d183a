"""Every picture shows the numbers it gives back, on light and on dark paper, and on axes of one's own."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_rows import MODELS, make_rows
from matplotlib import colors

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.contrasts import contrast_frame
from toprouter_nb.experiment.draw_pairs import draw_flips, draw_strengths
from toprouter_nb.experiment.draw_rows import draw_heatmap, draw_latency
from toprouter_nb.experiment.draw_scores import draw_differences, draw_means, draw_quality_cost
from toprouter_nb.experiment.pictures import PairPictures, RunPictures
from toprouter_nb.experiment.ranking import rank
from toprouter_nb.experiment.results_pairs import Pairs
from toprouter_nb.experiment.verdicts import pair_verdicts, plan_pairs

ROWS = make_rows()


def made_verdicts():
    """Make verdicts on the rows, of a judge that likes the first place."""
    verdicts = plan_pairs(ROWS)
    chance = np.random.default_rng(0)
    return verdicts.assign(verdict=chance.choice(["first", "second", "tie"], len(verdicts), p=[0.5, 0.4, 0.1]))


VERDICTS = made_verdicts()
DRAW = {
    "means": lambda ax: draw_means(ROWS, "exact", ax=ax),
    "quality_cost": lambda ax: draw_quality_cost(ROWS, "exact", ax=ax),
    "differences": lambda ax: draw_differences(ROWS, "exact", ax=ax),
    "heatmap": lambda ax: draw_heatmap(ROWS, "exact", ax=ax),
    "latency": lambda ax: draw_latency(ROWS, ax=ax),
    "strengths": lambda ax: draw_strengths(pair_verdicts(VERDICTS), ax=ax),
    "flips": lambda ax: draw_flips(VERDICTS, ax=ax),
}


@pytest.fixture(autouse=True)
def _closed_figures():
    """Draw without a screen, and leave no figure open."""
    with mpl.rc_context({"backend": "agg"}):
        yield
        plt.close("all")


@pytest.mark.parametrize("name", DRAW)
@pytest.mark.parametrize("paper", ["white", "#111418"])
def test_a_picture_is_drawn_on_the_axes_given(name, paper):
    """The caller's axes are used, every text can be read on their paper, and nothing of matplotlib is changed."""
    before = dict(mpl.rcParams)
    figure, axes = plt.subplots(1, 2, facecolor=paper)
    axes[0].set_facecolor(paper)
    ax, frame = DRAW[name](axes[0])
    figure.canvas.draw()
    assert ax is axes[0]
    assert isinstance(frame, pd.DataFrame)
    assert not axes[1].lines
    assert dict(mpl.rcParams) == before
    back = np.mean(colors.to_rgb(paper))
    texts = [text for text in [*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts] if text.get_text()]
    assert texts
    assert all(abs(np.mean(colors.to_rgb(text.get_color())) - back) > 0.25 for text in texts)


@pytest.mark.parametrize("name", DRAW)
def test_a_picture_makes_a_figure_where_none_is_given(name):
    """Without axes there is a new figure, which can be saved; the value is short where it is shown."""
    drawn = DRAW[name](None)
    drawn.ax.figure.canvas.draw()
    assert repr(drawn) == f"Drawn({drawn.ax.get_title('left')!r}, {len(drawn.frame)} lines)"


def test_means_are_sorted_and_drawn():
    """Points and ends stand where the frame says, the best at the top."""
    ax, frame = draw_means(ROWS, "exact")
    assert frame["variant"].tolist() == list(reversed(MODELS))
    points = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    ends = [tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert points == frame["mean"].tolist()
    assert ends == list(zip(frame["low"], frame["high"], strict=True))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(reversed(MODELS))


def test_the_front_is_what_none_beats():
    """A model that another beats in both is not on it; equals are."""
    rows = make_rows(models=("cheap", "dear", "best"), prompts=10, repeats=1)
    price, score = {"cheap": 1.0, "dear": 2.0, "best": 3.0}, {"cheap": 0.5, "dear": 0.4, "best": 0.9}
    rows["cost_usd"], rows["exact"] = rows["model"].map(price), rows["model"].map(score)
    frame = draw_quality_cost(rows, "exact").frame
    assert dict(zip(frame["variant"], frame["is_on_front"], strict=True)) == {
        "cheap": True,
        "dear": False,
        "best": True,
    }
    twins = rows.assign(cost_usd=1.0, exact=0.5)
    assert draw_quality_cost(twins, "exact").frame["is_on_front"].all()


def test_models_without_a_cost_are_counted():
    """What cannot be drawn is said in a remark; where nothing can, the axes say why."""
    rows = ROWS.assign(cost_usd=ROWS["cost_usd"].where(ROWS["model"] != "a/small"))
    ax, frame = draw_quality_cost(rows, "exact")
    assert len(frame) == 2
    assert ax.get_title("right") == "1 without a known cost left out"
    empty, nothing = draw_quality_cost(ROWS.drop(columns="cost_usd"), "exact")
    assert [text.get_text() for text in empty.texts] == ["No costs are known"]
    assert nothing.empty


def test_differences_are_turned_so_that_the_better_is_first():
    """Each line is what comparing the other way round would say."""
    frame = draw_differences(ROWS, "exact").frame
    assert (frame["difference"] >= 0).all()
    assert frame["difference"].is_monotonic_decreasing
    pairs = list(zip(frame["first"], frame["second"], strict=True))
    again = contrast_frame(ROWS, "exact", pairs=pairs)
    names = ["difference", "low", "high", "p_value", "wins", "ties", "losses", "cost_ratio"]
    for name in names:
        assert frame[name].tolist() == pytest.approx(again[name].tolist())
    assert frame["cost_ratio_low"].tolist() == pytest.approx(again["cost_ratio_low"].tolist(), rel=0.05)


def test_the_heatmap_has_the_means():
    """Rows are prompts, the hardest first; columns models, the best first; a gap is a gap."""
    rows = ROWS[~((ROWS["model"] == "a/small") & (ROWS["prompt_id"] == "p003"))]
    frame = draw_heatmap(rows, "exact").frame
    expected = rows.pivot_table(index="prompt_id", columns="model", values="exact")
    assert frame.columns.tolist() == list(reversed(MODELS))
    assert frame.mean(axis=1).round(9).is_monotonic_increasing
    for prompt, model in (("p000", "a/small"), ("p020", "c/large")):
        assert frame.loc[prompt, model] == expected.loc[prompt, model]
    assert np.isnan(frame.loc["p003", "a/small"])


def test_a_heatmap_of_many_prompts_names_none():
    """Beyond 40 prompts their names would be mud; the axis says how many they are."""
    ax, frame = draw_heatmap(make_rows(prompts=90), "exact")
    assert len(frame) == 90
    assert ax.get_ylabel() == "90 prompts, the hardest at the top"
    assert len(ax.get_yticks()) == 0


def test_latency_is_the_distribution_of_what_was_waited_for():
    """Shares rise to 1 over the sorted seconds; answers from other rows are not among them; many points are thinned."""
    rows = ROWS.assign(cache_hit=ROWS["repeat"] == 0)
    frame = draw_latency(rows).frame
    line = frame[(frame["variant"] == "b/medium") & (frame["what"] == "answer")]
    waited = rows[(rows["model"] == "b/medium") & ~rows["cache_hit"]]["latency_s"]
    assert line["seconds"].tolist() == sorted(waited)
    assert line["share"].tolist() == pytest.approx(np.arange(1, 81) / 80)
    many = draw_latency(make_rows(prompts=3_000, repeats=1)).frame
    assert many.groupby(["variant", "what"]).size().max() == 2_000
    assert many["share"].max() == 1


def test_strengths_are_those_of_the_ranking():
    """What `rank` found is drawn as it is; a model without a bound has no interval."""
    found = rank(pair_verdicts(VERDICTS))
    assert draw_strengths(found).frame.equals(found.df())
    count = int(found.df()["comparisons"].sum()) // 2
    assert draw_strengths(found).ax.get_title("right") == f"{count} comparisons"  # of a level that it does not say
    drawn = draw_strengths(pair_verdicts(VERDICTS), level=0.999)
    assert drawn.ax.get_title("right") == f"{count} comparisons, 99.9 % intervals"
    frame = pd.DataFrame(
        {"model_a": ["x"] * 3 + ["y", "y"], "model_b": ["y", "z", "y", "z", "z"], "winner": list("aaaab")}
    )
    ax = draw_strengths(frame).ax
    assert sum(len(line.get_xdata()) == 2 for line in ax.lines) == 1 + 2  # the axis of 0, and two intervals


def test_flips_are_shares_of_pairs():
    """The four outcomes of a pair of models add up to all, and equal a count by hand."""
    frame = draw_flips(VERDICTS).frame
    outcomes = ["same winner", "tie", "first shown", "second shown"]
    assert frame[outcomes].sum(axis=1).tolist() == pytest.approx([1.0] * 3)
    pairs = VERDICTS[(VERDICTS["model_a"] == "a/small") & (VERDICTS["model_b"] == "b/medium")]
    said = pairs.groupby(["prompt_id", "repeat"])["verdict"].agg(list)
    by_hand = {
        "same winner": [{"first", "second"} == set(two) for two in said],
        "tie": ["tie" in two for two in said],
        "first shown": [two == ["first"] * 2 for two in said],
        "second shown": [two == ["second"] * 2 for two in said],
    }
    assert {name: frame.iloc[0][name] for name in outcomes} == pytest.approx(
        {name: np.mean(values) for name, values in by_hand.items()}
    )


def test_nothing_to_draw_is_said():
    """Empty rows and single orders give axes that say why they are empty."""
    empty = ROWS[:0]
    drawn = [
        draw_means(empty, "exact"),
        draw_differences(empty, "exact"),
        draw_heatmap(empty, "exact"),
        draw_latency(empty),
        draw_flips(VERDICTS[~VERDICTS["is_swapped"]]),
    ]
    said = [[text.get_text() for text in ax.texts] for ax, _ in drawn]
    assert said == [
        ["No scores"],
        ["Nothing to compare"],
        ["No scores"],
        ["No times are known"],
        ["No pair was judged in both orders"],
    ]
    assert all(frame.empty for _, frame in drawn)


def test_names_from_a_server_are_only_names():
    """Dollar signs are no mathematics, and control bytes are shown, in every picture."""
    rows = make_rows(models=("a$^$x\x1b", "b$\\frac$"), prompts=8)
    for ax, _ in (
        draw_means(rows, "exact"),
        draw_quality_cost(rows, "exact"),
        draw_differences(rows, "exact"),
        draw_heatmap(rows, "exact"),
        draw_latency(rows),
    ):
        ax.figure.canvas.draw()
        assert "\x1b" not in "".join(text.get_text() for text in ax.figure.findobj(mpl.text.Text))


class Run:
    """Stands for a run: its rows, and the names of its scores."""

    scores = ("exact",)

    def df(self):
        """Return the rows."""
        return ROWS


def test_a_run_draws_by_name():
    """`run.plot` and `pairs.plot` find rows, verdicts and the only score by themselves."""
    plot, pairs = RunPictures(Run()), PairPictures(Pairs(VERDICTS))
    drawn = [plot.means(), plot.quality_cost(), plot.differences(), plot.heatmap(), plot.latency()]
    drawn += [pairs.strengths(), pairs.flips()]
    assert [one.ax.get_title("left") for one in drawn] == [
        "exact",
        "exact against cost",
        "Differences in exact",
        "exact by prompt",
        "Time to the answer",
        "Strength",
        "The judge, in both orders",
    ]
    with pytest.raises(ParameterError, match="The rows have no column 'other'"):
        plot.means("other")


def test_a_missing_matplotlib_is_said(monkeypatch):
    """The message names the extra to install."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.pyplot", None)
    with pytest.raises(ParameterError, match=r"Plots need matplotlib: pip install 'toprouter_nb\[plot\]'\."):
        draw_means(ROWS, "exact")
