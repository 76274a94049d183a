"""Token counts and cost of one call, or of several added up.

Knows nothing of JSON, prices or tables: `wire` reads it from an answer, `tables` lays it out.
"""

import dataclasses
from decimal import Decimal
from typing import TypeVar

from .amounts import EXACT

Number = TypeVar("Number", int, Decimal)


@dataclasses.dataclass(frozen=True, slots=True)
class Usage:
    """What a call used, in the wire's own names.

    Attributes
    ----------
    prompt_tokens
        Tokens of the request, cached ones included; None = not reported.
    completion_tokens
        Tokens of the answer, reasoning ones included; None = not reported.
    total_tokens
        Prompt and completion as the server added them; None = not reported.
    cached_tokens
        The part of `prompt_tokens` read from a cache; None = not reported.
    reasoning_tokens
        The part of `completion_tokens` spent on reasoning; None = not reported.
    cost_usd
        What the gateway billed, in US dollars; None = not reported, which is not the same as free.
    cache_write_tokens
        The part of `prompt_tokens` written to a cache, which some models charge more for; None = not reported.

    Examples
    --------
    >>> Usage(prompt_tokens=3, completion_tokens=2) + Usage(prompt_tokens=1)
    Usage(prompt_tokens=4, completion_tokens=2)
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: Decimal | None = None
    cache_write_tokens: int | None = None

    def __add__(self, other: "Usage") -> "Usage":
        """Add field by field; a field that neither side reported stays None."""
        if not isinstance(other, Usage):
            return NotImplemented
        mine, theirs = dataclasses.astuple(self), dataclasses.astuple(other)
        return Usage(*(_add(left, right) for left, right in zip(mine, theirs, strict=True)))

    def __radd__(self, other: object) -> "Usage":
        """Let `sum(usages)` work, which begins with 0."""
        return self if other == 0 else NotImplemented

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        """Show the reported counts as one line in a notebook."""
        from .render.cards import render_facts, render_root

        shown = [f"{name.removesuffix('_tokens')} {value:,}" for name, value in self._reported() if name != "cost_usd"]
        shown += [] if self.cost_usd is None else [f"cost ${self.cost_usd}"]
        return {"text/plain": repr(self), "text/html": render_root(render_facts(shown or ["nothing reported"]))}

    def __repr__(self) -> str:
        """Show the reported fields only."""
        return f"Usage({', '.join(f'{name}={value}' for name, value in self._reported())})"

    def _reported(self) -> list[tuple[str, int | Decimal]]:
        values = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        return [(name, value) for name, value in values if value is not None]


def _add(left: Number | None, right: Number | None) -> Number | None:
    # Not 0 for what was not reported: a sum of known parts is a lower bound, and still says more than nothing.
    if left is None or right is None:
        return left if right is None else right
    # Counts are ints, and exact as they are.
    return EXACT.add(left, right) if isinstance(left, Decimal) else left + right
