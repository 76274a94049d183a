"""One recorded exchange: what was asked, and the blocks of the answer with their times.

A value. Knows nothing of files, clocks or transports.
"""

import dataclasses

from .asked import Asked


@dataclasses.dataclass(frozen=True)
class Break:
    """How an exchange broke off: a `TransportError`, as its parts.

    Attributes
    ----------
    seconds
        When, from the start of the request.
    error
        The name of its class.
    kind, message, is_transient
        As on the error.
    """

    seconds: float
    error: str
    kind: str
    message: str
    is_transient: bool


@dataclasses.dataclass(frozen=True)
class Take:
    """One recorded exchange.

    Attributes
    ----------
    asked
        The question.
    status
        HTTP status of the answer; None where none came.
    head_seconds
        From the start of the request to the answer's head.
    blocks
        Each with its seconds from the start of the request.
    broken
        How it broke off; None where the body ended, or was read to the end of what matters.
    """

    asked: Asked
    status: int | None
    head_seconds: float
    blocks: tuple[tuple[float, bytes], ...]
    broken: Break | None = None
