"""What a check of a notebook found, as values that show where and never what.

Knows nothing of files and of how secrets are found.
"""

import dataclasses
from collections.abc import Sequence
from typing import overload

_SHOWN = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Leak:
    """One secret in a notebook.

    Attributes
    ----------
    cell
        Number of the cell, from 1, all kinds of cells counted; None for what belongs to the whole notebook.
    where
        The place: "source", "output 2 (text/html)", "attachment plot.png", "metadata", "widget state", ...
    what
        What it is: "the key in use", "an API key", "a bearer token", "the value of api_key", ...
    excerpt
        What stands around it, with every secret replaced by "[key hidden]".
    """

    cell: int | None
    where: str
    what: str
    excerpt: str

    def __str__(self) -> str:
        """Return one line for people."""
        place = self.where if self.cell is None else f"cell {self.cell}, {self.where}"
        return f"{place}: {self.what} in {self.excerpt!r}"


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class Leaks(Sequence[Leak]):
    """All secrets of a notebook, in the order they stand in the file; an empty one is falsy.

    Attributes
    ----------
    found
        The leaks.
    is_cleared
        True where they were replaced in the file.
    """

    found: tuple[Leak, ...]
    is_cleared: bool = False

    def __len__(self) -> int:
        """Count the leaks."""
        return len(self.found)

    @overload
    def __getitem__(self, index: int) -> Leak: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Leak, ...]: ...
    def __getitem__(self, index: int | slice) -> Leak | tuple[Leak, ...]:
        """Return one leak, or some as a tuple."""
        return self.found[index]

    def __repr__(self) -> str:
        """Show one leak a line, the first 20."""
        if not self.found:
            return "no secrets found"
        count = "1 secret" if len(self.found) == 1 else f"{len(self.found):,} secrets"
        lines = [f"{count} {'cleared' if self.is_cleared else 'found'}"]
        lines += [f"  {leak}" for leak in self.found[:_SHOWN]]
        if len(self.found) > _SHOWN:
            lines.append(f"  ... and {len(self.found) - _SHOWN:,} more")
        return "\n".join(lines)
