"""One line a model: how many rows, how good, how sure, how dear, how quick.

Knows the columns of rows; where rows come from and how they are shown is for others.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..tables import Column, Table, table_of
from ..whole import check_whole
from .finding import Finding
from .interval import FEW_PROMPTS, ROUNDING
from .summary_parts import costs, counts, lines_of, quality, sizes, times
from .variants import each_variant, is_answer, read_rows

SUMMARY_COLUMNS = (
    Column("variant", "string", "-", "never"),
    Column("planned", "Int64", "rows", "not known"),
    Column("ok", "Int64", "rows", "never"),
    Column("errors", "Int64", "rows", "never"),
    Column("missing", "Int64", "rows", "not known"),
    Column("unscored", "Int64", "rows", "scores were not asked for"),
    Column("mean", "Float64", "score", "no scores"),
    Column("low", "Float64", "score", "fewer than two groups of prompts"),
    Column("high", "Float64", "score", "fewer than two groups of prompts"),
    Column("method", "string", "-", "scores were not asked for"),
    Column("prompts", "Int64", "prompts", "never"),
    Column("design_effect", "Float64", "-", "all scores are the same, or there is one group"),
    Column("pass_at_k", "Float64", "share", "scores are not 0 or 1, or there are fewer than k repeats"),
    Column("same_answers", "Float64", "share of pairs of repeats", "no prompt was repeated"),
    Column("prompt_tokens", "Float64", "tokens / row", "not reported"),
    Column("completion_tokens", "Float64", "tokens / row", "not reported"),
    Column("total_tokens", "Int64", "tokens", "not reported"),
    Column("cost_usd", "Float64", "US dollars", "not known"),
    Column("cost_usd_per_row", "Float64", "US dollars / row", "not known"),
    Column("unpriced", "Int64", "rows", "never"),
    Column("cost_usd_per_correct", "Float64", "US dollars / score of 1", "not known, or nothing is right"),
    Column("cost_usd_per_correct_low", "Float64", "US dollars / score of 1", "not known, or nothing is right"),
    Column("cost_usd_per_correct_high", "Float64", "US dollars / score of 1", "not known, or has no bound"),
    Column("latency_p50", "Float64", "seconds", "no answer was waited for"),
    Column("latency_p90", "Float64", "seconds", "no answer was waited for"),
    Column("latency_p99", "Float64", "seconds", "no answer was waited for"),
    Column("ttft_p50", "Float64", "seconds", "not streamed"),
    Column("tokens_per_second", "Float64", "tokens / second", "not reported"),
    Column("cache_hits", "Int64", "rows", "never"),
    Column("retries", "Int64", "requests", "never"),
    Column("length_share", "Float64", "share of answers cut by a limit", "no answers"),
)


def summary_frame(
    rows: pd.DataFrame,
    score: str | None = None,
    *,
    planned: Mapping[str, int] | None = None,
    k: int = 1,
    level: float = 0.95,
) -> Table:
    """Summarize rows, one line a model, or a model with one set of options where there are several.

    A row that failed is counted as such and never scored 0; `ok` counts rows the model answered, `unpriced` those of
    them whose cost is not known and so in no cost here. Means weigh each prompt the same; see
    `interval.mean_interval` for the intervals. Answers taken from other rows count for scores, not for times.

    Parameters
    ----------
    rows
        As `Results.df()` gives them; `variants.read_rows` says which columns are needed.
    score
        The column of scores; None leaves the scores out.
    planned
        Rows planned of each variant, which has a line also where it has no row yet; None where that is not known.
    k
        Of pass@k: the chance that of k answers at least one is right.
    level
        Of confidence.

    Returns
    -------
    DataFrame
        name | dtype | unit | null means
        --- | --- | --- | ---
        variant | string | - | never
        planned | Int64 | rows | not known
        ok | Int64 | rows | never
        errors | Int64 | rows | never
        missing | Int64 | rows | not known
        unscored | Int64 | rows | scores were not asked for
        mean | Float64 | score | no scores
        low | Float64 | score | fewer than two groups of prompts
        high | Float64 | score | fewer than two groups of prompts
        method | string | - | scores were not asked for
        prompts | Int64 | prompts | never
        design_effect | Float64 | - | all scores are the same, or there is one group
        pass_at_k | Float64 | share | scores are not 0 or 1, or there are fewer than k repeats
        same_answers | Float64 | share of pairs of repeats | no prompt was repeated
        prompt_tokens | Float64 | tokens / row | not reported
        completion_tokens | Float64 | tokens / row | not reported
        total_tokens | Int64 | tokens | not reported
        cost_usd | Float64 | US dollars | not known
        cost_usd_per_row | Float64 | US dollars / row | not known
        unpriced | Int64 | rows | never
        cost_usd_per_correct | Float64 | US dollars / score of 1 | not known, or nothing is right
        cost_usd_per_correct_low | Float64 | US dollars / score of 1 | not known, or nothing is right
        cost_usd_per_correct_high | Float64 | US dollars / score of 1 | not known, or has no bound
        latency_p50 | Float64 | seconds | no answer was waited for
        latency_p90 | Float64 | seconds | no answer was waited for
        latency_p99 | Float64 | seconds | no answer was waited for
        ttft_p50 | Float64 | seconds | not streamed
        tokens_per_second | Float64 | tokens / second | not reported
        cache_hits | Int64 | rows | never
        retries | Int64 | requests | never
        length_share | Float64 | share of answers cut by a limit | no answers

    Raises
    ------
    ParameterError
        A column is missing or holds what is no number, or an option is out of range.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": "a/small", "prompt_id": ["p", "q"], "exact": [1, 0]})
    >>> summary_frame(rows, "exact")[["variant", "ok", "mean", "method"]].values.tolist()
    [['a/small', 2, 0.5, 'Wilson, effective n 2.0']]
    """
    check_whole("k", k, 1)
    frame = read_rows(rows, score)
    lines = []
    parts = dict(each_variant(frame))
    for name in (*parts, *(name for name in planned or () if name not in parts)):
        part = parts.get(name, frame[:0])
        answers = part[is_answer(part)]
        line = {"variant": name, "ok": len(answers), "errors": len(part) - len(answers)}
        line |= {
            "prompts": part["prompt_id"].nunique(),
            **sizes(answers),
            **costs(part),
            **times(answers),
            **counts(part),
        }
        # More rows than planned, after a prompt was taken out of the grid, are none missing.
        if planned is not None:
            line |= {"planned": planned.get(name), "missing": max(planned.get(name, 0) - len(part), 0)}
        if score is not None:
            line |= quality(part, answers, k, level)
        lines.append(line)
    return table_of(SUMMARY_COLUMNS, lines_of(SUMMARY_COLUMNS, lines))


def summarize(
    rows: pd.DataFrame,
    score: str,
    *,
    planned: Mapping[str, int] | None = None,
    k: int = 1,
    level: float = 0.95,
) -> Finding:
    """Return the summary with the sentences that say which is best, and what to beware of.

    Raises
    ------
    ParameterError
        As `summary_frame`.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": "a/small", "prompt_id": ["p", "q"], "exact": [1, None]})
    >>> print(summarize(rows, "exact"))
    a/small: 1.000; there is no interval: one group of prompts.
    a/small: 1 of 2 answers has no score; left out, not counted as 0.
    Only 2 prompts: below 30 an interval is rough, and a small difference cannot be seen.
    """
    table = summary_frame(rows, score, planned=planned, k=k, level=level)
    lines = table.astype(object).where(table.notna(), None).to_dict("records")
    said = [sentence for line in lines for sentence in _say(line, level)]
    return Finding(table, (*said, *few_prompts(*(line["prompts"] for line in lines))))


def few_prompts(*counts: int) -> list[str]:
    """Return the warning that so few prompts deserve, if any; the fewest count, and none at all is another matter.

    Examples
    --------
    >>> few_prompts(30, 0)
    []
    """
    count = min(filter(None, counts), default=FEW_PROMPTS)
    if count >= FEW_PROMPTS:
        return []
    few = f"Only {count} prompt{'s' * (count != 1)}"
    return [f"{few}: below {FEW_PROMPTS} an interval is rough, and a small difference cannot be seen."]


def _say(line: Mapping[Any, Any], level: float) -> list[str]:
    name = line["variant"]
    if line["mean"] is None:
        said = [f"{name}: no scores."]
    elif line["low"] is None:
        said = [f"{name}: {line['mean']:.3f}; there is no interval: {line['method'].removeprefix('none: ')}."]
    elif math.isclose(line["low"], line["high"], rel_tol=ROUNDING):
        said = [f"{name}: {line['mean']:.3f} on each of {line['prompts']:,} prompts alike."]
    else:
        said = [f"{name}: {line['mean']:.3f} ({100 * level:g} %: {line['low']:.3f} to {line['high']:.3f})."]
    left_out = "left out, not counted as 0"
    if line["errors"]:
        said.append(f"{name}: {_of(line['errors'], line['errors'] + line['ok'], 'rows')} failed; {left_out}.")
    if line["unpriced"] and line["cost_usd"] is not None:
        unpriced = _of(line["unpriced"], line["ok"], "answers")
        said.append(f"{name}: the cost of {unpriced} is not known, and not counted.")
    if line["unscored"]:
        counted = _of(line["unscored"], line["ok"], "answers")
        said.append(f"{name}: {counted} {'has' if line['unscored'] == 1 else 'have'} no score; {left_out}.")
    if line["missing"]:
        said.append(f"{name}: {_of(line['missing'], line['planned'], 'planned rows')} are missing.")
    return said


def _of(part: int, whole: int, what: str) -> str:
    return f"{part:,} of {whole:,} {what}"
