"""The figures of one model's rows: scores, tokens, costs, times; what the lines of a summary are made of.

Knows the columns of rows. What is not there is None, never 0.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .bootstrap import quantile_interval, ratio_interval
from .interval import mean_interval
from .pass_at import pass_at_k
from .variants import as_floats, is_answer

Line = dict[str, Any]
_QUANTILES = {"latency_p50": 0.5, "latency_p90": 0.9, "latency_p99": 0.99}


def quality(part: pd.DataFrame, answers: pd.DataFrame, k: int, level: float) -> Line:
    """Return mean and interval, pass@k, how often repeats agree, and the cost of a right answer."""
    scores = answers["score"].to_numpy()
    found = mean_interval(scores, answers["prompt_id"], answers["cluster"], level=level)
    # All rows, failed ones with a score of 0: what was paid for an error is part of what a right answer costs.
    cost, low, high = ratio_interval(column(part, "cost_usd"), part["score"].fillna(0.0), part["cluster"], level=level)
    return {
        "unscored": int(np.isnan(scores).sum()),
        "mean": found.estimate,
        "low": found.low,
        "high": found.high,
        "method": found.method,
        "design_effect": found.design_effect,
        "pass_at_k": _pass_at(answers, k),
        "cost_usd_per_correct": cost,
        "cost_usd_per_correct_low": low,
        "cost_usd_per_correct_high": high,
    }


def sizes(answers: pd.DataFrame) -> Line:
    """Return tokens, and the share of answers that were cut."""
    sent, came = column(answers, "prompt_tokens"), column(answers, "completion_tokens")
    known = np.concatenate([sent[~np.isnan(sent)], came[~np.isnan(came)]])
    return {
        "prompt_tokens": _mean(sent),
        "completion_tokens": _mean(came),
        "total_tokens": int(known.sum()) if len(known) else None,
        "length_share": float((answers["status"] == "length").mean()) if len(answers) else None,
        "same_answers": same_answers(answers),
    }


def costs(part: pd.DataFrame) -> Line:
    """Return what the rows cost, failed ones too, None where no cost is known; and how many answers have none."""
    spent = column(part, "cost_usd")
    known = spent[~np.isnan(spent)]
    # A row that failed has mostly no cost because it was not billed: only of an answer it means that one is missing.
    line: Line = {"unpriced": int(np.isnan(spent[is_answer(part)]).sum())}
    if not len(known):
        return line | {"cost_usd": None, "cost_usd_per_row": None}
    return line | {"cost_usd": float(known.sum()), "cost_usd_per_row": float(known.mean())}


def times(answers: pd.DataFrame) -> Line:
    """Return quantiles of the seconds waited for answers; answers taken from other rows were not waited for."""
    waited = answers[column(answers, "cache_hit") != 1]
    seconds, tokens = column(waited, "latency_s"), column(waited, "completion_tokens")
    line: Line = {name: quantile(seconds, share) for name, share in _QUANTILES.items()}
    line["ttft_p50"] = quantile(column(waited, "ttft_s"), 0.5)
    there = ~np.isnan(tokens) & (seconds > 0)
    # Of sums, not the mean of each row's rate, which short answers would rule.
    line["tokens_per_second"] = float(tokens[there].sum() / seconds[there].sum()) if there.any() else None
    return line


def counts(part: pd.DataFrame) -> Line:
    """Return how many answers came from other rows, and how many requests were repeated."""
    return {
        "cache_hits": int(np.nansum(column(part, "cache_hit"))),
        "retries": int(np.nansum(np.clip(column(part, "attempts") - 1, 0, None))),
    }


def same_answers(answers: pd.DataFrame) -> float | None:
    """Return the chance that two repeats of a prompt give the same answer, but for white space; the mean over prompts.

    None where no prompt was repeated.

    Examples
    --------
    >>> same_answers(pd.DataFrame({"prompt_id": ["p", "p", "p"], "answer": ["4", "4 ", "5"]}))
    0.3333333333333333
    """
    if "answer" not in answers or answers.empty:
        return None
    texts = answers["answer"].astype(object).map(str).str.strip()
    counted = texts.groupby([answers["prompt_id"], texts]).size()
    by_prompt = counted.groupby(level=0).sum()
    # Pairs of different repeats, each counted twice, above and below: n (n - 1) and not n^2, as in Simpson's index.
    pairs = by_prompt * (by_prompt - 1)
    same = (counted * (counted - 1)).groupby(level=0).sum()
    repeated = pairs > 0
    return float((same[repeated] / pairs[repeated]).mean()) if repeated.any() else None


def column(part: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as floats; all NaN where there is none."""
    return as_floats(part[name], name) if name in part else np.full(len(part), np.nan)


def quantile(values: NDArray[np.float64], share: float) -> float | None:
    """Return the smallest value with at least that share at or below it; None where there is none.

    Examples
    --------
    >>> quantile(np.array([4.0, 1.0, 2.0, 3.0]), 0.5)
    2.0
    """
    # One draw: only the estimate is wanted here, by the same definition as where there are intervals.
    found = quantile_interval(values, np.zeros(len(values)), [share], draws=1)[0][0]
    return None if math.isnan(found) else found


def lines_of(columns: Sequence[Any], lines: Sequence[Line]) -> list[list[Any]]:
    """Return the values of lines in the order of columns, gaps as None."""
    return [[line.get(column.name) for column in columns] for line in lines]


def _pass_at(answers: pd.DataFrame, k: int) -> float | None:
    scored = answers[answers["score"].notna()]
    # pass@k counts right answers; of a score of 0.7 there is no such count.
    if scored.empty or not scored["score"].isin((0.0, 1.0)).all():
        return None
    grouped = scored.groupby("prompt_id")["score"]
    chances = pass_at_k(grouped.size().to_numpy(), grouped.sum().to_numpy().astype(int), k)
    known = chances[~np.isnan(chances)]
    return float(known.mean()) if len(known) else None


def _mean(values: NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
