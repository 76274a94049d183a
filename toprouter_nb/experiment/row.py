"""One row: what one cell of a grid was asked, what came back, and what it took.

Knows nothing of files, of how a call is made, or of statistics.
"""

import dataclasses
import json
import operator
import zlib
from decimal import ROUND_UP, Decimal
from typing import Any

from ..amounts import EXACT
from ..errors import StorageError

# An error may pass, so that a rerun asks again; what the model said is final.
FINAL = ("ok", "refused", "filtered", "length")
NANO = 10**9
# Below this, packing a text saves nothing.
_PACKED_CHARACTERS = 400


@dataclasses.dataclass(slots=True, kw_only=True)
class Row:
    """One cell's outcome. A scorer is handed one.

    Attributes
    ----------
    row_key, request_key
        16 bytes each: which cell this is; and which request, whoever asks it.
    kind
        "answer", or "judge" for a verdict on other rows.
    parent_key
        Of a verdict: what was judged. None for an answer.
    place
        The cell's place in the grid; None where the grid no longer holds it.
    model, params, params_id
        What was asked for: the model, the options as JSON text, and their place in the grid's list.
    prompt_id, cluster, prompt, reference
        The prompt: its id, the group it belongs to, the last text of its user, and the right answer (None = none).
    repeat, seed
        Which repeat, from 0; the seed that was sent, None for none.
    status
        "ok", "length" (cut by a limit), "filtered", "refused" or "error". An error is never a score of 0.
    error_type, error_code, error_message
        What went wrong: the error's class, the HTTP status, the message. "" or None where nothing did.
    answer, reasoning, tool_calls
        What came back; `tool_calls` is JSON text, None for none.
    finish_reason, model_served, provider, response_id
        As the server says; None where it does not.
    prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens
        Tokens; None = not reported.
    cost_nano_usd, cost_source
        10**-9 US dollars, None = not known; "billed", "computed", "local" or "unknown".
    queue_s, ttft_s, latency_s, retry_wait_s
        Seconds: waited for the rate limit; to the first text (None = not streamed); from the last sending to the end;
        waited between attempts.
    attempts
        Requests sent; 0 where the answer was taken from another row.
    cache_hit
        1 where the answer was taken from another row.
    started_at
        Unix seconds, UTC, of the last sending.
    worker
        Who asked: "local", or the name of a worker.
    lost_nano_usd
        What failed attempts may have cost at worst; not in the table, it is booked beside it.
    """

    row_key: bytes
    request_key: bytes
    kind: str = "answer"
    parent_key: bytes | None = None
    place: int | None = None
    model: str = ""
    prompt_id: str = ""
    cluster: str = ""
    params: str = "{}"
    params_id: int = 0
    repeat: int = 0
    seed: int | None = None
    status: str = "ok"
    error_type: str = ""
    error_code: int | None = None
    error_message: str = ""
    answer: str = ""
    reasoning: str | None = None
    tool_calls: str | None = None
    finish_reason: str | None = None
    model_served: str | None = None
    provider: str | None = None
    response_id: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cost_nano_usd: int | None = None
    cost_source: str = "unknown"
    queue_s: float = 0.0
    ttft_s: float | None = None
    latency_s: float = 0.0
    attempts: int = 0
    retry_wait_s: float = 0.0
    cache_hit: int = 0
    started_at: float = 0.0
    worker: str = "local"
    prompt: str = ""
    reference: Any = None
    lost_nano_usd: int = 0

    @property
    def is_final(self) -> bool:
        """Say whether the cell is done: a rerun does not ask it again."""
        return self.status in FINAL


# The prompt and its reference are kept once, in a table of their own.
_ELSEWHERE = ("prompt", "reference", "lost_nano_usd")
COLUMNS = tuple(field.name for field in dataclasses.fields(Row) if field.name not in _ELSEWHERE)
_values = operator.attrgetter(*COLUMNS)
_PACKED = tuple(COLUMNS.index(name) for name in ("answer", "reasoning"))


def encode_row(row: Row) -> tuple[Any, ...]:
    """Return a row's values in the order of `COLUMNS`, long texts packed.

    Examples
    --------
    >>> row = Row(row_key=b"k", request_key=b"r", answer="yes" * 1000)
    >>> decode_row(encode_row(row)) == row, len(encode_row(row)[16]) < 100
    (True, True)
    """
    values = _values(row)
    is_long = len(row.answer) > _PACKED_CHARACTERS or (row.reasoning and len(row.reasoning) > _PACKED_CHARACTERS)
    if not is_long and not any(type(value) is str and _is_torn(value) for value in values):
        return values
    changed = list(values)
    for place in _PACKED:
        changed[place] = pack(values[place])
    return tuple(mend_text(value) if isinstance(value, str) else value for value in changed)


def decode_row(values: tuple[Any, ...], *, prompt: str = "", reference: Any = None) -> Row:
    """Return the row that `encode_row` made the values of."""
    named = dict(zip(COLUMNS, values, strict=True))
    named["answer"] = unpack(named["answer"])
    named["reasoning"] = None if named["reasoning"] is None else unpack(named["reasoning"])
    return Row(**named, prompt=prompt, reference=reference)


def pack(text: str | None) -> str | bytes | None:
    r"""Return a long text as bytes that take less room, a short one as it is.

    One with half of a surrogate pair is no text to SQLite; it becomes bytes, too, and so comes back as it was.

    Examples
    --------
    >>> pack("yes"), unpack(pack("half \ud800")) == "half \ud800"
    ('yes', True)
    """
    if text is None or (len(text) <= _PACKED_CHARACTERS and not _is_torn(text)):
        return text
    # Level 1: most of the saving for a fraction of the time, for each row waits for it.
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def unpack(value: str | bytes) -> str:
    """Return the text that `pack` was given.

    Raises
    ------
    StorageError
        The bytes are damaged.
    """
    if isinstance(value, str):
        return value
    try:
        return zlib.decompress(value).decode("utf-8", "surrogatepass")
    except (zlib.error, UnicodeDecodeError):
        message = "A text in the run's file is damaged. Restore a copy of the file, or run under another name or dir."
        raise StorageError(message) from None


def mend_text(text: str) -> str:
    r"""Return a text that any file can hold: half of a surrogate pair becomes U+FFFD.

    Examples
    --------
    >>> mend_text("half \ud800!")
    'half �!'
    """
    # Through UTF-16, where two halves that belong together become one letter and only a lone one is replaced.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _is_torn(text) else text


def _is_torn(text: str) -> bool:
    """Say whether a text holds half of a surrogate pair, which UTF-8 has no bytes for."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: names sorted, no spaces; what keys are made of.

    Examples
    --------
    >>> canonical({"b": 1, "a": [0.5]})
    '{"a":[0.5],"b":1}'
    """
    # `allow_nan=False`: NaN is not equal to itself, so a key of it would be a lie.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str)


def nano_usd(usd: Decimal) -> int:
    """Return US dollars in whole units of 10**-9, never less than they are.

    Examples
    --------
    >>> nano_usd(Decimal("1E-10")), nano_usd(Decimal("0.25"))
    (1, 250000000)
    """
    return int(EXACT.multiply(usd, Decimal(NANO)).to_integral_value(ROUND_UP, EXACT))
