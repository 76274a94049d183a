"""The data frame that all our tables are: pandas', with a view of its own in notebooks and exports that are safe.

Knows nothing of where the rows came from.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from ..plain import render_plain
from .cells import array_of, join_arrays
from .columns import Column
from .files import as_sheet, save_frame
from .view import render_view

# Rows read at a time: what is in hand while the arrays grow.
_PIECE = 50_000


class Table(pd.DataFrame):
    r"""A pandas DataFrame with a view of its own in notebooks.

    Everything pandas does works, and what it makes of a table is a table again. `pd.DataFrame(table)` is a plain one.
    Text in it may come from servers: the views escape it, and `save`, `to_csv`, `to_excel` and `to_clipboard` see to
    it that a spreadsheet takes none of it for a formula, by an apostrophe before it. Parquet keeps it as it is.

    Examples
    --------
    >>> Table({"requested_model": ["=1+1"]}).to_csv(index=False).splitlines()
    ['requested_model', "'=1+1"]
    """

    @property
    def _constructor(self) -> type["Table"]:
        return Table

    def save(self, path: str | os.PathLike[str]) -> Path:
        r"""Write a file in one step, so that there is the old one or the new one, never half of it.

        Parameters
        ----------
        path
            Its suffix says what is written: `.csv`, `.xlsx` (extra `excel`) or `.parquet` (extra `parquet`). In
            Excel files times are UTC without saying so, for Excel knows no time zones.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ParameterError
            Another suffix, a package that is not installed, or more rows than a sheet holds.
        StorageError
            The file cannot be written; what was there is as it was.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Table({"calls": [1]}).save(f"{folder}/usage.csv")
        ...     file.read_text()
        'calls\n1\n'
        """
        return save_frame(self, path)

    def to_csv(self, *args: Any, **options: Any) -> Any:
        """Write CSV as pandas does, with no text that a spreadsheet takes for a formula."""
        return as_sheet(self).to_csv(*args, **options)

    def to_excel(self, *args: Any, **options: Any) -> None:  # type: ignore[misc]  # final in pandas-stubs, not in pandas
        """Write a sheet as pandas does, with no text that a spreadsheet takes for a formula; times are UTC."""
        as_sheet(self, has_zones=False).to_excel(*args, **options)

    def __repr__(self) -> str:
        """Show it as pandas does, with what would act on a screen made visible."""
        return render_plain(super().__repr__())

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        plain: str | None = super()._repr_html_()  # type: ignore[misc]  # pandas-stubs leave it out
        return render_view(self) or plain


def table_of(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Table:
    """Lay out rows of Python values; the dtypes are those declared, also where there is no row.

    Rows are taken some ten thousand at a time, so that little more than the table itself is in memory.
    """
    waiting = iter(rows)
    pieces: list[list[Any]] = [[] for _ in columns]
    while piece := list(islice(waiting, _PIECE)):
        for column, arrays, cells in zip(columns, pieces, zip(*piece, strict=True), strict=True):
            arrays.append(array_of(column.dtype, cells))
    made = {
        column.name: join_arrays(arrays or [array_of(column.dtype, ())])
        for column, arrays in zip(columns, pieces, strict=True)
    }
    return Table(made)
