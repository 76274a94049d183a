"""A column of texts as a table of typed values: each text is asked for its data, and becomes a row.

Knows nothing of how questions travel at the same time.
"""

import enum
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import ParameterError, StructuredReplyError, ToprouterError
from .frames import is_frame
from .parallel import Errand, Outcome, ask_many
from .plain import shorten
from .progress import Progress
from .structured import Shape
from .tables import Table
from .tables.cells import array_of

if TYPE_CHECKING:
    from .conversation import Conversation
    from .tables.columns import Dtype

NO_TEXT = "there is no text"
NOT_ASKED = "not asked"
_WHOLE = "value"
_WIDEST = 2**63 - 1
_DTYPES: "Mapping[str, Dtype]" = {"integer": "Int64", "number": "Float64", "boolean": "boolean", "string": "string"}
_FACTS: "Mapping[str, Dtype]" = {"total_tokens": "Int64", "cost_usd": "Float64", "error": "string"}


def extract_table(
    chat: "Conversation",
    frame: Any,
    column: Any,
    data_model: Any,
    *,
    prompt: str | None,
    concurrency: int,
    done: Any,
    params: Mapping[str, Any],
    progress: Progress,
) -> Table:
    """Ask for the data in each text of a column; see `Conversation.extract`."""
    texts = _texts_of(frame, column)
    plan = _Plan(Shape(data_model), frame.index, done)
    places = [place for place, text in enumerate(texts) if text and not plan.is_done(place)]
    options = {**params, "data_model": plan.shape}
    errands = [Errand((f"{prompt}\n\n{texts[place]}" if prompt else texts[place],), options) for place in places]
    outcomes: dict[int, Outcome] = {}
    try:
        with progress.over(len(errands), "row") as step:

            def ended(outcome: Outcome) -> None:
                outcomes[places[outcome.place]] = outcome
                step(outcome)

            ask_many(chat, errands, concurrency=concurrency, ended=ended)
    except KeyboardInterrupt as error:
        error.partial = plan.table(texts, outcomes)  # type: ignore[attr-defined]  # as on every interrupt of a call
        error.add_note(
            f"{len(outcomes)} of {len(errands)} rows ended: .partial has them; done=... asks the others only."
        )
        raise
    failed = [outcome.error for outcome in outcomes.values() if outcome.error is not None]
    # What is wrong with every row, as a bad key is, is no row; an answer of the wrong shape is that row's own.
    if failed and len(failed) == len(errands) and not isinstance(failed[0], StructuredReplyError):
        raise failed[0]
    return plan.table(texts, outcomes)


class _Plan:
    """What the table will look like, and which of its rows are there already."""

    def __init__(self, shape: Shape, index: pd.Index, done: Any) -> None:
        self.shape = shape
        self._index = index
        self._fields = _fields_of(shape)
        self._done = done
        taken = sorted(set(_FACTS) & set(self._fields))
        if taken:
            message = (
                f"The table has a column {taken[0]!r} of its own: the data_model may not have a field of that name."
            )
            raise ParameterError(message)
        if done is not None and not (is_frame(done) and done.index.equals(index) and set(self.columns) <= set(done)):
            message = "done takes a table that extract() made of this very frame: same index, same data_model."
            raise ParameterError(message)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return [*self._fields, *_FACTS]

    def is_done(self, place: int) -> bool:
        """Say whether a row came out well before."""
        return self._done is not None and bool(pd.isna(self._done["error"].iloc[place]))

    def table(self, texts: Sequence[str], outcomes: Mapping[int, Outcome]) -> Table:
        """Lay the rows out, those that were done before included."""
        rows = [self._row(place, text, outcomes.get(place)) for place, text in enumerate(texts)]
        dtypes = {**self._fields, **_FACTS}
        made = {name: _column([row.get(name) for row in rows], dtype) for name, dtype in dtypes.items()}
        return Table(made, index=self._index)

    def _row(self, place: int, text: str, outcome: Outcome | None) -> Mapping[str, Any]:
        if self.is_done(place):
            return {name: None if _is_missing(value) else value for name, value in self._done.iloc[place].items()}
        if outcome is None:
            return {"error": NOT_ASKED if text else NO_TEXT}
        reply, error = outcome.reply, outcome.error
        facts = {"total_tokens": reply.usage.total_tokens, "cost_usd": reply.cost_usd} if reply else {}
        if error is not None:
            return {**facts, "error": self._told(error)}
        return {**facts, **self._values(reply.data if reply else None)}

    def _told(self, error: ToprouterError) -> str:
        """Say what was wrong with a row; what an error says of a conversation is not so here, where none is kept."""
        faults = error.faults if isinstance(error, StructuredReplyError) else ""
        return f"The answer is no {self.shape.name}: {faults}." if faults else str(error)

    def _values(self, data: Any) -> Mapping[str, Any]:
        if self.shape.is_wrapped:
            return {_WHOLE: _plain(data)}
        return {name: _plain(value) for name, value in self.shape.dump(data).items()}


def _texts_of(frame: Any, column: Any) -> list[str]:
    """Return the texts of a column; "" for a missing or blank one."""
    if not is_frame(frame):
        message = f"extract takes a pandas DataFrame, not {type(frame).__name__}."
        raise ParameterError(message)
    if list(frame.columns).count(column) != 1:
        names = shorten(", ".join(map(repr, frame.columns)), 300)
        message = f"There is no one column {shorten(repr(column), 80)} in the frame, which has {names}."
        raise ParameterError(message)
    return ["" if _is_missing(cell) else str(cell).strip() for cell in frame[column]]


def _fields_of(shape: Shape) -> "dict[str, Dtype | None]":
    """Return the columns of a shape with their dtypes; None for a column of Python objects."""
    if shape.is_wrapped:
        schema = shape.schema["properties"][_WHOLE]
        return {_WHOLE: _dtype_of(schema, shape.schema)}
    return {name: _dtype_of(schema, shape.schema) for name, schema in shape.fields().items()}


def _dtype_of(schema: Mapping[str, Any], root: Mapping[str, Any]) -> "Dtype | None":
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        found = root.get("$defs", {}).get(name, {})
        return None if "$ref" in found or "properties" in found else _dtype_of(found, root)
    given = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    if len(given) == 1:
        return _dtype_of(given[0], root)
    return None if "format" in schema else _DTYPES.get(str(schema.get("type")))


def _column(cells: list[Any], dtype: "Dtype | None") -> Any:
    is_wide = dtype == "Int64" and any(cell is not None and abs(cell) > _WIDEST for cell in cells)
    if dtype is not None and not is_wide:  # a number that no column of numbers holds stays what it is
        return array_of(dtype, cells)
    column = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):  # at once, numpy would take lists of one length for a second dimension
        column[place] = cell
    return column


def _plain(value: Any) -> Any:
    """Return what a table can hold of a value: an enumeration's own value, anything else as it is."""
    return value.value if isinstance(value, enum.Enum) else value


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))
