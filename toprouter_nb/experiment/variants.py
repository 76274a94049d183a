"""What is compared: a model, or a model with one set of options; and the frame of rows that every analysis reads.

Knows which columns rows have; nothing of statistics.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ParameterError
from ..plain import render_plain, shorten
from .row import FINAL

NEEDED = ("model", "prompt_id")


def read_rows(rows: object, score: str | None = None) -> pd.DataFrame:
    """Check a frame of rows and bring it to one form: what is missing gets its plain meaning.

    Parameters
    ----------
    rows
        One line a row: `model` and `prompt_id`, and what there is of `params_id`, `cluster`, `repeat`, `status`,
        `answer`, tokens, costs and times.
    score
        The column of scores; None where scores are not used.

    Returns
    -------
    DataFrame
        With `variant` (the model, and its options where there are several), `cluster`, `status`, and `score` as
        float64, NaN where an answer has none and for every row that is no answer.

    Raises
    ------
    ParameterError
        It is no frame, lacks a column, or the scores are no numbers.
    """
    if not isinstance(rows, pd.DataFrame):
        message = f"Rows come as a DataFrame, such as run.df(), not {type(rows).__name__}."
        raise ParameterError(message)
    _check_columns(rows, [*NEEDED, *([score] if score is not None else [])])
    # A copy, and counted anew: the caller's frame is not ours to change, and a filtered one has holes in its index.
    frame = rows.reset_index(drop=True).copy()
    frame["prompt_id"] = frame["prompt_id"].astype(str)
    frame["cluster"] = (frame["cluster"] if "cluster" in frame else frame["prompt_id"]).astype(str)
    frame["status"] = (frame["status"] if "status" in frame else pd.Series("ok", frame.index)).astype(str)
    if "params_id" not in frame:
        frame["params_id"] = 0
    frame["variant"] = _variant_names(frame)
    if score is not None:
        # Also where a frame from elsewhere has a 0 for a failed row: an error is never a score.
        frame["score"] = np.where(is_answer(frame), as_floats(frame[score], score), np.nan)
    return frame


def is_answer(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of each row whether the model answered it."""
    answered: NDArray[np.bool_] = frame["status"].isin(FINAL).to_numpy(dtype=bool)
    return answered


def as_floats(column: "pd.Series[float]", name: str) -> NDArray[np.float64]:
    """Return a column as floats, NaN where something is missing.

    Raises
    ------
    ParameterError
        It holds what is no number.
    """
    try:
        return pd.to_numeric(column.astype(object).where(column.notna(), None)).to_numpy(
            dtype=np.float64, na_value=np.nan
        )
    except (TypeError, ValueError):
        message = f"The column {shorten(render_plain(str(name)), 60)!r} holds what is no number."
        raise ParameterError(message) from None


def find_score(rows: pd.DataFrame, score: str | None, scorers: Sequence[str]) -> str:
    """Return the column of scores that is meant: the one named, or the only one there is.

    Raises
    ------
    ParameterError
        There are several, or none.
    """
    if score is not None:
        _check_columns(rows, [score])
        return score
    there = [name for name in scorers if name in rows]
    if len(there) == 1:
        return there[0]
    advice = f"Say which: score= one of {', '.join(there)}." if there else "Give the experiment scorers=, or rescore."
    message = f"There {'are several scores' if there else 'is no score'}. {advice}"
    raise ParameterError(message)


def each_variant(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each variant's rows, in the order in which they first stand."""
    for name in dict.fromkeys(frame["variant"].tolist()):
        yield name, frame[frame["variant"] == name]


def check_variant(name: str, there: Iterable[str]) -> None:
    """Refuse a name of no variant.

    Raises
    ------
    ParameterError
        There is none of that name; the message lists them.
    """
    names = list(there)
    if name not in names:
        shown, there_are = (shorten(render_plain(text), 600) for text in (str(name), ", ".join(names)))
        message = f"There is no '{shown}' among the rows. There are: {there_are or 'none'}."
        raise ParameterError(message)


def named_variants(frame: pd.DataFrame, models: Sequence[str] | None) -> list[str]:
    """Return the variants to be compared, each once: those named, or all.

    Raises
    ------
    ParameterError
        It is no list of names, there is none of a name, or they are fewer than two.
    """
    there = list(dict.fromkeys(frame["variant"].tolist()))
    if isinstance(models, str):
        message = f"models is a list of names, not the text {shorten(render_plain(models), 80)!r}."
        raise ParameterError(message)
    names = there if models is None else list(dict.fromkeys(models))
    for name in names:
        check_variant(name, there)
    if len(names) < 2:  # noqa: PLR2004  # a pair is two
        only = f"only {shorten(render_plain(names[0]), 80)!r}" if names else "none"
        message = f"Who judges compares the answers of two models or more; here is {only}."
        raise ParameterError(message)
    return names


def _variant_names(frame: pd.DataFrame) -> "pd.Series[str]":
    models = frame["model"].astype(str)
    if len(frame["params_id"].unique()) <= 1:
        return models
    return models + " #" + frame["params_id"].astype(str)


def _check_columns(rows: pd.DataFrame, names: Sequence[str]) -> None:
    lacking = [name for name in names if name not in rows]
    if lacking:
        there = shorten(render_plain(", ".join(map(str, rows.columns))), 400)
        message = f"The rows have no column {render_plain(str(lacking[0]))!r}. Columns are: {there}."
        raise ParameterError(message)
