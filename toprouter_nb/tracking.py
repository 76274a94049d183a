"""Who asks and who pays: the account of a question, and the blocks of code whose calls are counted.

Knows nothing of prices or requests; `booking` tells a tracker of each call that ended.
"""

import contextvars
import dataclasses
import threading
from decimal import Decimal

from .amounts import EXACT, spell_usd
from .budget import Budget
from .call_log import CallRow
from .usage import Usage

# What ends like this before any text was answered by no model. A time limit is not among them: the model may go on
# and be billed for. See "Zero completion insurance" and "Errors" in OpenRouter's documentation.
_UNBILLED_KINDS = frozenset(
    (
        *("auth", "bad_request", "connection", "context_length", "insecure_url", "insufficient_credits", "moderation"),
        *("not_found", "rate_limit", "redirect", "server", "unexpected_response"),
    )
)


class Tracker:
    """Counts the calls made while it is active: in this thread or task, and in tasks begun from it.

    Life: `activate`; `add` for each call that ended; `deactivate`. What was counted stays.

    Parameters
    ----------
    budget
        What its calls may cost together; None = no limit.
    allow_unpriced
        Whether calls whose price is not known may be made under that budget.

    Attributes
    ----------
    rows
        The calls that ended, in that order, also where no ledger is kept.
    usage
        What they used together.
    """

    def __init__(self, budget: Budget | None = None, *, allow_unpriced: bool = False) -> None:
        self.budget = budget
        self.allow_unpriced = allow_unpriced
        self.rows: list[CallRow] = []
        self.usage = Usage()
        # Calls of a block may end in several threads, and `+=` on a sum is two steps.
        self._lock = threading.Lock()
        self._known = Decimal(0)

    def activate(self) -> None:
        """Begin to count; within itself it counts each call once."""
        # A context variable: a thread or task that began elsewhere is somebody else's, and is not counted here.
        _ACTIVE.set((*_ACTIVE.get(), self))

    def deactivate(self) -> None:
        """Stop counting calls that are yet to be made; those under way still count."""
        # Not by a token: blocks may end in another order, or in another task, than they began.
        active = list(reversed(_ACTIVE.get()))
        if self in active:
            active.remove(self)
            _ACTIVE.set(tuple(reversed(active)))

    def add(self, row: CallRow, usage: Usage, cost_usd: Decimal | None) -> None:
        """Count one call that ended."""
        with self._lock:
            self.rows.append(row)
            self.usage += usage
            if cost_usd is not None:
                self._known = EXACT.add(self._known, cost_usd)

    @property
    def calls(self) -> int:
        """How many calls ended, well or not."""
        return len(self.rows)

    @property
    def unpriced(self) -> int:
        """How many of them may have cost something that is not known."""
        return sum(is_unpriced(row) for row in self.rows)

    @property
    def known_cost_usd(self) -> Decimal:
        """What the calls whose cost is known cost together, in US dollars."""
        return self._known

    @property
    def cost_usd(self) -> Decimal | None:
        """What all calls cost together, in US dollars; None where the cost of any of them is not known."""
        return None if self.unpriced else self._known

    def __repr__(self) -> str:
        """Show the calls, their tokens and their cost."""
        tokens = "" if self.usage.total_tokens is None else f", {self.usage.total_tokens:,} tokens"
        missing = f" and {self.unpriced} of unknown cost" if self.unpriced else ""
        return f"{type(self).__name__}({self.calls} calls{tokens}, {spell_usd(self._known)}{missing})"


_ACTIVE: contextvars.ContextVar[tuple[Tracker, ...]] = contextvars.ContextVar("toprouter_nb_trackers", default=())


def active_trackers() -> tuple[Tracker, ...]:
    """Return the trackers of the blocks this code runs in, the outermost first."""
    return tuple(dict.fromkeys(_ACTIVE.get()))


def is_unpriced(row: CallRow) -> bool:
    """Say whether a call may have cost something that is not known; what no model answered costs nothing.

    Examples
    --------
    >>> is_unpriced(CallRow("a", 1.0, "ok")), is_unpriced(CallRow("a", 1.0, "error", error_kind="rate_limit"))
    (True, False)
    """
    # Once text came, tokens were made, whatever error followed.
    was_refused = row.error_kind in _UNBILLED_KINDS and row.first_token_seconds is None
    return row.cost_usd is None and not was_refused


@dataclasses.dataclass(frozen=True, kw_only=True)
class Account:
    """Who asks and who pays, at the moment of asking.

    Attributes
    ----------
    conversation_id, conversation_name
        Of the conversation that asks; None for a call made without one.
    budget
        The conversation's own; None where it has none.
    trackers
        Of the blocks the question was asked in.
    """

    conversation_id: str | None = None
    conversation_name: str | None = None
    budget: Budget | None = None
    trackers: tuple[Tracker, ...] = dataclasses.field(default_factory=active_trackers)
