"""What students handed in: the chats in many notebooks as one table.

Knows nothing of what a record looks like, and runs nothing; a notebook that cannot be read is a row that says so.
"""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .archive.layout import KeptExchange
from .archive.notebooks import asked_at, find_exchanges
from .errors import ParameterError, StorageError
from .plain import shorten
from .tables import Column, Table, table_of

SUBMISSION_COLUMNS = (
    Column("file", "string", "-", "never"),
    Column("student", "string", "-", "never"),
    Column("conversation", "string", "-", "it has neither name nor id, or nothing could be read"),
    Column("turn", "Int64", "-", "nothing could be read"),
    Column("role", "string", "-", "nothing could be read"),
    Column("text", "string", "-", "nothing could be read"),
    Column("model", "string", "-", "a question, or nothing could be read"),
    Column("total_tokens", "Int64", "tokens", "a question, or not reported", adds_up=True),
    Column("cost_usd", "Float64", "US dollars", "a question, or not known", adds_up=True),
    Column("asked_at", "datetime64[ns, UTC]", "UTC", "not known"),
    Column("is_partial", "boolean", "-", "nothing could be read"),
    Column("error", "string", "-", "it could be read"),
)

Row = tuple[Any, ...]


def collect(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Table:
    """Read the chats in many notebooks into one table, a row each turn.

    Only what `ask` left in the outputs is read: what was asked, what came, when, and what it used. Nothing is run.

    Parameters
    ----------
    paths
        A pattern such as `"submissions/*.ipynb"` (`**` for folders in folders), or a list of files.

    Returns
    -------
    Table
        By file name, and in each by cell. A notebook or an exchange that cannot be read is one row with `error`.

        name | dtype | unit | null means
        --- | --- | --- | ---
        file | string | - | never
        student | string | - | never
        conversation | string | - | it has neither name nor id, or nothing could be read
        turn | Int64 | - | nothing could be read
        role | string | - | nothing could be read
        text | string | - | nothing could be read
        model | string | - | a question, or nothing could be read
        total_tokens | Int64 | tokens | a question, or not reported
        cost_usd | Float64 | US dollars | a question, or not known
        asked_at | datetime64[ns, UTC] | UTC | not known
        is_partial | boolean | - | nothing could be read
        error | string | - | it could be read

        `student` is the file's name without its ending; `turn` counts from 1 in each file.

    Raises
    ------
    ParameterError
        No file is named so.

    Examples
    --------
    >>> collect("no such folder/*.ipynb")
    Traceback (most recent call last):
      ...
    toprouter_nb.errors.ParameterError: No file matches 'no such folder/*.ipynb'. ...
    """
    return table_of(SUBMISSION_COLUMNS, (row for file in _files(paths) for row in _rows(file)))


def _files(paths: Any) -> list[Path]:
    if isinstance(paths, str | os.PathLike):
        pattern = Path(paths).expanduser()
        # Functions and not methods: Path.glob refuses patterns that begin at the root, Path.is_file long ones.
        is_file = os.path.isfile(pattern)  # noqa: PTH113
        found = [pattern] if is_file else glob.glob(str(pattern), recursive=True)  # noqa: PTH207
    elif isinstance(paths, Iterable):
        found = list(paths)
    else:
        message = f"collect takes a pattern or a list of files, not {type(paths).__name__}."
        raise ParameterError(message)
    if not found:
        message = f"No file matches {shorten(repr(paths), 200)}. A pattern looks like 'submissions/*.ipynb'."
        raise ParameterError(message, kind="not_found")
    # In order of names: what a system's `glob` gives is in no order, and a table must come out the same twice.
    return sorted(Path(file) for file in found)


def _rows(file: Path) -> Iterator[Row]:
    try:
        exchanges = find_exchanges(file)
    except (StorageError, ParameterError) as error:
        yield _error_row(file, error)
        return
    turn = 0
    for exchange in exchanges:
        if isinstance(exchange, StorageError):
            yield _error_row(file, exchange)
            continue
        yield from _exchange_rows(file, turn, exchange)
        turn += 2


def _exchange_rows(file: Path, turn: int, exchange: KeptExchange) -> Iterator[Row]:
    asked, reply = exchange.question, exchange.reply
    about = (str(file), file.stem, exchange.name or exchange.conversation)
    images = "".join(f"\n[image, {image.media_type or image.url}]" for image in asked.images)
    yield (*about, turn + 1, "user", asked.text + images, None, None, None, asked_at(exchange), False, None)
    yield (
        *(*about, turn + 2, "assistant", reply.text, reply.served_model or reply.requested_model),
        *(reply.usage.total_tokens, reply.cost_usd, asked_at(exchange), reply.is_partial, None),
    )


def _error_row(file: Path, error: Exception) -> Row:
    return (str(file), file.stem, *(None,) * 9, str(error))
