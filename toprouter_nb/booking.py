"""The money of one call and its line in the ledger: reserved and begun before it is sent, settled and ended after it.

Knows nothing of answers or sockets; `call` says how it ended. It sends nothing, but for the list of prices where a
budget needs one that is not at hand.
"""

import os
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from .amounts import spell_usd
from .budget import Budget, Reservation
from .call_log import CallRow, CostSource, Status, current_log
from .cost import Cost, find_cost
from .errors import BudgetError
from .plain import render_plain, shorten
from .settings import Settings, process_budget
from .tracking import Account, is_unpriced
from .usage import Usage
from .wire.request import RequestBody

if TYPE_CHECKING:
    from .call_log import CallLog
    from .call_log.group import Group

_WORD_CHARACTERS = 300


class Outcome(NamedTuple):
    """How a call ended; see `CallRow` for what is named alike."""

    status: Status
    usage: Usage
    attempts: int
    seconds: float
    served_model: str | None = None
    provider: str | None = None
    first_token_seconds: float | None = None
    tokens_per_second: float | None = None
    finish_reason: str | None = None
    error_kind: str | None = None
    request_id: str | None = None


class Booking:
    """What one call is booked as.

    Life: `reserve` before anything is sent, which may refuse the call; `start` with its first attempt; `cost` at any
    time; `finish` once at the end, a second one does nothing.

    Parameters
    ----------
    account
        Who asks and who pays.
    body
        The request.
    model
        The model asked for.
    settings
        For the server, the ledger and what is allowed.
    is_free
        True where this machine answers: the cost is exactly 0.
    is_streamed
        As in the request.

    Attributes
    ----------
    is_finished
        True once the end was written.
    """

    def __init__(
        self,
        account: Account,
        body: RequestBody,
        *,
        model: str,
        settings: Settings,
        is_free: bool,
        is_streamed: bool,
    ) -> None:
        self._account = account
        self._body = body
        self._model = model
        self._settings = settings
        self._is_free = is_free
        self._reservations: list[Reservation] = []
        self._log: CallLog | None = None
        self._group: Group | None = None
        self._priced: tuple[Usage, Cost] | None = None  # what was priced last, and how
        self.is_finished = self._has_started = False
        self._row = CallRow(
            id=_new_id(),
            started_at=time.time(),
            status="started",
            conversation_id=account.conversation_id,
            conversation_name=account.conversation_name,
            base_url=None if is_free else settings.base_url,
            requested_model=_word(model),
            is_streamed=int(is_streamed),
        )

    def reserve(self, fetch: Callable[[], bytes]) -> None:
        """Reserve the most the call could cost with every budget it falls under; nothing where there is none.

        Parameters
        ----------
        fetch
            Fetches the list of models; used only where no price is at hand.

        Raises
        ------
        BudgetError
            The call could break a budget, or its price or length is not known; nothing is reserved.
        """
        budgets = list(self._budgets())
        if self._is_free or not budgets:
            return
        # Imported here: the catalogue brings the embedded server along, and most calls need neither.
        from .bounds import worst_usd

        worst = worst_usd(self._body, self._model, self._settings.base_url, fetch)
        for budget, allows_unpriced in budgets:
            if isinstance(worst, str) and not allows_unpriced:
                raise BudgetError(_spell_unknown(worst, budget))
        amount = None if isinstance(worst, str) else worst
        for budget, _ in budgets:
            self._reservations.append(budget.reserve(amount))

    def start(self, *, is_async: bool = False) -> None:
        """Write that the call is about to be sent; inside an event loop together with others, see `written`."""
        if self._has_started:
            return
        self._has_started = True
        self._log = log = current_log(self._settings)
        if log is not None:
            key = self._settings.api_key
            name = self._account.conversation_name
            if name is not None:
                self._row = self._row._replace(conversation_name=key.mask(render_plain(name)))
            if self._settings.ledger_prompts:
                self._row = self._row._replace(prompt_text=key.mask(render_plain(self._body.last_text())))
            self._group = log.group() if is_async else None
            (self._group or log).start(self._row)

    async def written(self) -> None:
        """Wait until what was last told, of the start or the end, is in the ledger."""
        if self._group is not None:
            await self._group.written()

    def cost(self, usage: Usage, served_model: str | None) -> tuple[Decimal | None, CostSource]:
        """Return what the call cost in US dollars, None where that is not known, and where the amount is from."""
        return self._cost(usage, served_model)[:2]

    def finish(self, outcome: Outcome) -> None:
        """Write how the call ended, settle what was reserved, and tell the trackers.

        What cost something that is not known is settled with its worst case: it may have been billed.
        """
        if self.is_finished:
            return
        if not self._has_started:
            self._settle(Decimal(0))
            self.is_finished = True
            return
        cost = self._cost(outcome.usage, outcome.served_model)
        row, amount = self._ended_row(outcome, cost), cost.usd
        if self._log is not None:
            (self._group or self._log).finish(row)
        self._settle(amount if amount is not None or is_unpriced(row) else Decimal(0))
        self.is_finished = True
        for tracker in self._account.trackers:
            tracker.add(row, outcome.usage, amount)

    # --- what is reserved

    def _budgets(self) -> Iterator[tuple[Budget, bool]]:
        """Yield the budgets the call falls under, and whether each allows a call of unknown price."""
        allows = self._settings.allow_unpriced
        for budget in (self._account.budget, process_budget()):
            if budget is not None:
                yield budget, allows
        for tracker in self._account.trackers:
            if tracker.budget is not None:
                yield tracker.budget, allows or tracker.allow_unpriced

    def _settle(self, amount: Decimal | None) -> None:
        while self._reservations:
            self._reservations.pop().settle(amount)

    def _ended_row(self, outcome: Outcome, cost: Cost) -> CallRow:
        usage = outcome.usage
        return self._row._replace(
            status=outcome.status,
            served_model=_word(outcome.served_model),
            provider=_word(outcome.provider),
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            cached_tokens=usage.cached_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cost_usd=None if cost.usd is None else f"{cost.usd:f}",
            cost_source=cost.source,
            seconds=outcome.seconds,
            first_token_seconds=outcome.first_token_seconds,
            tokens_per_second=outcome.tokens_per_second,
            finish_reason=_word(outcome.finish_reason),
            error_kind=outcome.error_kind,
            attempts=outcome.attempts,
            request_id=_word(outcome.request_id),
            priced_at=cost.priced_at,
        )

    def _cost(self, usage: Usage, served_model: str | None) -> Cost:
        if self._priced is None or self._priced[0] is not usage:
            self._priced = usage, self._find_cost(usage, served_model)
        return self._priced[1]

    def _find_cost(self, usage: Usage, served_model: str | None) -> Cost:
        if self._is_free:
            return Cost(Decimal(0), "local")
        return find_cost(
            usage,
            served_model=served_model,
            model=self._model,
            base_url=self._settings.base_url,
            count_images=lambda: self._body.measure()[0],
            started_at=self._row.started_at,
        )


def _spell_unknown(reason: str, budget: Budget) -> str:
    return (
        f"Under the {spell_usd(budget.limit_usd)} for {budget.name} this call cannot be made: {reason}, so the budget "
        "could be broken. Nothing was sent. Ask a model that tr.models() lists with prices, or allow such calls with "
        "allow_unpriced=True."
    )


def _new_id() -> str:
    """Make an id that sorts by time, which keeps the index of the ledger compact."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def _word(text: str | None) -> str | None:
    """Bound what a server, or a caller, says of itself; what would act on a screen is escaped."""
    if text is None or (len(text) <= _WORD_CHARACTERS and text.isascii() and text.isprintable()):
        return text
    return shorten(render_plain(text), _WORD_CHARACTERS)
