"""Reads the exchanges that a notebook's outputs keep, and rebuilds a conversation from them.

The notebook is untrusted; nothing in it is run, and only the records of `cell_records` are looked at.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from ..errors import ParameterError, StorageError
from ..history import History
from ..parts import ImagePart, TextPart
from ..plain import shorten
from ..reply import assistant_turn
from ..turns import Turn
from .cell_records import METADATA_KEY, VERSION
from .decode import reply_of
from .document import Document
from .layout import KeptExchange, KeptImage, describe_problem
from .storage import AnyPath, read_whole, show

# Of a notebook with its pictures; Jupyter itself is slow with a tenth of it.
_MOST_BYTES = 128 * 2**20
# Shorter beginnings of an id are too easily another's.
_SHORTEST_ID = 4
_TOLD = 8


def find_exchanges(path: AnyPath) -> list[KeptExchange | StorageError]:
    """Return the exchanges of a notebook, in the order of its cells; an error in the place of each damaged one.

    Raises
    ------
    ParameterError
        There is no such file.
    StorageError
        It is no notebook, or holds no exchange.
    """
    shown = show(path)
    found = [_exchange(record, shown) for record in _records(_cells(read_whole(path, _MOST_BYTES), shown))]
    if not found:
        message = (
            f"{shown} holds no exchange: none of its outputs is a reply that chat.ask(...) showed with toprouter_nb "
            "0.1 or later, or they were cleared."
        )
        raise StorageError(message)
    return found


def document_from_notebook(path: AnyPath, name: str | None = None) -> Document:
    """Rebuild a conversation from a notebook; see `Conversation.from_notebook`."""
    exchanges = _of_one([_whole(found) for found in find_exchanges(path)], name, show(path))
    history = History()
    for exchange in sorted(exchanges, key=_order):
        _enter(history, exchange)
    last = exchanges[-1]
    return Document(history=history, model=last.reply.requested_model, system=last.system, name=last.name)


def asked_at(exchange: KeptExchange) -> datetime | None:
    """Return when it was asked, in UTC; None where the record says nothing one can read."""
    try:
        return datetime.fromisoformat(exchange.asked_at).astimezone(UTC)
    except (ValueError, OverflowError):  # no time, or one at the edge of what there is
        return None


def _order(exchange: KeptExchange) -> datetime:
    return asked_at(exchange) or datetime.min.replace(tzinfo=UTC)


def _whole(found: KeptExchange | StorageError) -> KeptExchange:
    if isinstance(found, StorageError):
        raise found
    return found


def _cells(content: bytes, shown: str) -> Sequence[Any]:
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        notebook = None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        message = f"{shown} is no notebook of version 4, or only a part of one. Name an .ipynb file."
        raise StorageError(message)
    return cells


def _records(cells: Sequence[Any]) -> Iterator[Any]:
    """Yield what stands under our name in the metadata of each output."""
    for cell in cells:
        outputs = cell.get("outputs") if isinstance(cell, Mapping) else None
        for output in outputs if isinstance(outputs, list) else ():
            metadata = output.get("metadata") if isinstance(output, Mapping) else None
            if isinstance(metadata, Mapping) and METADATA_KEY in metadata:
                yield metadata[METADATA_KEY]


def _exchange(record: Any, shown: str) -> KeptExchange | StorageError:
    version = record.get("version") if isinstance(record, Mapping) else None
    if isinstance(version, int) and version > VERSION:
        message = (
            f"{shown} holds exchanges of version {version}, and this release reads version {VERSION}. "
            "Update toprouter_nb to use it."
        )
        return StorageError(message)
    try:
        return KeptExchange.model_validate(record)
    except ValidationError as error:
        message = f"{shown} holds an exchange that is damaged: {describe_problem(error)}."
    return StorageError(message)


def _of_one(exchanges: Sequence[KeptExchange], name: str | None, shown: str) -> list[KeptExchange]:
    """Return the exchanges of one conversation: the named one, or the only one."""
    groups: dict[str, list[KeptExchange]] = {}
    for exchange in exchanges:
        groups.setdefault(exchange.name or exchange.conversation or "", []).append(exchange)
    if name is None and len(groups) == 1:
        return next(iter(groups.values()))
    wanted = [key for key in groups if name is not None and _is_meant(key, name, groups[key][0])]
    if len(wanted) == 1:
        return groups[wanted[0]]
    told = ", ".join(_tell(key, groups[key]) for key in list(groups)[:_TOLD]) + (", …" if len(groups) > _TOLD else "")
    which = "several conversations:" if name is None else f"not one conversation {shorten(repr(name), 60)}, but"
    message = f"{shown} holds {which} {told}. Name one with from_notebook(path, name=...)."
    raise ParameterError(message)


def _is_meant(key: str, name: str, first: KeptExchange) -> bool:
    is_id = first.name is None and len(name) >= _SHORTEST_ID
    return key == name or (is_id and key.startswith(name))


def _tell(key: str, exchanges: Sequence[KeptExchange]) -> str:
    label = key if exchanges[0].name is not None else key[:_TOLD]
    asked = shorten(exchanges[0].question.text, 40)
    return f"{shorten(label, 40)!r} ({asked!r})"


def _enter(history: History, exchange: KeptExchange) -> None:
    """Put an exchange where it stood; an answer to a question that is there already becomes its sibling."""
    path = [history.root, *history.path()]
    after = path[min(exchange.place, len(path) - 1)]
    asked = _question(exchange)
    before = next((node for node in after.children if node.turn == asked), None)
    answer = assistant_turn(exchange.reply.text, is_partial=exchange.reply.is_partial)
    answered = (answer, reply_of(exchange.reply, answer))
    if before is None:
        history.add([(asked, None), answered], after=after)
    else:
        history.add([answered], after=before)


def _question(exchange: KeptExchange) -> Turn:
    text = exchange.question.text
    parts = [TextPart(text)] if text or not exchange.question.images else []
    return Turn("user", (*parts, *(_image(image) for image in exchange.question.images)))


def _image(image: KeptImage) -> ImagePart | TextPart:
    if image.url is not None:
        return ImagePart(url=image.url)
    size = "?" if image.bytes is None else f"{image.bytes:,}"
    return TextPart(f"[image, {image.media_type}, {size} bytes: not kept in the notebook]")
