"""Named conversations as a table, one row each.

Knows what a conversation says of itself, and nothing of who named it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from ..usage import Usage
from .columns import CONVERSATION_COLUMNS
from .table import Table, table_of


class ConversationLike(Protocol):
    """What is read of a conversation."""

    @property
    def model(self) -> str | None:
        """The model asked from now on."""

    @property
    def turns(self) -> Sequence[Any]:
        """The turns on the current path."""

    @property
    def replies(self) -> Sequence[Any]:
        """Every reply of every branch."""

    @property
    def usage(self) -> Usage:
        """What they used together."""

    @property
    def cost_usd(self) -> Decimal | None:
        """What they cost together."""


def conversations_frame(named: Iterable[tuple[str, ConversationLike]], *, in_use: str | None = None) -> Table:
    """Lay out conversations, one row each, in the order given.

    Parameters
    ----------
    named
        Names and conversations.
    in_use
        Name of the one in use; None = none is.

    Returns
    -------
    Table
        The same columns and dtypes also where there is none.

        name | dtype | unit | null means
        --- | --- | --- | ---
        name | string | - | never
        in_use | boolean | - | never
        model | string | - | chosen when asking
        turns | Int64 | turns | never
        calls | Int64 | calls | never
        total_tokens | Int64 | tokens | not reported
        cost_usd | Float64 | US dollars | not known

    Examples
    --------
    >>> conversations_frame([]).shape
    (0, 7)
    """
    rows = (
        (name, name == in_use, chat.model, len(chat.turns), len(chat.replies), chat.usage.total_tokens, chat.cost_usd)
        for name, chat in named
    )
    return table_of(CONVERSATION_COLUMNS, rows)
