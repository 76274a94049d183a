"""Which column of a table means what: ids, texts, references, clusters and images, laid out as one frame of prompts.

Knows nothing of where the table came from.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ImageError, ParameterError
from ..images import image
from ..images.addresses import is_data_address, is_web_address
from ..parts import ImagePart
from ..plain import render_plain, shorten
from ..turns import Turn, user
from .prompt import check_id, content_id, read_turns, with_system
from .template import Template

COLUMNS = ("id", "prompt", "reference", "cluster")


class Layout:
    """The columns of a table that are read as id, reference and cluster.

    Parameters
    ----------
    columns
        The names there are.
    chosen
        The names wanted for "id", "reference" and "cluster"; None for the column of that name where there is one.

    Raises
    ------
    ParameterError
        A wanted column is not there.
    """

    def __init__(self, columns: Sequence[str], chosen: Mapping[str, str | None]) -> None:
        self._columns = list(columns)
        self._chosen = {role: self._column(role, name) for role, name in chosen.items()}

    def lay_out(
        self,
        table: pd.DataFrame,
        *,
        template: str | None,
        system: str | None,
        images: str | Sequence[str],
        folder: Path | None,
    ) -> pd.DataFrame:
        """Return the frame of prompts; see `load_prompts`."""
        turns = self._turns(table, template, system, _image_columns(images, self._columns), folder)
        ids = self._ids(table, turns)
        own = {
            "id": ids,
            "prompt": [_cell(said) for said in turns],
            "reference": self._values(table, "reference", [None] * len(ids)),
            "cluster": self._clusters(table, ids),
        }
        others = {name: table[name] for name in self._columns if name not in own}
        return pd.DataFrame(own | others, dtype=object)

    def _column(self, role: str, name: str | None) -> str | None:
        if name is None:
            return role if role in self._columns else None
        if name not in self._columns:
            raise _missing_column(name, role, self._columns)
        return name

    def _values(self, table: pd.DataFrame, role: str, otherwise: list[Any]) -> list[Any]:
        name = self._chosen[role]
        return otherwise if name is None else table[name].tolist()

    def _turns(
        self,
        table: pd.DataFrame,
        template: str | None,
        system: str | None,
        images: Sequence[str],
        folder: Path | None,
    ) -> list[tuple[Turn, ...]]:
        if template is None and "prompt" not in self._columns:
            raise _no_prompt(self._columns)
        said = None if template is None else Template(template, self._columns)
        first = None if system is None else Template(system, self._columns)
        turns = []
        for number, record in enumerate(table.to_dict("records"), 1):
            place = f"Prompt {number}"
            text = record["prompt"] if said is None else _filled(said, record, place)
            spoken = read_turns("" if text is None else text, place=place)
            pictures = [part for name in images for part in _pictures(record[name], folder, f"{place}, {name}")]
            if pictures:
                spoken = (*spoken[:-1], user(*spoken[-1].parts, *pictures))
            turns.append(with_system(spoken, None if first is None else _filled(first, record, place)))
        return turns

    def _ids(self, table: pd.DataFrame, turns: Sequence[tuple[Turn, ...]]) -> list[str]:
        given = self._values(table, "id", [])
        ids = [check_id(value, place=f"Prompt {number}") for number, value in enumerate(given, 1)]
        # By content and not by number, so that rows keep their prompts when the table is sorted or grows.
        ids = ids or [content_id(said) for said in turns]
        first: dict[str, int] = {}
        for number, name in enumerate(ids, 1):
            if first.setdefault(name, number) != number:
                raise _twice(first[name], number, name, is_given=bool(given))
        return ids

    def _clusters(self, table: pd.DataFrame, ids: list[str]) -> list[str]:
        given = self._values(table, "cluster", list(ids))
        return [
            name if value is None else check_id(value, place=f"The cluster of prompt {number}")
            for number, (name, value) in enumerate(zip(ids, given, strict=True), 1)
        ]


def _twice(first: int, second: int, name: str, *, is_given: bool) -> ParameterError:
    why = "have the same id" if is_given else "say the same"
    advice = "Give each its own id" if is_given else "Leave one out, or give them ids; repeats= asks several times"
    message = f"Prompts {first} and {second} {why} ({shorten(render_plain(name), 60)}). {advice}."
    return ParameterError(message)


def is_missing(value: object) -> bool:
    """Say whether a cell holds nothing: None, NaN, NaT or pandas' NA.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(""), is_missing([])
    (True, False, False)
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float) and math.isnan(value)


def _cell(turns: tuple[Turn, ...]) -> str | tuple[Turn, ...]:
    """Return the plain text where there is nothing else."""
    is_text = len(turns) == 1 and len(turns[0].parts) == 1 and not turns[0].images
    return turns[0].text if is_text else turns


def _filled(template: Template, record: Mapping[Any, Any], place: str) -> str:
    # A gap is no empty text: "Translate: " would be asked, and paid, without anybody's wanting it.
    gap = next((name for name in template.fields if record[name] is None), None)
    if gap is not None:
        message = f"{place} has nothing in the column {render_plain(gap)!r}, which its template names."
        raise ParameterError(message)
    return template.fill(record)


def _image_columns(images: str | Sequence[str], columns: Sequence[str]) -> Sequence[str]:
    names = (images,) if isinstance(images, str) else tuple(images)
    for name in names:
        if name not in columns:
            raise _missing_column(name, "images", columns)
    return names


def _pictures(cell: object, folder: Path | None, place: str) -> list[ImagePart]:
    if cell is None or (isinstance(cell, str) and not cell):
        return []
    sources = cell if isinstance(cell, list | tuple) else [cell]
    try:
        return [image(_source(source, folder)) for source in sources]
    except ImageError as error:
        message = f"{place}: {error}"
        raise ImageError(message, kind=error.kind) from error


def _source(source: object, folder: Path | None) -> object:
    """Return what `image` takes; a text in a file names a file beside it, and none outside of its folder."""
    if folder is None or not isinstance(source, str) or is_web_address(source) or is_data_address(source):
        return source
    # Resolved, so that neither ".." nor a link leads out: a table from elsewhere must not send any file of this disk.
    path = folder / source
    if not path.resolve().is_relative_to(folder.resolve()):
        message = (
            f"{shorten(render_plain(source), 80)} lies outside of the table's folder. Put the images beside the table."
        )
        raise ImageError(message)
    return path


def _missing_column(name: str, role: str, columns: Sequence[str]) -> ParameterError:
    shown = shorten(render_plain(str(name)), 60)
    message = f"There is no column {shown!r}. Columns are: {_listed(columns)}. Pass one of them as {role}=."
    return ParameterError(message)


def _no_prompt(columns: Sequence[str]) -> ParameterError:
    advice = "Name the prompt's column 'prompt', or pass template=."
    message = f"There is no column 'prompt'. Columns are: {_listed(columns)}. {advice}"
    return ParameterError(message)


def _listed(columns: Sequence[str]) -> str:
    return shorten(", ".join(render_plain(column) for column in columns), 400)
