"""What stands in a saved conversation, version 1: names, types and bounds, checked by pydantic.

Plain data in, plain data out; knows nothing of files and makes none of our values. `extra="allow"` keeps what a newer
release of the same version may have added.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, ValidationError

from ..amounts import read_usd

FORMAT = "toprouter_nb conversation"
VERSION = 1
# The numbers a reply can hold: see `wire.answer`, which lets no larger ones pass.
_LARGEST_COUNT = 2**53 - 1
_LARGEST_COST = 10**9


def _amount(value: object) -> Decimal:
    amount = read_usd(value, _LARGEST_COST) if isinstance(value, str) else None
    if amount is None:
        message = f"an amount is a text such as '0.0012', from 0 to {_LARGEST_COST:,}"
        raise ValueError(message)
    return amount


Count = Annotated[int, Field(ge=0, le=_LARGEST_COUNT)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Amount = Annotated[Decimal, PlainValidator(_amount), PlainSerializer(str)]
Role = Literal["system", "user", "assistant"]


class Saved(BaseModel):
    """What all levels of the file have in common: nothing is converted, and nothing unknown is lost."""

    # Strict: "1" for 1 is a file that somebody edited, and better told than guessed.
    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


class SavedPart(Saved):
    """A text (`text`), or an image by its address (`url`) or by the hash of its bytes (`sha256`)."""

    type: Literal["text", "image"]
    text: str | None = None
    url: str | None = None
    sha256: str | None = None
    media_type: str | None = None
    width: Count | None = None
    height: Count | None = None
    note: str = ""


class SavedUsage(Saved):
    """Token counts and the billed cost, as `Usage`."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    cached_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cost_usd: Amount | None = None


class SavedReply(Saved):
    """What is known of an answer, as `Reply`; its text and whether it is whole stand in its turn."""

    usage: SavedUsage = SavedUsage()
    cost_usd: Amount | None = None
    cost_source: Literal["billed", "computed", "local", "unknown"] = "unknown"
    finish_reason: str | None = None
    requested_model: str
    served_model: str | None = None
    id: str | None = None
    seconds: Seconds
    first_token_seconds: Seconds | None = None
    attempts: Count = 1
    reasoning: str = ""
    raw: dict[str, Any] = {}


class SavedTurn(Saved):
    """A turn of the tree; `after` is the place of the turn it follows, counted from 1, and 0 for the beginning."""

    after: Count
    role: Role
    parts: list[SavedPart]
    is_partial: bool = False
    reply: SavedReply | None = None


class SavedConversation(Saved):
    """The whole file; `position` is the place of the turn the conversation stands on, `images` base64 by hash."""

    format: Literal["toprouter_nb conversation"]
    version: Literal[1]
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    name: str | None = None
    model: str | None = None
    system: str | None = None
    params: dict[str, Any] = {}
    position: Count
    turns: list[SavedTurn]
    images: dict[str, str] = {}


def describe_problem(error: ValidationError) -> str:
    """Say where the first problem is and what it is; what stands there is not repeated.

    Examples
    --------
    >>> try:
    ...     SavedPart.model_validate({"type": "sound"})
    ... except ValidationError as error:
    ...     describe_problem(error)
    "type: Input should be 'text' or 'image'"
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


class KeptImage(Saved):
    """What a cell's record keeps of an image: its address, or the hash and the size of its bytes."""

    url: str | None = None
    media_type: str | None = None
    bytes: Count | None = None
    sha256: str | None = None


class KeptQuestion(Saved):
    """What was asked in a cell."""

    text: str
    images: list[KeptImage] = []


class KeptReply(SavedReply):
    """What came; as in a saved conversation, with its text."""

    text: str
    is_partial: bool = False


class KeptExchange(Saved):
    """The record in a cell's output; see `cell_records.cell_record`."""

    version: Literal[1]
    conversation: str | None = None
    name: str | None = None
    system: str | None = None
    place: Count
    asked_at: str
    question: KeptQuestion
    reply: KeptReply
