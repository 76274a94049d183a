"""One line of the ledger: a call, from before it was sent to its end, as plain values.

Knows nothing of files or SQL.
"""

from typing import Literal, NamedTuple

Status = Literal["started", "ok", "error", "cancelled", "interrupted"]
CostSource = Literal["billed", "computed", "local", "unknown"]


class CallRow(NamedTuple):
    """One call. None means: not reported, or not there yet.

    Attributes
    ----------
    id
        Ours, 32 hex digits; later calls have greater ones, as long as the clock goes forward.
    started_at
        Seconds since the epoch, by this machine's clock, before anything was sent.
    status
        "started" until the end is known, and for ever where the process died; then "ok", "error", "cancelled" (its
        reader left, or stopped it) or "interrupted" (by the kernel, or by what nobody expected).
    conversation_id, conversation_name
        Of the conversation that asked; None for a call made without one.
    base_url
        The server; None for a model of this machine.
    requested_model, served_model, provider
        What was asked for, what answered, and who ran it for the gateway.
    prompt_tokens, completion_tokens, total_tokens, cached_tokens, reasoning_tokens
        As in `Usage`.
    cost_usd
        US dollars as exact decimal text.
    cost_source
        "billed" by the gateway, "computed" from its list of prices, "local" and so 0, or "unknown".
    seconds, first_token_seconds, tokens_per_second
        As in `Reply`; measured by a clock that never goes back.
    finish_reason, request_id
        As the server spells them.
    error_kind
        One of `errors.KINDS`; None where the call ended well.
    attempts
        Requests sent, repeated ones included.
    is_streamed
        1 where the answer was asked for as a stream, else 0.
    prompt_text
        The question; None unless `Settings.ledger_prompts` asks for it.
    priced_at
        Seconds since the epoch at which the prices of a computed cost were fetched.
    """

    id: str
    started_at: float
    status: Status
    conversation_id: str | None = None
    conversation_name: str | None = None
    base_url: str | None = None
    requested_model: str | None = None
    served_model: str | None = None
    provider: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: str | None = None
    cost_source: CostSource = "unknown"
    seconds: float | None = None
    first_token_seconds: float | None = None
    tokens_per_second: float | None = None
    finish_reason: str | None = None
    error_kind: str | None = None
    attempts: int = 0
    is_streamed: int = 0
    request_id: str | None = None
    prompt_text: str | None = None
    priced_at: float | None = None


COLUMNS = CallRow._fields
