"""A summary says what a plain count of the rows says, and no failure becomes a zero."""

import inspect

import numpy as np
import pandas as pd
import pytest
from made_rows import MODELS, make_rows

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.interval import mean_interval
from toprouter_nb.experiment.summary import SUMMARY_COLUMNS, summarize, summary_frame
from toprouter_nb.experiment.summary_parts import same_answers
from toprouter_nb.experiment.variants import find_score


def line_of(table, variant):
    """Return one line of a table as a dict."""
    return table[table["variant"] == variant].iloc[0].to_dict()


def test_the_docstring_lists_the_columns_as_declared():
    """The documentation has one line for each column: name, dtype, unit, what null means."""
    lines = [line.strip().split(" | ") for line in inspect.getdoc(summary_frame).splitlines() if line.count(" | ") == 3]
    declared = [[column.name, column.dtype, column.unit, column.null_means] for column in SUMMARY_COLUMNS]
    assert lines == [["name", "dtype", "unit", "null means"], ["---"] * 4, *declared]


def test_the_figures_are_those_of_the_rows():
    """Counts, means, sums and quantiles equal what plain loops over the rows give."""
    rows = make_rows()
    part = rows[rows["model"] == "b/medium"]
    line = line_of(summary_frame(rows, "exact", planned=dict.fromkeys(MODELS, 130), k=2), "b/medium")
    by_prompt = [group["exact"].tolist() for _, group in part.groupby("prompt_id")]
    pairs = [[1 - (1 - a) * (1 - b) for a, b in ((s[0], s[1]), (s[0], s[2]), (s[1], s[2]))] for s in by_prompt]
    found = mean_interval(part["exact"], part["prompt_id"])
    assert (line["planned"], line["ok"], line["errors"], line["missing"], line["unscored"]) == (130, 120, 0, 10, 0)
    assert line["mean"] == pytest.approx(np.mean([np.mean(scores) for scores in by_prompt]))
    assert (line["low"], line["high"], line["method"]) == (found.low, found.high, found.method)
    assert line["pass_at_k"] == pytest.approx(np.mean(pairs))
    assert line["total_tokens"] == 20 * 120 + part["completion_tokens"].sum()
    assert line["cost_usd"] == pytest.approx(part["cost_usd"].sum())
    assert line["cost_usd_per_correct"] == pytest.approx(part["cost_usd"].sum() / part["exact"].sum())
    assert line["cost_usd_per_correct_low"] < line["cost_usd_per_correct"] < line["cost_usd_per_correct_high"]
    assert line["latency_p90"] == np.quantile(part["latency_s"], 0.9, method="inverted_cdf")
    assert line["tokens_per_second"] == pytest.approx(part["completion_tokens"].sum() / part["latency_s"].sum())
    assert (line["length_share"], line["retries"], line["cache_hits"]) == (0, 0, 0)


def test_an_error_is_never_a_zero():
    """Failed rows and rows without a score change no mean; they are counted, their cost too."""
    rows = make_rows()
    clean = summary_frame(rows, "exact")
    failed = rows[:9].assign(status="error", exact=0.0, answer="", repeat=9, cost_usd=1.0)
    unscored = rows[:9].assign(exact=np.nan, repeat=10)
    table = summary_frame(pd.concat([rows, failed, unscored]), "exact")
    assert table["mean"].tolist() == clean["mean"].tolist()
    assert table["low"].tolist() == clean["low"].tolist()
    assert (table["errors"].tolist(), table["unscored"].tolist()) == ([3] * 3, [3] * 3)
    assert line_of(table, "a/small")["cost_usd"] > line_of(clean, "a/small")["cost_usd"] + 3


def test_answers_of_unknown_cost_are_counted_and_told():
    """A sum of costs that leaves answers out says how many; failed rows are none of them."""
    rows = make_rows()
    rows.loc[(rows["model"] == "a/small") & (rows["repeat"] == 0), "cost_usd"] = np.nan
    failed = rows[:9].assign(status="error", exact=np.nan, repeat=9, cost_usd=np.nan)
    found = summarize(pd.concat([rows, failed]), "exact")
    assert found.table["unpriced"].tolist() == [40, 0, 0]
    assert line_of(found.table, "a/small")["cost_usd"] == pytest.approx(
        rows.loc[rows["model"] == "a/small", "cost_usd"].sum()
    )
    told = [sentence for sentence in found.sentences if "cost" in sentence]
    assert told == ["a/small: the cost of 40 of 120 answers is not known, and not counted."]


def test_what_was_cut_is_scored_and_counted():
    """An answer that a limit cut is an answer; its share is shown."""
    rows = make_rows()
    rows.loc[rows["repeat"] == 0, "status"] = "length"
    table = summary_frame(rows, "exact")
    assert table["ok"].tolist() == [120] * 3
    assert table["length_share"].tolist() == pytest.approx([1 / 3] * 3)


def test_answers_from_other_rows_have_no_time():
    """Only answers that were waited for count for seconds."""
    rows = make_rows()
    hits = rows["repeat"] == 2
    rows.loc[hits, ["cache_hit", "latency_s"]] = [True, 0.0]
    waited = rows[~hits & (rows["model"] == "a/small")]
    line = line_of(summary_frame(rows), "a/small")
    assert line["cache_hits"] == 40
    assert line["latency_p50"] == np.quantile(waited["latency_s"], 0.5, method="inverted_cdf")


def test_what_is_not_there_is_missing():
    """With only models and prompts, everything else is missing, and nothing is 0 that is not known."""
    table = summary_frame(pd.DataFrame({"model": ["m"], "prompt_id": ["p"]}))
    known = {"variant": "m", "ok": 1, "errors": 0, "prompts": 1, "unpriced": 1}
    known |= {"cache_hits": 0, "retries": 0, "length_share": 0}
    assert {name: value for name, value in table.iloc[0].items() if not pd.isna(value)} == known
    empty = summary_frame(pd.DataFrame({"model": [], "prompt_id": [], "exact": []}), "exact")
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == {c.name: c.dtype for c in SUMMARY_COLUMNS}


def test_options_make_variants():
    """A model with two sets of options is two lines."""
    rows = pd.concat([make_rows(), make_rows(params_id=1, seed=1)])
    names = summary_frame(rows, "exact")["variant"].tolist()
    assert names == [f"{model} #{number}" for number in (0, 1) for model in MODELS]


@pytest.mark.parametrize("dtype", ["Float64", "boolean", object, "float32"])
def test_scores_may_be_of_any_numeric_type(dtype):
    """Nullable types, truth values and objects are numbers; NA is no score."""
    rows = make_rows()
    rows["exact"] = rows["exact"].astype(dtype)
    expected = summary_frame(make_rows(), "exact")["mean"].tolist()
    assert summary_frame(rows, "exact")["mean"].tolist() == pytest.approx(expected)


def test_repeats_that_agree():
    """The share of pairs of repeats with the same answer, by hand; one repeat has none."""
    answers = pd.DataFrame({"prompt_id": list("ppppqq"), "answer": ["a", "a", "a", "b", "x", "x "]})
    assert same_answers(answers) == pytest.approx((3 / 6 + 1) / 2)
    assert same_answers(answers[3:5]) is None


def test_the_sentences_say_what_to_beware_of():
    """Each model's mean and interval, what failed, what is missing, and too few prompts."""
    rows = make_rows(prompts=12, repeats=1, models=("m",))
    rows.loc[:1, "status"] = "error"
    rows.loc[2, "exact"] = None
    said = summarize(rows, "exact", planned={"m": 20}).sentences
    line = summary_frame(rows, "exact").iloc[0]
    assert said == (
        f"m: {line['mean']:.3f} (95 %: {line['low']:.3f} to {line['high']:.3f}).",
        "m: 2 of 12 rows failed; left out, not counted as 0.",
        "m: 1 of 10 answers has no score; left out, not counted as 0.",
        "m: 8 of 20 planned rows are missing.",
        "Only 12 prompts: below 30 an interval is rough, and a small difference cannot be seen.",
    )


def test_a_model_without_any_row_is_told_as_missing():
    """A planned model that was never reached has a line and a sentence, and is no model with 0 prompts to warn of."""
    found = summarize(make_rows(prompts=30, repeats=1, models=("m",)), "exact", planned={"m": 30, "n": 30})
    assert line_of(found.df(), "n") | {"planned": 30, "ok": 0, "missing": 30} == line_of(found.df(), "n")
    assert found.sentences[1:] == ("n: no scores.", "n: 30 of 30 planned rows are missing.")


def test_scores_that_are_all_the_same_get_no_interval_of_no_width():
    """The sentence says that all are alike, and no design effect is made of what rounding left."""
    rows = make_rows(prompts=40, repeats=1, models=("m",)).assign(exact=0.1)
    found = summarize(rows, "exact")
    assert found.sentences == ("m: 0.100 on each of 40 prompts alike.",)
    assert found.df()["design_effect"].isna().all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "Rows come as a DataFrame, such as run.df(), not list."),
        (pd.DataFrame({"model": []}), "The rows have no column 'prompt_id'. Columns are: model."),
        (make_rows().drop(columns="exact"), "The rows have no column 'exact'. Columns are: model, prompt_id, cluster"),
        (make_rows(exact="good"), "The column 'exact' holds what is no number."),
    ],
)
def test_what_are_no_rows_is_refused(rows, message):
    """A missing column or scores that are no numbers are typed errors."""
    with pytest.raises(ParameterError) as caught:
        summary_frame(rows, "exact")
    assert str(caught.value).startswith(message)


def test_the_score_that_is_meant_is_found():
    """The one named, or the only one; several, or none, are a typed error that says what to do."""
    rows = make_rows(other=1.0)
    assert find_score(rows, "other", ["exact"]) == "other"
    assert find_score(rows, None, ["exact"]) == "exact"
    with pytest.raises(ParameterError) as caught:
        find_score(rows, None, ["exact", "other"])
    assert str(caught.value) == "There are several scores. Say which: score= one of exact, other."
    with pytest.raises(ParameterError) as caught:
        find_score(rows, None, [])
    assert str(caught.value) == "There is no score. Give the experiment scorers=, or rescore."
