"""The lines of a lesson file: a take to a line of JSON, and back.

Pure. A line is untrusted: every field is checked and bounded. Version 1.
"""

import base64
import binascii
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import KINDS
from .asked import asked_of, request_of
from .take import Break, Take

FORMAT = "toprouter_nb lesson"
VERSION = 1
# Longer waits are no lesson; a file that holds some could only be meant to keep a program waiting.
_MOST_SECONDS = 3_600.0

Seconds = Annotated[float, Field(ge=0, le=_MOST_SECONDS, allow_inf_nan=False)]


class _Line(BaseModel):
    # `ignore`: a later release may write more fields into the same version.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Encoded(_Line):
    base64: str


class _Break(_Line):
    seconds: Seconds
    error: Literal["ConnectFailedError", "ReadTimeoutError", "UnexpectedResponseError"]
    kind: str
    message: str
    is_transient: bool = False


class _Exchange(_Line):
    request: dict[str, Any]
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    head: Seconds
    blocks: list[tuple[Seconds, str | _Encoded]]
    broken: _Break | None = None


def encode_header(program: str) -> bytes:
    """Return the line with which each recording begins."""
    return _line({"format": FORMAT, "version": VERSION, "program": program})


def encode_take(take: Take) -> bytes:
    r"""Return the line of a take.

    Examples
    --------
    >>> from .asked import Asked
    >>> encode_take(Take(Asked("m", (), {}), 200, 0.1, ((0.25, b"Hi"),)))
    b'{"request": {"model": "m", "messages": []}, "status": 200, "head": 0.1, "blocks": [[0.25, "Hi"]]}\n'
    """
    row: dict[str, Any] = {"request": request_of(take.asked), "status": take.status, "head": _round(take.head_seconds)}
    row["blocks"] = [[_round(seconds), _spell(block)] for seconds, block in take.blocks]
    if take.broken is not None:
        broken = take.broken
        row["broken"] = {**vars(broken), "seconds": _round(broken.seconds)}
    return _line(row)


def decode_line(line: bytes) -> Any:
    """Parse a line; None where it is no JSON object, as a line cut short is not."""
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def decode_take(row: dict[str, Any]) -> Take | None:
    """Return the take of a line; None where it is none."""
    try:
        found = _Exchange.model_validate(_with_pairs(row))
        blocks = tuple((seconds, _unspell(block)) for seconds, block in found.blocks)
        asked = asked_of(found.request, str)
    except (ValidationError, ValueError, RecursionError):
        return None
    if found.broken is None and found.status is None:
        return None
    return Take(asked, found.status, found.head, blocks, _broken(found.broken))


def _with_pairs(row: dict[str, Any]) -> dict[str, Any]:
    """Make tuples of the blocks, which JSON has as lists."""
    blocks = row.get("blocks")
    if not isinstance(blocks, list):
        return row
    return {**row, "blocks": [tuple(pair) if isinstance(pair, list) else pair for pair in blocks]}


def _broken(found: _Break | None) -> Break | None:
    if found is None:
        return None
    # A later release may have kinds that this one does not know.
    kind = found.kind if found.kind in KINDS else "connection"
    return Break(found.seconds, found.error, kind, found.message, found.is_transient)


def _spell(block: bytes) -> str | dict[str, str]:
    """Spell a block as text; as base64 where a character was cut in two, or it is no text."""
    try:
        return block.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(block).decode("ascii")}


def _unspell(block: str | _Encoded) -> bytes:
    if isinstance(block, str):
        return block.encode()
    try:
        return base64.b64decode(block.base64, validate=True)
    except binascii.Error as error:
        raise ValueError from error


def _round(seconds: float) -> float:
    return min(round(seconds, 4), _MOST_SECONDS)


def _line(row: dict[str, Any]) -> bytes:
    text = json.dumps(row, ensure_ascii=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # halves of characters
        return json.dumps(row).encode() + b"\n"
