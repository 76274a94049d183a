"""A spending limit: what a call could cost is reserved before it, and what it did cost is settled after it.

Knows nothing of calls, prices or conversations; it adds up and says no.
"""

import threading
import warnings
from decimal import Decimal
from typing import Any

from .amounts import EXACT, spell_usd, total_usd
from .errors import BudgetError
from .limits import check_usd
from .plain import shorten

_WARNING_PART = Decimal("0.8")
_NAME_CHARACTERS = 80


class Budget:
    """The most that may be spent, shared by any number of calls, threads and tasks.

    Life: `reserve` before each call, which refuses what could break the limit; `Reservation.settle` after it. Calls
    that are under way at once reserve one by one, so that they cannot break it together. One warning is given when
    80 % are used.

    Parameters
    ----------
    limit_usd
        US dollars, 0 or more; may be changed later, what was spent stays spent.
    name
        What it limits, for messages.

    Attributes
    ----------
    spent_usd
        What the settled calls cost.
    held_usd
        The worst case of calls that ended, and whose cost never became known: cut off in the middle, perhaps billed.
    reserved_usd
        The worst case of the calls under way.

    Raises
    ------
    SettingsError
        The limit is no amount of US dollars.

    Examples
    --------
    >>> budget = Budget("0.10")
    >>> reservation = budget.reserve(Decimal("0.06"))
    >>> budget.left_usd
    Decimal('0.04')
    >>> reservation.settle(Decimal("0.01"))
    >>> budget.spent_usd, budget.left_usd
    (Decimal('0.01'), Decimal('0.09'))
    """

    def __init__(self, limit_usd: Decimal | float | str, *, name: str = "this budget") -> None:
        self.name = shorten(name, _NAME_CHARACTERS)
        self.spent_usd = self.held_usd = self.reserved_usd = Decimal(0)
        self._lock = threading.Lock()
        self._has_warned = False
        self._limit = Decimal(0)
        self.limit_usd = limit_usd  # type: ignore[assignment]  # the setter takes whatever is an amount

    @property
    def limit_usd(self) -> Decimal:
        """The most that may be spent, in US dollars."""
        return self._limit

    @limit_usd.setter
    def limit_usd(self, limit_usd: Decimal) -> None:
        amount = check_usd("budget_usd", limit_usd)
        if amount is None:
            message = "A budget needs an amount of US dollars; without one there is no limit, and no budget."
            raise BudgetError(message, kind="bad_request")
        self._limit = amount
        # A limit that was raised may be neared again, and then deserves another word.
        self._has_warned = self._has_warned and self._is_nearly_used()

    @property
    def left_usd(self) -> Decimal:
        """What is neither spent, nor held, nor reserved; 0 at least."""
        taken = total_usd((self.spent_usd, self.held_usd, self.reserved_usd))
        return max(EXACT.subtract(self._limit, taken), Decimal(0))

    def reserve(self, worst_usd: Decimal | None) -> "Reservation":
        """Keep back what a call could cost at most.

        Parameters
        ----------
        worst_usd
            US dollars, 0 or more; None = not known, which passes as long as anything is left.

        Raises
        ------
        BudgetError
            With it the limit could be broken; nothing is reserved then.
        """
        with self._lock:
            # What costs nothing is never refused, even where nothing is left.
            if (self.left_usd == 0) if worst_usd is None else (worst_usd > self.left_usd):
                raise BudgetError(self._refusal(worst_usd))
            self.reserved_usd = EXACT.add(self.reserved_usd, worst_usd or Decimal(0))
        return Reservation(self, worst_usd or Decimal(0))

    def _settle(self, worst_usd: Decimal, actual_usd: Decimal | None) -> None:
        with self._lock:
            self.reserved_usd = EXACT.subtract(self.reserved_usd, worst_usd)
            if actual_usd is None:
                # Not given back: the gateway may bill it later, and a budget that forgot it could be broken.
                self.held_usd = EXACT.add(self.held_usd, worst_usd)
            else:
                self.spent_usd = EXACT.add(self.spent_usd, actual_usd)
            warns = self._is_nearly_used() and not self._has_warned
            self._has_warned = self._has_warned or warns
        if warns:
            message = f"{self._spell_used()} of the {spell_usd(self._limit)} for {self.name} are used."
            warnings.warn(message, UserWarning, stacklevel=2)

    def _is_nearly_used(self) -> bool:
        used = EXACT.add(self.spent_usd, self.held_usd)
        return used > 0 and used >= EXACT.multiply(self._limit, _WARNING_PART)

    def _spell_used(self) -> str:
        held = f" ({spell_usd(self.held_usd)} of it for calls whose cost is not known)" if self.held_usd else ""
        return spell_usd(EXACT.add(self.spent_usd, self.held_usd)) + held

    def _refusal(self, worst_usd: Decimal | None) -> str:
        reserved = f", {spell_usd(self.reserved_usd)} reserved for calls under way" if self.reserved_usd else ""
        could = "any amount" if worst_usd is None else f"up to {spell_usd(worst_usd)}"
        return (
            f"This call could cost {could}, and of the {spell_usd(self._limit)} for {self.name} "
            f"only {spell_usd(self.left_usd)} are left: {self._spell_used()} spent{reserved}. Nothing was sent. "
            "Lower max_tokens, ask a cheaper model, or raise budget_usd."
        )

    def __repr__(self) -> str:
        """Show the limit and what is left of it."""
        return f"Budget({spell_usd(self._limit)} for {self.name}, {spell_usd(self.left_usd)} left)"

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the limit and what was used; what is reserved is of this process."""
        return {name: value for name, value in vars(self).items() if name != "_lock"} | {"reserved_usd": Decimal(0)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up a pickled state."""
        vars(self).update(state, _lock=threading.Lock())


class Reservation:
    """What one call keeps back of a budget until its cost is known. A second `settle` does nothing.

    One that is dropped unsettled, because its call was never sent, gives everything back.
    """

    def __init__(self, budget: Budget, worst_usd: Decimal) -> None:
        self.worst_usd = worst_usd
        self._budget: Budget | None = budget

    def settle(self, actual_usd: Decimal | None) -> None:
        """Replace the worst case by what the call cost; None = not known, so the worst case is held from now on."""
        budget, self._budget = self._budget, None
        if budget is not None:
            budget._settle(self.worst_usd, actual_usd)  # noqa: SLF001  # they belong together

    def __del__(self) -> None:
        """Give back what was never used."""
        self.settle(Decimal(0))
