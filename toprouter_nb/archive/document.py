"""All of a conversation that a file holds, as one value: its tree of turns and how it asks.

Knows nothing of files, of keys, or of how a conversation asks; the address and the key are no part of it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..history import History


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Document:
    """A conversation as a value.

    Attributes
    ----------
    history
        Every turn of every branch, and the place where the conversation stands.
    model, system
        As in `Conversation`; None where it has none.
    params
        Its request options, as `Conversation` takes them.
    id, name
        Its own id, 32 hexadecimal digits, and what a person called it; None where it has none.
    extra
        Fields of the file it came from that this version does not know; they are saved again.
    """

    history: History
    model: str | None = None
    system: str | None = None
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    id: str | None = None
    name: str | None = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def title(self) -> str:
        """What to call it: its name, else the model it asks."""
        return self.name or f"Conversation with {self.model or 'the default model'}"
