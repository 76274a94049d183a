"""What was used, as a table in the terminal: a row each model, day or conversation, and the totals.

Knows the columns of `tables.summarise`, and nothing of where the rows came from.
"""

import pandas as pd

from .tables import SUMMARY_COLUMNS, Column
from .tables.spelling import spell_column
from .tables.view import spell_total, to_python, unpriced_calls
from .terminal import Terminal

_HEADS = {
    "requested_model": "model",
    "day": "day (UTC)",
    "conversation": "conversation",
    "calls": "calls",
    "errors": "errors",
    "prompt_tokens": "tokens in",
    "completion_tokens": "out",
    "cost_usd": "USD",
    "seconds": "seconds",
    "tokens_per_second": "tokens/s",
}
_ID_CHARACTERS = 8  # enough to tell conversations apart
_FIGURES = tuple(column for column in SUMMARY_COLUMNS if column.name in _HEADS)


def write_statement(terminal: Terminal, frame: pd.DataFrame) -> None:
    """Write a table of groups of calls, with its totals, and what is not in them.

    Examples
    --------
    >>> import sys
    >>> from toprouter_nb.tables import summarise, usage_frame
    >>> write_statement(Terminal(sys.stdout), summarise(usage_frame([]), "model"))
    No calls.
    """
    if frame.empty:
        terminal.line("No calls.")
        return
    key, labels = _labels(frame)
    columns = [_cells(frame, column) for column in _FIGURES]
    totals = [
        spell_total(column, frame[column.name], to_python(frame[column.name])) or "-" if column.adds_up else ""
        for column in _FIGURES
    ]
    terminal.table(
        [_HEADS[name] for name in (key, *(column.name for column in _FIGURES))],
        list(zip(labels, *columns, strict=True)),
        numbers=range(1, len(_FIGURES) + 1),
        total=["total", *totals] if len(frame) > 1 else (),
    )
    unpriced, calls = unpriced_calls(frame)
    if unpriced:
        terminal.line(f"Not in these dollars: {unpriced:,} of {calls:,} calls, whose cost is not known.", "warn")


def _labels(frame: pd.DataFrame) -> tuple[str, list[str]]:
    """Return the kind of the groups and their names; a conversation without a name has its id."""
    if "conversation_id" not in frame:
        key = str(frame.columns[0])
        return key, [text or "-" for text in spell_column(None, to_python(frame[key]))]
    names = frame["conversation_name"].fillna(frame["conversation_id"].str[:_ID_CHARACTERS])
    return "conversation", [text or "-" for text in to_python(names)]


def _cells(frame: pd.DataFrame, column: Column) -> list[str]:
    return [text or "-" for text in spell_column(column, to_python(frame[column.name]))]
