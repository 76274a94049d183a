"""Models against each other: the paired difference of each two, with what it costs and how long it takes.

Knows the columns of rows; the statistics of one difference are `difference`'s.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain
from ..tables import Column, Table, table_of
from .bootstrap import ratio_interval
from .difference import holm, paired_difference
from .finding import Finding, join_words
from .interval import ROUNDING
from .summary import few_prompts
from .summary_parts import column, lines_of
from .variants import check_variant, is_answer, read_rows

CONTRAST_COLUMNS = (
    Column("first", "string", "-", "never"),
    Column("second", "string", "-", "never"),
    Column("difference", "Float64", "score", "no prompt has scores of both"),
    Column("low", "Float64", "score", "fewer than two groups of prompts"),
    Column("high", "Float64", "score", "fewer than two groups of prompts"),
    Column("p_value", "Float64", "-", "fewer than two groups of prompts"),
    Column("p_holm", "Float64", "-", "fewer than two groups of prompts"),
    Column("test", "string", "-", "never"),
    Column("mcnemar_exact", "Float64", "-", "scores are not 0 or 1, prompts are repeated, or share groups"),
    Column("wins", "Int64", "prompts", "never"),
    Column("ties", "Int64", "prompts", "never"),
    Column("losses", "Int64", "prompts", "never"),
    Column("prompts", "Int64", "prompts", "never"),
    Column("detectable", "Float64", "score", "fewer than two groups of prompts"),
    Column("cost_ratio", "Float64", "first / second", "not known"),
    Column("cost_ratio_low", "Float64", "first / second", "not known"),
    Column("cost_ratio_high", "Float64", "first / second", "not known, or has no bound"),
    Column("latency_ratio", "Float64", "first / second", "not known"),
    Column("latency_ratio_low", "Float64", "first / second", "not known"),
    Column("latency_ratio_high", "Float64", "first / second", "not known, or has no bound"),
    Column("is_separated", "boolean", "-", "fewer than two groups of prompts"),
)
Pairs = Iterable[tuple[str, str]]


def contrast_frame(rows: pd.DataFrame, score: str, *, pairs: Pairs | None = None, level: float = 0.95) -> Table:
    """Compare models two by two on the prompts both answered.

    Parameters
    ----------
    rows
        As `Results.df()` gives them.
    score
        The column of scores.
    pairs
        Which two, by name; None compares each with each. Holm's correction is over these.
    level
        Of confidence: two are separated where Holm's p is below 1 - level.

    Returns
    -------
    DataFrame
        name | dtype | unit | null means
        --- | --- | --- | ---
        first | string | - | never
        second | string | - | never
        difference | Float64 | score | no prompt has scores of both
        low | Float64 | score | fewer than two groups of prompts
        high | Float64 | score | fewer than two groups of prompts
        p_value | Float64 | - | fewer than two groups of prompts
        p_holm | Float64 | - | fewer than two groups of prompts
        test | string | - | never
        mcnemar_exact | Float64 | - | scores are not 0 or 1, prompts are repeated, or share groups
        wins | Int64 | prompts | never
        ties | Int64 | prompts | never
        losses | Int64 | prompts | never
        prompts | Int64 | prompts | never
        detectable | Float64 | score | fewer than two groups of prompts
        cost_ratio | Float64 | first / second | not known
        cost_ratio_low | Float64 | first / second | not known
        cost_ratio_high | Float64 | first / second | not known, or has no bound
        latency_ratio | Float64 | first / second | not known
        latency_ratio_low | Float64 | first / second | not known
        latency_ratio_high | Float64 | first / second | not known, or has no bound
        is_separated | boolean | - | fewer than two groups of prompts

    Raises
    ------
    ParameterError
        A column or a model is missing, scores are no numbers, the level is none; or scipy is not installed.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a"] * 4 + ["b"] * 4, "prompt_id": list("pqrs") * 2,
    ...                      "exact": [1, 1, 1, 0, 0, 0, 1, 0]})
    >>> contrast_frame(rows, "exact")[["first", "second", "difference", "wins", "ties"]].values.tolist()
    [['a', 'b', 0.5, 2, 2]]
    """
    frame = read_rows(rows, score)
    names = list(dict.fromkeys(frame["variant"].tolist()))
    wanted = list(itertools.combinations(names, 2) if pairs is None else pairs)
    for name in itertools.chain.from_iterable(wanted):
        check_variant(name, names)
    parts = {name: frame[frame["variant"] == name] for name in {name for pair in wanted for name in pair}}
    clusters = dict(zip(frame["prompt_id"], frame["cluster"], strict=True))
    lines = [_line(first, second, parts, clusters, level) for first, second in wanted]
    adjusted = holm([line["p_value"] for line in lines])
    for line, p_value in zip(lines, adjusted, strict=True):
        line["p_holm"] = float(p_value)
        # By Holm's p and not by whether the interval holds 0: with many pairs, some interval misses 0 by chance.
        line["is_separated"] = None if math.isnan(p_value) else bool(p_value < 1 - level)
    return table_of(CONTRAST_COLUMNS, lines_of(CONTRAST_COLUMNS, lines))


def compare_models(rows: pd.DataFrame, score: str, *models: str, level: float = 0.95) -> Finding:
    """Compare models, and say in sentences which are separated.

    Parameters
    ----------
    rows, score, level
        As for `contrast_frame`.
    models
        Two names or more, each compared with each; none compares all.

    Raises
    ------
    ParameterError
        As for `contrast_frame`; or one model alone is named, or one twice.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a"] * 4 + ["b"] * 4, "prompt_id": list("pqrs") * 2,
    ...                      "exact": [1, 1, 1, 0, 0, 0, 1, 0]})
    >>> print(compare_models(rows, "exact"))
    No pair is separated at 95 %.
    a and b differ by 0.500 (95 %: -0.419 to 1.419, p = 0.25); with 4 prompts 0.809 would be seen 8 times in 10.
    Only 4 prompts: below 30 an interval is rough, and a small difference cannot be seen.
    """
    named = [name if isinstance(name, str) else repr(name) for name in models]
    if len(named) == 1 or len(set(named)) < len(named):
        message = f"Name two models or more, each once, or none to compare all; not {render_plain(join_words(named))}."
        raise ParameterError(message)
    pairs = list(itertools.combinations(models, 2)) if models else None
    table = contrast_frame(rows, score, pairs=pairs, level=level)
    lines: list[dict[Any, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    said = [_verdict(lines, level), *(_say(line, level) for line in lines)]
    return Finding(table, (*said, *few_prompts(*(line["prompts"] for line in lines))))


def _line(
    first: str, second: str, parts: dict[str, pd.DataFrame], clusters: dict[str, str], level: float
) -> dict[str, Any]:
    one, two = parts[first], parts[second]
    sides = [(side["score"].to_numpy(), side["prompt_id"].to_numpy()) for side in (one, two)]
    found = paired_difference(sides[0], sides[1], clusters, level=level)
    line = {
        "first": first,
        "second": second,
        "difference": found.estimate,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
        "test": found.test,
        "mcnemar_exact": found.mcnemar_exact,
        "wins": found.wins,
        "ties": found.ties,
        "losses": found.losses,
        "prompts": found.prompts,
        "detectable": found.detectable,
    }
    for name, column_name in (("cost_ratio", "cost_usd"), ("latency_ratio", "latency_s")):
        ends = _ratio(one, two, column_name, clusters, level)
        line |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
    return line


def _ratio(one: pd.DataFrame, two: pd.DataFrame, name: str, clusters: dict[str, str], level: float) -> Sequence[float]:
    """Return the ratio of the means over the prompts both answered."""
    sides = []
    for side in (one, two):
        # What came from the cache cost nothing and took no time: it says nothing of the model.
        asked = side[is_answer(side) & (column(side, "cache_hit") != 1)]
        sides.append(pd.Series(column(asked, name), asked["prompt_id"]).groupby(level=0).mean())
    # Only prompts that both answered, each once: else the ratio compares prompts and not models.
    both = pd.concat(sides, axis=1, join="inner").dropna()
    groups = [clusters[prompt] for prompt in both.index]
    return ratio_interval(both.iloc[:, 0].to_numpy(), both.iloc[:, 1].to_numpy(), np.asarray(groups), level=level)


def _verdict(lines: Sequence[dict[Any, Any]], level: float) -> str:
    separated = [line for line in lines if line["is_separated"]]
    if not lines:
        return "There is only one model, so there is nothing to compare."
    if not separated:
        return f"No pair is separated at {_percent(level)}."
    said = [f"{better} is better than {worse}" for better, worse in map(_ordered, separated)]
    return f"{join_words(said)}, at {_percent(level)}."


def _ordered(line: dict[Any, Any]) -> tuple[str, str]:
    first, second = line["first"], line["second"]
    return (first, second) if line["difference"] > 0 else (second, first)


def _say(line: dict[Any, Any], level: float) -> str:
    pair = f"{line['first']} and {line['second']}"
    if line["difference"] is None:
        return f"{pair} have scores of no prompt in common."
    if line["low"] is None:
        return f"{pair} differ by {line['difference']:.3f}; one group of prompts says nothing about others."
    # No spread at all: the interval is a point, and would claim too much.
    if math.isclose(line["low"], line["high"], rel_tol=ROUNDING):
        return f"{pair} differ by {line['difference']:.3f} on each of {line['prompts']:,} prompts alike."
    ends = f"{_percent(level)}: {line['low']:.3f} to {line['high']:.3f}, p = {line['p_holm']:.2g}"
    seen = f"with {line['prompts']:,} prompts {line['detectable']:.3f} would be seen 8 times in 10"
    return f"{pair} differ by {line['difference']:.3f} ({ends}); {seen}."


def _percent(level: float) -> str:
    return f"{100 * level:g} %"
