"""Rows and scores out of a run's file as pandas frames: columns declared once, read a block at a time.

Knows nothing of statistics or of how rows came there.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten
from .row import COLUMNS, NANO, mend_text, unpack
from .store import Store

# Of the store's columns, those that are keys of the store only.
_HIDDEN = ("row_key", "request_key", "parent_key", "place", "cost_nano_usd")
SHOWN = tuple(name for name in COLUMNS if name not in _HIDDEN)
_CATEGORIES = (
    "kind",
    "model",
    "status",
    "error_type",
    "finish_reason",
    "model_served",
    "provider",
    "cost_source",
    "worker",
)
_COUNTS = ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "seed", "error_code")
_SMALL = ("params_id", "repeat", "attempts")
_SECONDS = ("queue_s", "ttft_s", "latency_s", "retry_wait_s")
_PACKED = ("answer", "reasoning")
# Put together of other tables.
_ADDED = ("cost_usd", "prompt", "reference")
# Some 20 MB of Python values at once; 100,000 rows read in one go took several times the frame's size.
_BLOCK = 20_000


def rows_frame(store: Store, *, kind: str = "answer", columns: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Return the rows of a run, one line a cell, with a column `NAME` for each scorer.

    Parameters
    ----------
    store
        The run's file.
    kind
        "answer" or "judge".
    columns
        Which of the columns below, by their exact names and in this order; None reads all. Fewer are quicker.

    Returns
    -------
    DataFrame
        `kind`, `model`, `prompt_id`, `cluster`, `params` (JSON), `params_id`, `repeat`, `seed`, `status`, `error_type`,
        `error_code` (HTTP status), `error_message`, `answer`, `reasoning`, `tool_calls` (JSON), `finish_reason`,
        `model_served`, `provider`, `response_id`, `prompt_tokens`, `completion_tokens`, `reasoning_tokens`,
        `cached_tokens`, `cost_source`, `queue_s`, `ttft_s`, `latency_s`, `attempts`, `retry_wait_s`, `cache_hit`,
        `started_at` (UTC), `worker`, `cost_usd` (US dollars, missing = not known), `prompt`, `reference`, and the
        scores. Missing is NA or None, never 0; half of a surrogate pair in a text is U+FFFD.

    Raises
    ------
    ParameterError
        There is no such column; the message lists those there are.
    """
    there = (*SHOWN, *_ADDED, *store.scorers())
    wanted = there if columns is None else _check_columns(columns, there)
    has_prompts = not {"prompt", "reference"}.isdisjoint(wanted)
    read = [name for name in SHOWN if name in wanted or (has_prompts and name == "prompt_id")]
    names = ["row_key", *read, "cost_nano_usd"]
    blocks = list(_blocks(store, names, kind))
    frame = _typed(pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=names))
    return _finished(frame, store, has_prompts=has_prompts)[list(wanted)]


def frame_blocks(store: Store) -> Iterator[pd.DataFrame]:
    """Yield the frame of `rows_frame` in blocks of 20,000 rows; at least one, which may be empty."""
    names = ["row_key", *SHOWN, "cost_nano_usd"]
    is_empty = True
    for block in _blocks(store, names, "answer"):
        is_empty = False
        yield _finished(_typed(block), store, has_prompts=True)
    if is_empty:
        yield rows_frame(store)


def score_errors(store: Store) -> pd.DataFrame:
    """Return what scorers failed with, each in the version that was used last, the most frequent first.

    Returns
    -------
    DataFrame
        One line a scorer and message.

        name | dtype | unit | null means
        --- | --- | --- | ---
        scorer | object | - | never
        count | int64 | rows | never
        message | object | - | never
    """
    query = (
        "SELECT scorer, count(*), error FROM scores JOIN rows USING (row_key) "
        "WHERE scorer = ? AND scorer_version = ? AND error IS NOT NULL AND place IS NOT NULL GROUP BY error"
    )
    found = [line for used in store.scorers().items() for line in store.select(query, used)]
    found.sort(key=lambda line: -int(line[1]))
    return pd.DataFrame(found, columns=["scorer", "count", "message"])


def errors_frame(store: Store) -> pd.DataFrame:
    """Return what went wrong, the most frequent first.

    Returns
    -------
    DataFrame
        One line a model and way to fail; `error_code` is the HTTP status.

        name | dtype | unit | null means
        --- | --- | --- | ---
        model | object | - | never
        status | object | - | never
        error_type | object | - | never; "" where the model refused or was filtered
        error_code | Int64 | - | no HTTP status came
        count | int64 | rows | never
        message | object | - | never; of the first such row
    """
    query = (
        # SQLite takes a bare column from the row that min() found (sqlite.org/lang_select.html#bareagg).
        "SELECT model, status, error_type, error_code, count(*), error_message, min(rowid) FROM rows "
        "WHERE place IS NOT NULL AND status NOT IN ('ok', 'length') GROUP BY model, status, error_type, error_code "
        "ORDER BY count(*) DESC, model"
    )
    columns = ["model", "status", "error_type", "error_code", "count", "message"]
    frame = pd.DataFrame([line[:-1] for line in store.select(query)], columns=columns)
    return frame.astype({"error_code": "Int64"})


def _check_columns(columns: object, there: Sequence[str]) -> list[str]:
    """Return the columns that were named, each once; one name is a list of one."""
    named: list[Any] = [columns] if isinstance(columns, str) or not isinstance(columns, Iterable) else list(columns)
    unknown = next((name for name in named if name not in there), None)
    if unknown is not None:
        shown = shorten(render_plain(repr(unknown)), 60)
        message = f"There is no column {shown}. The columns are: {render_plain(', '.join(there))}."
        raise ParameterError(message)
    return list(dict.fromkeys(named))


def _blocks(store: Store, names: Sequence[str], kind: str) -> Iterator[pd.DataFrame]:
    # Rows without a place belong to an earlier grid. Judges' rows never have one: they are chosen by their keys.
    condition = "place IS NOT NULL" if kind == "answer" else "1"
    query = f"SELECT {', '.join(names)} FROM rows WHERE kind = ? AND {condition} ORDER BY place, rowid"
    rows = store.select(query, (kind,))
    while block := list(itertools.islice(rows, _BLOCK)):
        frame = pd.DataFrame(block, columns=list(names))
        for name in set(_PACKED) & set(names):
            frame[name] = pd.Series([None if value is None else _text(value) for value in frame[name]], dtype="object")
        yield frame


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    kinds: dict[str, Any] = dict.fromkeys(_CATEGORIES, "category") | dict.fromkeys(_COUNTS, "Int64")
    kinds |= dict.fromkeys(_SMALL, "int16") | dict.fromkeys(_SECONDS, "float64") | {"cache_hit": "bool"}
    frame = frame.astype({name: kind for name, kind in kinds.items() if name in frame})
    if "started_at" in frame:
        frame["started_at"] = pd.to_datetime(frame["started_at"].astype("float64"), unit="s", utc=True)
    return frame


def _finished(frame: pd.DataFrame, store: Store, *, has_prompts: bool) -> pd.DataFrame:
    frame["cost_usd"] = pd.to_numeric(frame.pop("cost_nano_usd")).astype("Float64") / NANO
    if has_prompts:
        frame = _with_prompts(frame, store)
    for name, values in _scores(store).items():
        frame[name] = frame["row_key"].map(values).astype("Float64")
    return frame.drop(columns="row_key")


def _with_prompts(frame: pd.DataFrame, store: Store) -> pd.DataFrame:
    query = "SELECT prompt_id, prompt, reference FROM prompts"
    known = {prompt_id: (prompt, said) for prompt_id, prompt, said in store.select(query)}
    texts = {prompt_id: _text(prompt) for prompt_id, (prompt, _) in known.items()}
    references = {prompt_id: None if said is None else _reference(said) for prompt_id, (_, said) in known.items()}
    frame["prompt"] = frame["prompt_id"].map(texts)
    frame["reference"] = frame["prompt_id"].map(references).astype(object)
    return frame


def _text(value: str | bytes) -> str:
    """Return a text as a frame can hold it; what was sent to the model had the same letters."""
    return mend_text(unpack(value))


def _reference(said: str) -> Any:
    value = json.loads(said)
    return mend_text(value) if isinstance(value, str) else value


def _scores(store: Store) -> dict[str, dict[bytes, float]]:
    """Return the scores by scorer, each of the version that was used last."""
    found: dict[str, dict[bytes, float]] = {}
    for scorer, version in store.scorers().items():
        query = "SELECT row_key, value FROM scores WHERE scorer = ? AND scorer_version = ? AND value IS NOT NULL"
        found[scorer] = dict(store.select(query, (scorer, version)))
    return found
