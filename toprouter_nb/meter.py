"""A block of code whose calls are counted, and may be limited, as people meet it.

Knows nothing of how calls are counted; `tracking` does that, and `tables` lays them out.
"""

from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .budget import Budget
from .tracking import Tracker

if TYPE_CHECKING:
    from .tables import Table


class Meter(Tracker):
    """What the calls of a block used and cost; made by `track`.

    Attributes
    ----------
    calls
        How many ended, well or not.
    usage
        What they used together, as a `Usage`.
    cost_usd
        What they cost together, in US dollars; None where the cost of any of them is not known.
    known_cost_usd
        What those whose cost is known cost together.
    unpriced
        How many may have cost something that is not known.
    budget
        The `Budget` of the block; None where it has none.
    """

    def __enter__(self) -> Self:
        """Begin to count."""
        self.activate()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop counting."""
        self.deactivate()

    def to_frame(self) -> "Table":
        """Return the calls, one row each, in the order in which they ended; the columns are those of `ledger()`.

        Examples
        --------
        >>> track().to_frame().shape[0]
        0
        """
        # Imported here: pandas costs 300 ms and is not needed before the first table.
        from .tables import find_columns, table_of

        columns = find_columns(None)
        return table_of(columns, [tuple(getattr(row, column.name) for column in columns) for row in self.rows])


def track(budget_usd: Decimal | float | str | None = None, *, allow_unpriced: bool = False) -> Meter:
    """Count the calls of a block, and stop before the one that could break its budget.

    Counts every way of asking: `ask`, `stream`, their async twins, `compare`, in tasks that are begun inside, and in
    nested blocks. Another thread counts where it runs in a copy of the context (`contextvars.copy_context().run`).

    Parameters
    ----------
    budget_usd
        The most the block may spend, in US dollars; None = no limit. A call is refused where its worst case, all of
        `max_tokens` used, could break it.
    allow_unpriced
        True allows models whose price is not known also under a budget, which then cannot count them beforehand.

    Returns
    -------
    Meter
        A context manager; its figures are true at any moment, also after the block.

    Raises
    ------
    SettingsError
        `budget_usd` is no amount of US dollars.
    BudgetError
        Inside the block: a call could break the budget; nothing was sent.

    Examples
    --------
    >>> from toprouter_nb import Conversation, testing
    >>> with testing.ScriptedGateway([testing.Script("Paris.", usage={"cost": 0.002})]) as gateway:
    ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
    ...     with track() as t:
    ...         _ = chat.ask("Capital of France?")
    >>> t.calls, t.cost_usd
    (1, Decimal('0.002'))
    """
    budget = None if budget_usd is None else Budget(budget_usd, name="this block")
    return Meter(budget, allow_unpriced=allow_unpriced)
