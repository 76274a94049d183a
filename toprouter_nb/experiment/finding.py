"""What a comparison found: a table, and the sentences that say what it means.

Knows nothing of statistics; the sentences are written where the numbers are.
"""

import dataclasses
from collections.abc import Sequence

import pandas as pd

from ..plain import render_plain
from ..render.fragment import Html, escape

_ROWS = 60


@dataclasses.dataclass(frozen=True, eq=False)
class Finding:
    """A table and what it says.

    Attributes
    ----------
    sentences
        Plain sentences, the verdict first, then what to beware of.
    """

    table: pd.DataFrame = dataclasses.field(repr=False)
    sentences: tuple[str, ...] = ()

    def df(self) -> pd.DataFrame:
        """Return the table, as a copy."""
        return self.table.copy()

    def __str__(self) -> str:
        """Say the sentences."""
        return "\n".join(self.sentences)

    def __repr__(self) -> str:
        """Show the sentences and the table; safe for a terminal."""
        return render_plain(f"{self}\n\n{self.table.to_string(max_rows=_ROWS)}".lstrip())

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._render()}

    def _render(self) -> Html:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        # pandas escapes what the cells hold.
        return Html(f"<div>{said}{self.table.to_html(max_rows=_ROWS, border=0)}</div>")


def join_words(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
