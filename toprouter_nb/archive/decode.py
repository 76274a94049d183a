"""The bytes of a saved conversation to a document; they are untrusted, so every field is checked.

Makes plain data, and knows nothing of files but the name to tell; opens nothing, imports nothing that a file names.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..errors import ImageError, ParameterError, StorageError
from ..history import History, Node
from ..params import check_model_id, check_params
from ..parts import IMAGE_TYPES, ImagePart, Part, TextPart
from ..reply import Reply
from ..turns import Turn
from ..usage import Usage
from .document import Document
from .layout import FORMAT, VERSION, SavedConversation, SavedPart, SavedReply, SavedTurn, SavedUsage, describe_problem


def decode_document(content: bytes, shown: str) -> Document:
    """Read a saved conversation.

    Parameters
    ----------
    content
        The file's bytes, of any origin.
    shown
        The file's name as it stands in messages.

    Raises
    ------
    StorageError
        It is no saved conversation, of a newer version, or damaged; the message says where.

    Examples
    --------
    >>> decode_document(b'{"format": "toprouter_nb conversation", "version": 2}', "'chat.json'")
    Traceback (most recent call last):
      ...
    toprouter_nb.errors.StorageError: 'chat.json' is of version 2, and this release reads version 1. ...
    """
    try:
        loaded = json.loads(content)
    except (ValueError, RecursionError):
        message = f"{shown} is no saved conversation, for it is no JSON, or only a part of it."
        raise StorageError(message) from None
    check_version(loaded, shown)
    try:
        return _document(SavedConversation.model_validate(loaded))
    except ValidationError as error:
        problem = describe_problem(error)
    except (ParameterError, ImageError, _DamageError) as error:
        problem = str(error)
    message = f"{shown} is a saved conversation, but damaged: {problem.removesuffix('.')}."
    raise StorageError(message)


def check_version(loaded: object, shown: str) -> None:
    """Refuse what is no saved conversation, or of a version this release does not know."""
    if not isinstance(loaded, Mapping) or loaded.get("format") != FORMAT:
        message = f"{shown} is no conversation saved with chat.save(...)."
        raise StorageError(message)
    version = loaded.get("version")
    if isinstance(version, int) and version > VERSION:
        message = (
            f"{shown} is of version {version}, and this release reads version {VERSION}. "
            "Update toprouter_nb to use it; the file is as it was."
        )
        raise StorageError(message)


class _DamageError(Exception):
    """Something in the file contradicts something else in it."""


def _document(saved: SavedConversation) -> Document:
    images = {name: _decode_image(name, encoded) for name, encoded in saved.images.items()}
    nodes = [Node()]
    for place, row in enumerate(saved.turns, start=1):
        # A turn follows an earlier line only, so that no file can make a ring of them.
        if row.after >= place:
            message = f"turn {place} follows turn {row.after}, which is not before it"
            raise _DamageError(message)
        node = _node(row, nodes[row.after], images)
        nodes[row.after].children.append(node)
        nodes.append(node)
    if saved.position >= len(nodes):
        message = f"it stands on turn {saved.position} and has {len(saved.turns)}"
        raise _DamageError(message)
    check_params(saved.params)
    return Document(
        history=History.of(nodes[0], nodes[saved.position]),
        model=None if saved.model is None else check_model_id(saved.model),
        system=saved.system,
        params=saved.params,
        id=saved.id,
        name=saved.name,
        extra=saved.model_extra or {},
    )


def _node(row: SavedTurn, parent: Node, images: Mapping[str, bytes]) -> Node:
    turn = Turn(row.role, tuple(_part(part, images) for part in row.parts), row.is_partial)
    extra = dict(row.model_extra or {})
    if row.reply is None:
        return Node(turn, parent, extra=extra or None)
    if turn.role != "assistant":
        message = f"a {turn.role} turn has a reply"
        raise _DamageError(message)
    if row.reply.model_extra:
        extra["reply"] = row.reply.model_extra
    return Node(turn, parent, reply_of(row.reply, turn), extra=extra or None)


def _part(saved: SavedPart, images: Mapping[str, bytes]) -> Part:
    if saved.type == "text":
        return TextPart(_needed(saved.text, "a text part has no text"))
    if saved.url is not None:
        return ImagePart(url=saved.url)
    data = images.get(_needed(saved.sha256, "an image has neither url nor sha256"))
    if saved.media_type not in IMAGE_TYPES:
        message = f"an image is of a type that cannot be sent; allowed are {', '.join(IMAGE_TYPES)}"
        raise _DamageError(message)
    return ImagePart(
        data=_needed(data, "an image is named whose bytes are not there"),
        media_type=saved.media_type,
        width=saved.width,
        height=saved.height,
        note=saved.note,
    )


def _needed(value: Any, problem: str) -> Any:
    if value is None:
        raise _DamageError(problem)
    return value


def _decode_image(name: str, encoded: str) -> bytes:
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    # An image whose bytes were changed would be sent as if the conversation had had it.
    if not data or hashlib.sha256(data).hexdigest() != name:
        message = "the bytes of an image are not those it had"
        raise _DamageError(message)
    return data


def reply_of(saved: SavedReply, turn: Turn) -> Reply:
    """Return the reply to which an assistant turn belongs."""
    usage = {name: getattr(saved.usage, name) for name in SavedUsage.model_fields}
    known = {name: getattr(saved, name) for name in SavedReply.model_fields}
    return Reply(**known | {"usage": Usage(**usage)}, text=turn.text, turn=turn, is_partial=turn.is_partial)
