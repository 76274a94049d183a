"""Asks one cell and makes its row: attempts, waits, cost and every way a call can end.

Knows nothing of files or of other cells.
"""

import asyncio
import json
import random
import time
from typing import Any

from ..client import Client
from ..errors import BudgetError, ConnectFailedError, GatewayError, RateLimitError, ToprouterError
from ..plain import shorten
from ..reply import Reply
from ..retry import LONGEST_WAIT_SECONDS, pause_seconds
from ..tracking import Account
from ..wire.request import RequestBody, encode_request, encode_turn
from .grid import Cell
from .row import Row, canonical, nano_usd
from .run_gate import Gate
from .run_keys import Keys
from .run_prices import Prices, most_tokens

# A call that is refused for its rate waits its turn again, so often.
_REFUSALS = 10
_ERROR_CHARACTERS = 1_000
_ENDINGS = {"length": "length", "content_filter": "filtered", "refusal": "refused"}
# What a limit on tokens is told of an answer that nothing bounds; corrected once the answer is there.
_ANSWER_TOKENS = 500


class CapReachedError(Exception):
    """The cap does not allow another call."""


class Caller:
    """Asks cells.

    Life: `ask` from any number of lanes.

    Parameters
    ----------
    client
        Carries the calls; it repeats none by itself.
    gate
        Told of every attempt.
    account
        Who pays, for budgets around the run and for the ledger.
    kind
        Of the rows; only an answer has a place in the grid.
    keys, prices
        Of this run.
    max_retries
        Further attempts after a fault that may pass; a 429 is no fault and waits its turn.
    is_streamed
        Whether answers are asked for as streams, which tells when the first text came.
    unseeded
        Models that take no seed.
    worker
        Written into the rows.
    """

    def __init__(
        self,
        client: Client,
        gate: Gate,
        *,
        account: Account,
        kind: str = "answer",
        keys: Keys,
        prices: Prices,
        max_retries: int = 2,
        is_streamed: bool = False,
        unseeded: frozenset[str] = frozenset(),
        worker: str = "local",
    ) -> None:
        self._client = client
        self._gate = gate
        self._account = account
        self._kind = kind
        self._keys = keys
        self._prices = prices
        self._max_retries = max_retries
        self._is_streamed = is_streamed
        self._unseeded = unseeded
        self._worker = worker
        self._options: dict[int, str] = {}

    async def ask(self, cell: Cell, queue_s: float) -> Row:
        """Ask a cell and return its row, an error's too.

        Raises
        ------
        CapReachedError
            Nothing was sent: it could cost more than may be spent.
        """
        row = self._row(cell, queue_s)
        worst = 0
        # Counting a prompt's bytes for each call is dear, and without a cap nobody asks.
        if self._gate.cap.limit is not None:
            worst = self._prices.worst(cell.model, cell.prompt.turns, cell.params)
        body = self._body(cell)
        while True:
            if not await self._gate.afford(worst):
                raise CapReachedError
            row.attempts += 1
            error = await self._attempt(row, body, worst)
            if error is None:
                used = (row.prompt_tokens or 0) + (row.completion_tokens or 0)
                if self._gate.counts_tokens and used:
                    self._gate.correct(cell.model, self.tokens(cell), used)
                return row
            pause = self._pause_after(error, row)
            if pause is None:
                self._fail(row, error)
                return row
            row.retry_wait_s += await self._sit_out(cell, pause)

    async def _attempt(self, row: Row, body: RequestBody, worst: int) -> ToprouterError | None:
        """Make one attempt; enter the answer into the row, or return what went wrong."""
        row.started_at, sent_at = time.time(), time.monotonic()
        cost = worst  # what was sent and did not end is taken to have cost the worst
        try:
            call = self._client.prepare(body, model=row.model, is_streamed=self._is_streamed, account=self._account)
            await self._client.run_async(call)
            reply = call.reply()
            row.cost_nano_usd, row.cost_source = self._prices.settle(reply, worst)
            cost = worst if row.cost_nano_usd is None else row.cost_nano_usd
            row.lost_nano_usd += cost - (row.cost_nano_usd or 0)
        except BudgetError:  # a budget around the run: of the process, or of a block that counts calls
            cost = 0
            raise CapReachedError from None
        except ToprouterError as error:
            cost = _cost_of(error, worst)
            row.lost_nano_usd += cost
            if isinstance(error, RateLimitError):
                self._gate.refuse(row.model, error, sent_at=sent_at)
            return error
        finally:
            row.latency_s = time.monotonic() - sent_at
            self._gate.cap.settle(worst, cost)
        _enter(row, reply)
        self._gate.succeed(row.model, first_try=row.attempts == 1)
        # What an answer needed it gives back: the budget of retries is for outages, not for a run that gets on.
        self._gate.retries.give_back(min(row.attempts - 1, self._max_retries))
        return None

    def _pause_after(self, error: ToprouterError, row: Row) -> float | None:
        """Return the seconds to wait before the next attempt; None where there shall be none."""
        self._gate.falter(row.model)
        if isinstance(error, RateLimitError):
            # No pause of its own: the rate of the model holds every lane for as long as the server asks.
            wish = error.retry_after_seconds or 0.0
            is_possible = error.is_transient and row.attempts <= _REFUSALS and wish <= LONGEST_WAIT_SECONDS
            return 0.0 if is_possible else None
        pause = pause_seconds(error, attempts=row.attempts, max_retries=self._max_retries, random=random.random)
        return pause if pause is not None and self._gate.retries.spend() else None

    async def _sit_out(self, cell: Cell, pause: float) -> float:
        """Wait, then wait for the rate of the model again; return the seconds it took."""
        since = time.monotonic()
        await asyncio.sleep(pause)
        seconds = self._gate.wait(cell.model, self.tokens(cell))
        while seconds > 0:
            # A quarter of chance: lanes that were held together would otherwise wake, and ask, together.
            await asyncio.sleep(min(seconds * (1 + random.random() / 4), 5.0))  # noqa: S311  # no secret
            seconds = self._gate.wait(cell.model, self.tokens(cell))
        return time.monotonic() - since

    def tokens(self, cell: Cell) -> int:
        """Return about how many tokens a cell will use, for limits on tokens a minute; 0 where none is known."""
        if not self._gate.counts_tokens:
            return 0
        # The bound counts bytes, and a token is about three or four of them in most languages.
        return most_tokens(cell.prompt.turns) // 3 + int(cell.params.get("max_tokens") or _ANSWER_TOKENS)

    def _fail(self, row: Row, error: ToprouterError) -> None:
        self._gate.fail(row.model, error)
        row.status = "filtered" if error.kind == "moderation" else "error"
        row.error_type = type(error).__name__
        row.error_code = error.status
        row.error_message = shorten(str(error), _ERROR_CHARACTERS)
        if error.partial is not None:
            _enter(row, error.partial, is_partial=True)

    def _row(self, cell: Cell, queue_s: float) -> Row:
        self._gate.retries.earn()
        row_key, request_key = self._keys.of(cell)
        options = self._options.get(cell.params_id)
        if options is None:
            options = self._options[cell.params_id] = canonical(cell.params)
        return Row(
            row_key=row_key,
            request_key=request_key,
            kind=self._kind,
            place=cell.index if self._kind == "answer" else None,
            model=cell.model,
            prompt_id=cell.prompt.id,
            cluster=cell.prompt.cluster or cell.prompt.id,
            params=options,
            params_id=cell.params_id,
            repeat=cell.repeat,
            seed=cell.seed,
            queue_s=queue_s,
            worker=self._worker,
        )

    def _body(self, cell: Cell) -> RequestBody:
        options: dict[str, Any] = dict(cell.params)
        if cell.seed is not None and cell.model not in self._unseeded:
            options["seed"] = cell.seed
        turns = [encode_turn(turn) for turn in cell.prompt.turns]
        return encode_request(turns, model=cell.model, stream=self._is_streamed, options=options)


def _enter(row: Row, reply: Reply, *, is_partial: bool = False) -> None:
    """Enter an answer into its row."""
    usage = reply.usage
    row.answer = reply.text
    row.reasoning = reply.reasoning or None
    row.finish_reason = reply.finish_reason
    row.model_served = reply.served_model
    row.response_id = reply.id
    row.ttft_s = reply.first_token_seconds
    row.prompt_tokens, row.completion_tokens = usage.prompt_tokens, usage.completion_tokens
    row.reasoning_tokens, row.cached_tokens = usage.reasoning_tokens, usage.cached_tokens
    provider = reply.raw.get("provider")
    row.provider = provider if isinstance(provider, str) else None
    message = _message(reply)
    row.tool_calls = json.dumps(message["tool_calls"], default=str) if message.get("tool_calls") else None
    if not is_partial:
        row.status = "refused" if message.get("refusal") else _ENDINGS.get(reply.finish_reason or "", "ok")
        row.error_type, row.error_code, row.error_message = "", None, ""


def _message(reply: Reply) -> dict[str, Any]:
    choices = reply.raw.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    message = first.get("message") if isinstance(first, dict) else None
    return message if isinstance(message, dict) else {}


def _cost_of(error: ToprouterError, worst: int) -> int:
    """Return what a failed attempt may have cost: nothing where the server refused it or never saw it."""
    usage = error.partial.usage if error.partial is not None else None
    if usage is not None and usage.cost_usd is not None:
        return nano_usd(usage.cost_usd)
    return 0 if isinstance(error, ConnectFailedError | GatewayError) and error.partial is None else worst
