"""Takes keys out of a document before it becomes a file.

Pure; knows no key but the function that hides them.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..history import History, Node
from ..parts import ImagePart, Part, TextPart
from ..reply import Reply
from ..secret import Secret
from ..settings import known_keys
from ..turns import Turn
from .document import Document

Hide = Callable[[str], str]


def hider(keys: Iterable[Secret] = ()) -> Hide:
    """Return a function that hides these keys in a text, and every key the process knows."""
    secrets = [key for key in dict.fromkeys((*keys, *known_keys())) if key]
    return functools.partial(_hide_all, secrets)


def hide_in(value: Any, hide: Hide) -> Any:
    """Return JSON data with the keys hidden in its texts, names included.

    Examples
    --------
    >>> hide_in({"a": ["key", 1]}, lambda text: text.replace("key", "?"))
    {'a': ['?', 1]}
    """
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping):
        return {hide(str(name)): hide_in(entry, hide) for name, entry in value.items()}
    return [hide_in(entry, hide) for entry in value] if isinstance(value, list | tuple) else value


def hide_document(document: Document, hide: Hide) -> Document:
    """Return the current path of a document with the keys hidden in all that an export shows."""
    history = History()
    history.add(_exchange(node, hide) for node in document.history.path())
    return dataclasses.replace(
        document,
        history=history,
        model=_hide(document.model, hide),
        system=_hide(document.system, hide),
        name=_hide(document.name, hide),
        params=hide_in(document.params, hide),
        extra={},
    )


def _exchange(node: Node, hide: Hide) -> tuple[Turn, Reply | None]:
    assert node.turn is not None, "only the root has no turn"
    turn = dataclasses.replace(node.turn, parts=tuple(_part(part, hide) for part in node.turn.parts))
    if node.reply is None:
        return turn, None
    reasoning = hide(node.reply.reasoning)
    return turn, dataclasses.replace(node.reply, text=hide(node.reply.text), turn=turn, reasoning=reasoning)


def _part(part: Part, hide: Hide) -> Part:
    if isinstance(part, TextPart):
        return TextPart(hide(part.text))
    return part if part.url is None else ImagePart(url=hide(part.url))


def _hide(text: str | None, hide: Hide) -> str | None:
    return None if text is None else hide(text)


def _hide_all(secrets: list[Secret], text: str) -> str:
    for secret in secrets:
        # A search that is quick where there is nothing, as in nearly every text.
        if secret.holder()(text):
            text = secret.hide(text)
    return text
