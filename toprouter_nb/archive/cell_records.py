"""What a notebook's cell keeps of an exchange, in the metadata of its output: enough to rebuild the chat from the file.

Pure, and quick to import, for it is made at the end of every reply that is shown.
"""

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..parts import ImagePart
from ..plain import shorten
from ..reply import Reply
from ..turns import Turn

METADATA_KEY = "toprouter_nb"
# Raised only where an older release would read a record wrongly; new fields are ignored by it.
VERSION = 1
# A longer text is cut in the record, so that no output makes a notebook too large to save; most are far below.
MOST_CHARACTERS = 200_000

_REPLY_FIELDS = ("requested_model", "served_model", "finish_reason", "seconds", "first_token_seconds", "is_partial")


def cell_record(
    question: Turn,
    reply: Reply,
    *,
    place: int,
    asked_at: datetime,
    conversation_id: str | None = None,
    conversation_name: str | None = None,
    system: str | None = None,
    hide: Callable[[str], str] = str,
) -> dict[str, Any]:
    """Return the record of one exchange, plain JSON; it stands under `toprouter_nb` in an output's metadata.

    Parameters
    ----------
    question, reply
        What was asked, and what came. Of images the hash and the size are kept, or the address, never the bytes.
    place
        How many turns the question had before it on its branch, the system turn not counted.
    asked_at
        When it was asked, with its time zone.
    conversation_id, conversation_name, system
        Of the conversation; None where it has none.
    hide
        Returns a text with every key in it hidden.

    Examples
    --------
    >>> from datetime import timezone
    >>> from toprouter_nb import Conversation, testing, user
    >>> with testing.ScriptedGateway(["Paris."]) as gateway:
    ...     chat = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
    ...     reply = chat.ask("Capital of France?")
    >>> record = cell_record(chat.turns[0], reply, place=0, asked_at=datetime(2026, 1, 2, tzinfo=timezone.utc))
    >>> record["question"], record["reply"]["text"], record["asked_at"]
    ({'text': 'Capital of France?'}, 'Paris.', '2026-01-02T00:00:00.000+00:00')
    """
    named = {"conversation": conversation_id, "name": conversation_name, "system": system}
    about = {name: _text(value, hide) for name, value in named.items() if value is not None}
    said: dict[str, Any] = {"text": _text(question.text, hide)}
    if question.images:
        said["images"] = [_image(image) for image in question.images]
    return {
        "version": VERSION,
        **about,
        "place": place,
        "asked_at": asked_at.isoformat(timespec="milliseconds"),
        "question": said,
        "reply": _reply(reply, hide),
    }


def _reply(reply: Reply, hide: Callable[[str], str]) -> dict[str, Any]:
    known = {name: value for name in _REPLY_FIELDS if (value := getattr(reply, name)) is not None}
    usage = {name: value for name, value in dataclasses.asdict(reply.usage).items() if value is not None}
    counts = {name: value if isinstance(value, int) else str(value) for name, value in usage.items()}
    cost = {} if reply.cost_usd is None else {"cost_usd": str(reply.cost_usd)}
    return {"text": _text(reply.text, hide), **known, **cost, "usage": counts}


def _image(image: ImagePart) -> dict[str, Any]:
    if image.data is None:
        return {"url": shorten(str(image.url), 2_000)}
    return {
        "media_type": image.media_type,
        "bytes": len(image.data),
        "sha256": hashlib.sha256(image.data).hexdigest(),
    }


def _text(text: str, hide: Callable[[str], str]) -> str:
    """Return a text as it can stand in a notebook: keys hidden, bounded, without halves of characters."""
    kept = shorten(hide(text), MOST_CHARACTERS)
    return kept.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
