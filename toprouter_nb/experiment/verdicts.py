"""What a judge's verdicts say: of the pairs it judged, and of the judge: flips, ties, a liking for one place.

Knows the columns of verdicts; how a judge is asked is `judge`'s.

References
----------
Zheng et al. 2023, arXiv 2306.05685 (both orders, disagreement is a tie); Shi et al. 2024, arXiv 2406.07791 (position
bias is no noise).
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..tables import Column, Table, table_of
from .agreement import Agreement, compare_raters
from .finding import Finding
from .interval import Interval, mean_interval
from .summary import few_prompts
from .summary_parts import lines_of
from .variants import is_answer, named_variants, read_rows

PAIR_COLUMNS = (
    Column("prompt_id", "string", "-", "never"),
    Column("cluster", "string", "-", "never"),
    Column("repeat", "Int64", "-", "never"),
    Column("model_a", "string", "-", "never"),
    Column("model_b", "string", "-", "never"),
    Column("winner", "string", "a, b or tie", "an order has no verdict"),
    Column("is_flip", "boolean", "-", "not judged in both orders"),
    Column("first_orders", "Int64", "orders in which the first answer won", "never"),
    Column("second_orders", "Int64", "orders in which the second answer won", "never"),
    Column("tie_orders", "Int64", "orders that were ties", "never"),
)
BIAS_COLUMNS = (
    Column("measure", "string", "-", "never"),
    Column("estimate", "Float64", "share", "nothing to count"),
    Column("low", "Float64", "share", "fewer than two groups of prompts"),
    Column("high", "Float64", "share", "fewer than two groups of prompts"),
    Column("count", "Int64", "pairs or verdicts", "never"),
)
_KEYS = ["prompt_id", "cluster", "repeat", "model_a", "model_b"]
_NEEDED = (*_KEYS, "is_swapped", "verdict")
_SHOWN_FIRST = {"first": "a", "second": "b", "tie": "tie"}
_SHOWN_SWAPPED = {"first": "b", "second": "a", "tie": "tie"}


def plan_pairs(rows: pd.DataFrame, *, swap: bool = True, models: Sequence[str] | None = None) -> pd.DataFrame:
    """Lay out which two answers a judge shall compare: every two models on the same prompt and repeat.

    Parameters
    ----------
    rows
        As `Results.df()` gives them; rows that are no answers are left out.
    swap
        Whether each pair stands there in both orders.
    models
        Names to compare; None compares all.

    Returns
    -------
    DataFrame
        `prompt_id`, `cluster`, `repeat`, `model_a`, `model_b`, `is_swapped` (whether b is shown first), and `row_a`,
        `row_b`: the places of the answers among the rows, from 0.

    Raises
    ------
    ParameterError
        There is no such model, or they are fewer than two.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["m", "n"], "prompt_id": ["p", "p"], "answer": ["one", "two"]})
    >>> plan_pairs(rows)[["model_a", "model_b", "is_swapped", "row_a", "row_b"]].values.tolist()
    [['m', 'n', False, 0, 1], ['m', 'n', True, 0, 1]]
    """
    frame = read_rows(rows)
    frame["repeat"] = frame["repeat"].astype(int) if "repeat" in frame else 0
    frame["row"] = np.arange(len(frame))
    names = named_variants(frame, models)
    frame = frame[is_answer(frame)]
    keys = ["prompt_id", "cluster", "repeat"]
    sides = {name: frame[frame["variant"] == name].set_index(keys)["row"] for name in names}
    blocks = []
    for first, second in itertools.combinations(names, 2):
        both = pd.concat([sides[first].rename("row_a"), sides[second].rename("row_b")], axis=1, join="inner")
        orders = [both.reset_index().assign(model_a=first, model_b=second, is_swapped=order) for order in (False, True)]
        blocks += orders[: 1 + swap]
    # Both orders of a pair side by side: a run that stops half way has judged whole pairs.
    columns = [*_KEYS, "is_swapped", "row_a", "row_b"]
    plan = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=columns)
    return plan[columns].sort_values(["row_a", "row_b", "is_swapped"], ignore_index=True)


def pair_verdicts(verdicts: pd.DataFrame) -> Table:
    """Join the verdicts on each pair: where the orders disagree it is a tie; where one is missing there is none.

    Parameters
    ----------
    verdicts
        One line a verdict: `prompt_id`, `cluster`, `repeat`, `model_a`, `model_b`, `is_swapped` (b was shown first),
        `verdict` ("first", "second", "tie"; missing where none could be read).

    Returns
    -------
    DataFrame
        What `rank` takes.

        name | dtype | unit | null means
        --- | --- | --- | ---
        prompt_id | string | - | never
        cluster | string | - | never
        repeat | Int64 | - | never
        model_a | string | - | never
        model_b | string | - | never
        winner | string | a, b or tie | an order has no verdict
        is_flip | boolean | - | not judged in both orders
        first_orders | Int64 | orders in which the first answer won | never
        second_orders | Int64 | orders in which the second answer won | never
        tie_orders | Int64 | orders that were ties | never

    Raises
    ------
    ParameterError
        It is no frame of verdicts.

    Examples
    --------
    >>> line = {"prompt_id": "p", "cluster": "p", "repeat": 0, "model_a": "m", "model_b": "n"}
    >>> verdicts = pd.DataFrame([line | {"is_swapped": False, "verdict": "first"},
    ...                          line | {"is_swapped": True, "verdict": "first"}])
    >>> pair_verdicts(verdicts)[["winner", "is_flip"]].values.tolist()
    [['tie', True]]
    """
    frame = _read(verdicts)
    winner, shown = frame["winner"], frame["verdict"]
    marked = frame[_KEYS].assign(a=winner == "a", b=winner == "b", none=winner.isna(), swapped=frame["is_swapped"])
    marked["all"] = 1
    for place in ("first", "second", "tie"):
        marked[f"{place}_orders"] = shown == place
    counted = marked.groupby(_KEYS, sort=False, dropna=False).sum().astype(int).reset_index()
    is_whole = counted["none"] == 0
    is_both = is_whole & (counted["swapped"] > 0) & (counted["swapped"] < counted["all"])
    # Only unanimous orders name a winner: a judge that follows the place says "first" twice, which is no preference.
    clear = np.select([counted["a"] == counted["all"], counted["b"] == counted["all"]], ["a", "b"], "tie")
    flips = (counted["a"] > 0) & (counted["b"] > 0)
    counted["winner"] = pd.Series(clear, dtype=object).where(is_whole, None)
    counted["is_flip"] = flips.astype(object).where(is_both, None)
    lines = counted[[column.name for column in PAIR_COLUMNS]].to_numpy(dtype=object).tolist()
    return table_of(PAIR_COLUMNS, lines)


def judge_bias(verdicts: pd.DataFrame, *, level: float = 0.95) -> Finding:
    """Say how far a judge can be trusted.

    Parameters
    ----------
    verdicts
        As for `pair_verdicts`.
    level
        Of confidence.

    Returns
    -------
    Finding
        Its table has one line a measure: "flips" is the share of pairs, judged in both orders, whose winner changed
        with the order; "first place" the share of verdicts, ties left out, for the answer shown first; "position
        bias" the share for the first less the share for the second, of all verdicts in both orders: 0 where the place
        does not matter; "ties" the share of verdicts that are ties; "no verdict" the share that could not be read.

        name | dtype | unit | null means
        --- | --- | --- | ---
        measure | string | - | never
        estimate | Float64 | share | nothing to count
        low | Float64 | share | fewer than two groups of prompts
        high | Float64 | share | fewer than two groups of prompts
        count | Int64 | pairs or verdicts | never

    Raises
    ------
    ParameterError
        It is no frame of verdicts; or scipy is not installed.
    """
    frame = _read(verdicts)
    pairs = pair_verdicts(verdicts)
    both = pairs[pairs["is_flip"].notna()]
    said = frame[frame["verdict"].notna()]
    decided = said[said["verdict"] != "tie"]
    # One number a pair, from -1 to 1: the two orders of a pair are not independent, so they are not two rows.
    orders = ((both["first_orders"] - both["second_orders"]) / 2).astype(float)
    measures = {
        "flips": _share(both["is_flip"].astype(float), both, level),
        "first place": _share(decided["verdict"] == "first", decided, level),
        "position bias": _share(orders, both, level),
        "ties": _share(said["verdict"] == "tie", said, level),
        "no verdict": _share(frame["verdict"].isna(), frame, level),
    }
    lines = [
        {"measure": name, "estimate": found.estimate, "low": found.low, "high": found.high, "count": found.prompts}
        for name, found in measures.items()
    ]
    table = table_of(BIAS_COLUMNS, lines_of(BIAS_COLUMNS, lines))
    return Finding(table, _sentences(measures, frame["cluster"].nunique()))


def judge_agreement(pairs: pd.DataFrame, human: pd.DataFrame, *, level: float = 0.95) -> Agreement:
    """Compare a judge's winners with a person's, on the pairs both have.

    Parameters
    ----------
    pairs, human
        As `pair_verdicts` gives them: `prompt_id`, `cluster`, `repeat`, `model_a`, `model_b`, `winner`. A pair may
        stand the other way round in one of them.
    level
        Of confidence.

    Raises
    ------
    ParameterError
        A column is missing, or they have no pair in common; or scipy is not installed.
    """
    sides = [_oriented(frame) for frame in (pairs, human)]
    # Not by cluster: a person's sheet may not have it, and the prompt implies it.
    joined = sides[0].merge(sides[1], on=["prompt_id", "repeat", "one", "two"], suffixes=("_judge", "_human"))
    winners = [
        joined[name].astype(object).where(joined[name].notna(), None) for name in ("winner_judge", "winner_human")
    ]
    return compare_raters(winners[0], winners[1], joined["cluster_judge"], level=level)


def _read(verdicts: object) -> pd.DataFrame:
    """Return the verdicts with `winner`: a, b, tie, or None."""
    if not isinstance(verdicts, pd.DataFrame):
        message = f"Verdicts come as a DataFrame, not {type(verdicts).__name__}."
        raise ParameterError(message)
    _need(verdicts, _NEEDED)
    frame = verdicts.reset_index(drop=True).copy()
    frame["verdict"] = frame["verdict"].astype(object).where(frame["verdict"].notna(), None)
    frame["is_swapped"] = frame["is_swapped"].astype(bool)
    wrong = set(frame["verdict"].dropna()) - set(_SHOWN_FIRST)
    if wrong:
        message = f"A verdict is 'first', 'second', 'tie' or missing, not {min(map(str, wrong))!r}."
        raise ParameterError(message)
    swapped, straight = (frame["verdict"].map(meaning) for meaning in (_SHOWN_SWAPPED, _SHOWN_FIRST))
    winner = swapped.where(frame["is_swapped"], straight).astype(object)
    frame["winner"] = pd.Series([None if pd.isna(said) else said for said in winner], dtype=object)
    return frame


def _need(frame: pd.DataFrame, names: Sequence[str]) -> None:
    lacking = [name for name in names if name not in frame]
    if lacking:
        message = f"The verdicts have no column {lacking[0]!r}. They need {', '.join(names)}."
        raise ParameterError(message)


def _share(values: Any, part: pd.DataFrame, level: float) -> Interval:
    """Return a mean over lines, clustered by the prompts' groups."""
    return mean_interval(
        np.asarray(values, dtype=float), np.arange(len(part)), part["cluster"].astype(str), level=level
    )


def _oriented(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the winners by pair, each pair with its models in the order of the alphabet."""
    _need(frame, (*_KEYS, "winner"))
    first, second = frame["model_a"].astype(str), frame["model_b"].astype(str)
    turned = (first > second).to_numpy()
    winner = frame["winner"].astype(object)
    other = winner.map({"a": "b", "b": "a", "tie": "tie"})
    made = frame[["prompt_id", "cluster", "repeat"]].copy()
    made["one"], made["two"] = first.where(~turned, second), second.where(~turned, first)
    made["winner"] = other.where(turned, winner)
    return made


def _sentences(measures: dict[str, Interval], groups: int) -> tuple[str, ...]:
    flips, bias, silent = measures["flips"], measures["position bias"], measures["no verdict"]
    said = []
    if flips.rows:
        said.append(f"The winner changed with the order in {flips.estimate:.1%} of {flips.rows:,} pairs.")
        is_sure = bias.low > 0 or bias.high < 0
        where = "first" if bias.estimate > 0 else "second"
        liking = f"The judge prefers what is shown {where}, by {abs(bias.estimate):.1%}."
        said.append(liking if is_sure else "No liking for one place is seen.")
    else:
        said.append("No pair was judged in both orders, so a liking for one place cannot be seen.")
    if silent.estimate > 0:
        said.append(f"{silent.estimate:.1%} of the verdicts could not be read; they are left out.")
    return (*said, *few_prompts(groups))
