"""Models are compared in pairs on the prompts they share, and the sentences say what the numbers say."""

import inspect

import pandas as pd
import pytest
from made_rows import make_rows
from scipy import stats
from statsmodels.stats.multitest import multipletests

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.contrasts import CONTRAST_COLUMNS, compare_models, contrast_frame


def test_the_docstring_lists_the_columns_as_declared():
    """The documentation has one line for each column: name, dtype, unit, what null means."""
    text = inspect.getdoc(contrast_frame)
    lines = [line.strip().split(" | ") for line in text.splitlines() if line.count(" | ") == 3]
    declared = [[column.name, column.dtype, column.unit, column.null_means] for column in CONTRAST_COLUMNS]
    assert lines == [["name", "dtype", "unit", "null means"], ["---"] * 4, *declared]


def test_every_pair_is_tested_and_corrected():
    """Differences, p values and Holm's correction equal scipy's and statsmodels' on a table of prompt means."""
    rows = make_rows()
    means = rows.pivot_table(index="prompt_id", columns="model", values="exact")
    pairs = [("a/small", "b/medium"), ("a/small", "c/large"), ("b/medium", "c/large")]
    tests = [stats.ttest_rel(means[one], means[two]) for one, two in pairs]
    table = contrast_frame(rows, "exact")
    assert list(zip(table["first"], table["second"], strict=True)) == pairs
    assert table["difference"].tolist() == pytest.approx([(means[one] - means[two]).mean() for one, two in pairs])
    assert table["p_value"].tolist() == pytest.approx([test.pvalue for test in tests], rel=1e-9)
    expected = multipletests([test.pvalue for test in tests], method="holm")[1]
    assert table["p_holm"].tolist() == pytest.approx(expected, rel=1e-9)
    assert table["is_separated"].tolist() == [p < 0.05 for p in expected]


def test_ratios_are_those_of_the_means_by_prompt():
    """Cost and seconds of the first over the second, on the prompts both answered, with an interval round them."""
    rows = make_rows()
    rows = rows[~((rows["model"] == "a/small") & (rows["prompt_id"] == "p000"))]
    both = rows[rows["prompt_id"] != "p000"].pivot_table(index="prompt_id", columns="model", values="cost_usd")
    line = contrast_frame(rows, "exact", pairs=[("c/large", "a/small")]).iloc[0]
    assert line["prompts"] == 39
    assert line["cost_ratio"] == pytest.approx(both["c/large"].sum() / both["a/small"].sum())
    assert line["cost_ratio_low"] < line["cost_ratio"] < line["cost_ratio_high"]
    assert line["latency_ratio"] > 1


def test_what_is_not_known_is_missing():
    """Without costs there is no ratio; without a common prompt there is no difference."""
    rows = make_rows().drop(columns=["cost_usd", "latency_s"])
    line = contrast_frame(rows, "exact").iloc[0]
    assert line[["cost_ratio", "cost_ratio_low", "latency_ratio"]].isna().all()
    apart = pd.DataFrame({"model": ["m", "n"], "prompt_id": ["p", "q"], "exact": [1, 0]})
    found = compare_models(apart, "exact")
    assert found.df()[["difference", "p_value", "p_holm", "is_separated"]].isna().all(axis=None)
    assert found.sentences[1] == "m and n have scores of no prompt in common."


def test_the_sentences_name_who_is_separated():
    """The verdict first; the better model first in it; one sentence a pair."""
    rows = make_rows(prompts=200)
    said = compare_models(rows, "exact").sentences
    assert said[0] == (
        "b/medium is better than a/small, c/large is better than a/small and c/large is better than b/medium, at 95 %."
    )
    assert len(said) == 4
    assert said[1].startswith("a/small and b/medium differ by -0.")
    assert (
        compare_models(rows, "exact", "a/small", "c/large").sentences[0] == "c/large is better than a/small, at 95 %."
    )


def test_nothing_separated_is_said_plainly():
    """Equal models are not separated; few prompts are warned of; one model has nobody to be compared with."""
    rows = make_rows(prompts=20, exact=1.0)
    said = compare_models(rows, "exact", level=0.9).sentences
    assert said[0] == "No pair is separated at 90 %."
    assert said[1] == "a/small and b/medium differ by 0.000 on each of 20 prompts alike."
    assert said[-1].startswith("Only 20 prompts: ")
    alone = compare_models(make_rows(models=("m",)), "exact")
    assert alone.sentences[0] == "There is only one model, so there is nothing to compare."


def test_failures_take_no_part():
    """A failed row is no score of 0: the difference is that of the answers."""
    rows = make_rows()
    clean = contrast_frame(rows, "exact")["difference"].tolist()
    failed = rows[rows["model"] == "c/large"].assign(status="error", exact=0.0)
    assert contrast_frame(pd.concat([rows, failed]), "exact")["difference"].tolist() == clean


def test_an_unknown_model_is_refused():
    """The message lists those there are."""
    with pytest.raises(ParameterError) as caught:
        compare_models(make_rows(), "exact", "a/small", "d/none")
    assert str(caught.value) == "There is no 'd/none' among the rows. There are: a/small, b/medium, c/large."


def test_a_table_is_safe_to_show():
    """Names from a server act neither on a terminal nor in a page, and the sentences stand above the table."""
    rows = make_rows(models=("<b>x", "y\x1b[31m"))
    found = compare_models(rows, "exact")
    shown = found._repr_mimebundle_()
    assert "\x1b" not in shown["text/plain"]
    assert "<b>" not in shown["text/html"]
    assert "&lt;b&gt;" in shown["text/html"]
    assert str(found).splitlines()[0] in repr(found).replace("\\x1b", "\x1b")


@pytest.mark.parametrize("named", [("a/small",), ("zz",), ("a/small", "a/small"), (["a/small", "b/large"],)])
def test_one_model_alone_or_twice_is_refused(named):
    """A comparison of one name, known or not, or of a model with itself, is an error and no empty table."""
    with pytest.raises(ParameterError, match="Name two models or more, each once"):
        compare_models(make_rows(3), "exact", *named)
