"""A document to the bytes of a saved conversation.

Knows nothing of files. One turn a line, so that two versions of a file can be compared.
"""

import base64
import dataclasses
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ..errors import ParameterError
from ..history import Node
from ..params import check_params
from ..parts import Part, TextPart
from ..reply import Reply
from .document import Document
from .hiding import Hide, hide_in
from .layout import FORMAT, VERSION

_REPLY_FIELDS = (
    "finish_reason", "requested_model", "served_model", "id", "seconds", "first_token_seconds", "attempts",
    "cost_source",
)  # fmt: skip


def encode_document(document: Document, hide: Hide) -> bytes:
    r"""Return the file of a document.

    Parameters
    ----------
    document
        The whole tree is written, each image once, by the hash of its bytes.
    hide
        Returns a text with every key in it hidden.

    Raises
    ------
    ParameterError
        Something in it is nested too deeply for JSON.

    Examples
    --------
    >>> from ..history import History
    >>> print(encode_document(Document(history=History(), model="any/model"), str).decode())
    {"format": "toprouter_nb conversation",
    "version": 1,
    "model": "any/model",
    "position": 0,
    "turns": [],
    "images": {}}
    <BLANKLINE>
    """
    nodes = [document.history.root, *document.history.nodes()]
    places = {id(node): place for place, node in enumerate(nodes)}
    images: dict[str, str] = {}
    turns = [_encode_node(node, places[id(node.parent)], images) for node in nodes[1:]]
    about = {"format": FORMAT, "version": VERSION, **_known(document), **document.extra}
    try:
        head = [f"{_json(name)}: {_json(value)}" for name, value in hide_in(about, hide).items()]
        head.append(f'"position": {places[id(document.history.head)]}')
        head.append(f'"turns": {_lines("[]", [_json(hide_in(turn, hide)) for turn in turns])}')
    except RecursionError:
        message = "The conversation cannot be saved: an answer or an option in it is nested too deeply."
        raise ParameterError(message) from None
    head.append(f'"images": {_lines("{}", [f"{_json(name)}: {_json(data)}" for name, data in images.items()])}')
    return ("{" + ",\n".join(head) + "}\n").encode()


def encode_image(data: bytes) -> tuple[str, str]:
    """Return the hash an image is known by, and its base64."""
    return hashlib.sha256(data).hexdigest(), base64.b64encode(data).decode("ascii")


def _known(document: Document) -> dict[str, Any]:
    params = {name: value for name, value in document.params.items() if name != "extra"}
    # In the form they are sent in: a numpy number, say, becomes one that JSON knows.
    checked: dict[str, Any] = check_params(params)
    if document.params.get("extra"):
        checked["extra"] = document.params["extra"]
    known = {"id": document.id, "name": document.name, "model": document.model, "system": document.system}
    return {name: value for name, value in (known | {"params": checked}).items() if value}


def _encode_node(node: Node, after: int, images: dict[str, str]) -> dict[str, Any]:
    turn = node.turn
    assert turn is not None, "only the root has no turn"
    kept = node.extra or {}
    row: dict[str, Any] = {"after": after, "role": turn.role}
    row["parts"] = [_encode_part(part, images) for part in turn.parts]
    if turn.is_partial:
        row["is_partial"] = True
    if node.reply is not None:
        row["reply"] = {**kept.get("reply", {}), **_encode_reply(node.reply)}
    return {**kept, **row}


def _encode_part(part: Part, images: dict[str, str]) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    row: dict[str, Any] = {"type": "image", "url": part.url}
    if part.data is not None:
        row["sha256"], encoded = encode_image(part.data)
        images.setdefault(row["sha256"], encoded)
    row |= {"media_type": part.media_type, "width": part.width, "height": part.height, "note": part.note or None}
    return {name: value for name, value in row.items() if value is not None}


def _encode_reply(reply: Reply) -> dict[str, Any]:
    row = {name: value for name in _REPLY_FIELDS if (value := getattr(reply, name)) is not None}
    row |= {"reasoning": reply.reasoning} if reply.reasoning else {}
    usage = {name: value for name, value in dataclasses.asdict(reply.usage).items() if value is not None}
    if "cost_usd" in usage:
        usage["cost_usd"] = str(usage["cost_usd"])
    cost = {} if reply.cost_usd is None else {"cost_usd": str(reply.cost_usd)}
    return {**row, "usage": usage, **cost, "raw": reply.raw}


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() or _is_encodable(text) else json.dumps(value)


def _is_encodable(text: str) -> bool:
    """Say whether a text is Unicode; halves of characters are spelled as escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(brackets: str, entries: Iterable[str]) -> str:
    body = ",\n".join(entries)
    return f"{brackets[0]}\n{body}\n{brackets[1]}" if body else brackets
