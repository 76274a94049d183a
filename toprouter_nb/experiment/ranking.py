"""`rank()`: models in order of strength, from comparisons of two answers each.

Knows the columns of comparisons; whoever judged them, a model or a person, is all the same.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten
from ..tables import Column, table_of
from .bradley_terry import Strengths, fit_strengths
from .difference import holm, mcnemar
from .finding import Finding, join_words
from .interval import Floats, codes_of
from .student import check_level, t_p_value, t_quantile
from .summary import few_prompts
from .summary_parts import lines_of

RANKING_COLUMNS = (
    Column("place", "Int64", "-", "never"),
    Column("model", "string", "-", "never"),
    Column("strength", "Float64", "log odds against the average", "never"),
    Column("low", "Float64", "log odds", "one group of prompts, or no bound"),
    Column("high", "Float64", "log odds", "one group of prompts, or no bound"),
    Column("win_share", "Float64", "share, ties as half", "never"),
    Column("comparisons", "Int64", "comparisons", "never"),
    Column("is_unbounded", "boolean", "-", "never"),
)
_NEEDED = ("model_a", "model_b", "winner")
_OUTCOMES = {"a": 1.0, "tie": 0.5, "b": 0.0}


def rank(comparisons: pd.DataFrame, *, level: float = 0.95) -> Finding:
    """Rank models by who wins against whom.

    A model's strength is the logarithm of its odds against the average of all (Bradley and Terry); the chance that
    one beats another is that of their difference. Intervals take it into account that comparisons on one prompt are
    not independent.

    Parameters
    ----------
    comparisons
        One line a comparison: `model_a`, `model_b`, and `winner` ("a", "b", "tie", or the winner's name; missing = no
        verdict, left out); and what there is of `prompt_id` and `cluster`. Without either each line stands for itself.
    level
        Of confidence.

    Returns
    -------
    Finding
        Its sentences say who is separated from whom, after Holm's correction; its table has these columns.

        name | dtype | unit | null means
        --- | --- | --- | ---
        place | Int64 | - | never
        model | string | - | never
        strength | Float64 | log odds against the average | never
        low | Float64 | log odds | one group of prompts, or no bound
        high | Float64 | log odds | one group of prompts, or no bound
        win_share | Float64 | share, ties as half | never
        comparisons | Int64 | comparisons | never
        is_unbounded | boolean | - | never

    Raises
    ------
    ParameterError
        It is no frame of comparisons, a winner is none of the two, no verdict is left, or two models are joined by no
        chain of comparisons; or scipy is not installed.

    Examples
    --------
    >>> lines = [("a/small", "b/large", "b")] * 9 + [("a/small", "b/large", "a")] * 3
    >>> found = rank(pd.DataFrame(lines, columns=["model_a", "model_b", "winner"]))
    >>> found.df()[["place", "model", "win_share", "comparisons"]].values.tolist()
    [[1, 'b/large', 0.75, 12], [2, 'a/small', 0.25, 12]]
    >>> print(found.sentences[0])
    No pair is separated at 95 %.
    """
    check_level(level)
    frame = _read(comparisons)
    codes, names = pd.factorize(pd.concat([frame["model_a"], frame["model_b"]]), sort=True)
    first, second = codes[: len(frame)], codes[len(frame) :]
    outcomes = frame["outcome"].to_numpy()
    groups = codes_of(frame["group"])
    fit = fit_strengths(first, second, outcomes, groups, len(names))
    shares, played = _shares(first, second, outcomes, len(names))
    lines = _lines([str(name) for name in names], fit, shares, played, level)
    table = table_of(RANKING_COLUMNS, lines_of(RANKING_COLUMNS, lines))
    return Finding(table, _sentences(lines, [str(name) for name in names], fit, level))


def _read(comparisons: object) -> pd.DataFrame:
    """Return the comparisons that have a verdict, with `outcome` for the first and `group`."""
    if not isinstance(comparisons, pd.DataFrame):
        message = f"rank() takes a DataFrame of comparisons, not {type(comparisons).__name__}."
        raise ParameterError(message)
    lacking = [name for name in _NEEDED if name not in comparisons]
    if lacking:
        message = f"The comparisons have no column {lacking[0]!r}. rank() needs {join_words(_NEEDED)}."
        raise ParameterError(message)
    if comparisons[["model_a", "model_b"]].isna().any(axis=None):
        message = "A comparison lacks the name of a model. Give both, or leave the line out."
        raise ParameterError(message)
    frame = comparisons[comparisons["winner"].notna()].reset_index(drop=True)
    if frame.empty:
        message = "No comparison has a verdict, so there is nothing to rank."
        raise ParameterError(message)
    sides = [frame[name].astype(str) for name in ("model_a", "model_b")]
    said = [_outcome(*line) for line in zip(frame["winner"].astype(str), *sides, strict=True)]
    # The widest group known: prompts that share a passage are no more independent than orders of one pair.
    group = next((name for name in ("cluster", "prompt_id") if name in frame), None)
    groups = frame.index.astype(str) if group is None else frame[group].astype(str)
    return pd.DataFrame({"model_a": sides[0], "model_b": sides[1], "outcome": said, "group": groups})


def _outcome(winner: str, first: str, second: str) -> float:
    """Return what a comparison says of its first model; names go before sides, but may not contradict them."""
    if first == second:
        message = f"A comparison has {_shown(first)} on both sides. Compare two models."
        raise ParameterError(message)
    named = float(winner == first) if winner in (first, second) else None
    sided = _OUTCOMES.get(winner)
    if named is None and sided is None:
        message = f"A winner is 'a', 'b', 'tie' or the name of one of the two models, not {_shown(winner)}."
        raise ParameterError(message)
    if named is not None and sided is not None and named != sided:
        message = f"The winner {_shown(winner)} is a model's name and means something else, too. Rename the model."
        raise ParameterError(message)
    return named if named is not None else _OUTCOMES[winner]


def _shown(text: str) -> str:
    return f"'{shorten(render_plain(text), 80)}'"


def _shares(first: Any, second: Any, outcomes: Floats, models: int) -> tuple[Floats, Any]:
    played = np.bincount(first, minlength=models) + np.bincount(second, minlength=models)
    won = np.bincount(first, outcomes, models) + np.bincount(second, 1 - outcomes, models)
    return won / played, played


def _lines(names: Sequence[str], fit: Strengths, shares: Floats, played: Any, level: float) -> list[dict[str, Any]]:
    errors = np.sqrt(np.diag(fit.covariance))
    reach = t_quantile(level, fit.groups - 1) * errors if fit.groups > 1 else errors * np.nan
    # Stable, so that equals stay in the alphabet's order and a report reads the same tomorrow.
    order = np.argsort(-fit.log_odds, kind="stable")
    return [
        {
            "place": place,
            "model": names[code],
            "strength": float(fit.log_odds[code]),
            "low": None if fit.unbounded[code] else float(fit.log_odds[code] - reach[code]),
            "high": None if fit.unbounded[code] else float(fit.log_odds[code] + reach[code]),
            "win_share": float(shares[code]),
            "comparisons": int(played[code]),
            "is_unbounded": bool(fit.unbounded[code]),
        }
        for place, code in enumerate(order, 1)
    ]


def _sentences(lines: Sequence[dict[str, Any]], names: Sequence[str], fit: Strengths, level: float) -> tuple[str, ...]:
    apart = _separated(names, fit, level) if fit.groups > 1 else []
    said = (
        [f"{join_words([f'{better} beats {worse}' for better, worse in apart])}, at {100 * level:g} %."]
        if apart
        else []
    )
    said = said or [f"No pair is separated at {100 * level:g} %."]
    for line in lines:
        if line["is_unbounded"]:
            what = {1.0: "never lost", 0.0: "never won"}.get(line["win_share"], "shares no cycle of wins with the rest")
            said.append(f"{line['model']} {what}, so its strength has no bound; more comparisons are needed.")
    return (*said, *few_prompts(fit.groups))


def _separated(names: Sequence[str], fit: Strengths, level: float) -> list[tuple[str, str]]:
    """Return the pairs (better, worse) whose difference is not chance, after Holm's correction."""
    pairs = [(one, two) for one in range(len(names)) for two in range(one + 1, len(names))]
    p_values = [_p_value(one, two, fit) for one, two in pairs]
    apart = [pair for pair, p_value in zip(pairs, holm(p_values), strict=True) if p_value < 1 - level]
    ordered = [(one, two) if fit.log_odds[one] > fit.log_odds[two] else (two, one) for one, two in apart]
    return [(names[one], names[two]) for one, two in sorted(ordered, key=lambda pair: -fit.log_odds[pair[0]])]


def _p_value(one: int, two: int, fit: Strengths) -> float:
    """Return the p value of no difference; NaN where the two neither met nor are in one part."""
    if fit.parts[one] != fit.parts[two]:  # all went one way: no spread to judge by, so the number of groups decides
        return mcnemar(int(fit.met[one, two]), 0)[0] if fit.met[one, two] else np.nan
    variance = fit.covariance[one, one] + fit.covariance[two, two] - 2 * fit.covariance[one, two]
    gap = fit.log_odds[one] - fit.log_odds[two]
    return t_p_value(gap / np.sqrt(variance), fit.groups - 1) if variance > 0 else 1.0
