"""What a comparison found: a table, and the sentences that say what it means.

Knows nothing of statistics; the sentences are written where the numbers are.
"""

import dataclasses
from collections.abc import Sequence

from ..plain import render_plain
from ..render.fragment import escape
from ..tables import Table

_ROWS = 60


@dataclasses.dataclass(frozen=True, eq=False)
class Finding:
    """A table and what it says.

    Attributes
    ----------
    sentences
        Plain sentences, the verdict first, then what to beware of.
    """

    table: Table = dataclasses.field(repr=False)
    sentences: tuple[str, ...] = ()

    def df(self) -> Table:
        """Return the table, as a copy."""
        copied: Table = self.table.copy()
        return copied

    def __str__(self) -> str:
        """Say the sentences."""
        return "\n".join(self.sentences)

    def __repr__(self) -> str:
        """Show the sentences and the table; safe for a terminal."""
        return render_plain(f"{self}\n\n{self.table.to_string(max_rows=_ROWS)}".lstrip())

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)
        view = self.table._repr_html_()  # what notebooks call; it escapes what the cells hold
        return {"text/plain": repr(self), "text/html": f"<div>{said}{view or ''}</div>"}


def join_words(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
