"""A document as a notebook that can be opened, run again, and read back with `Conversation.from_notebook`.

Pure. What was said stands in outputs as safe HTML and plain text, and in sources only as quoted Python strings.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..history import Node
from ..plain import render_plain
from ..render.cards import render_reply, render_turn_card
from .cell_records import METADATA_KEY, cell_record
from .document import Document
from .fences import plain_line

_SOURCE_CHARACTERS = 88


def render_notebook_export(document: Document) -> str:
    """Return the current path of a document as the JSON of a notebook.

    Examples
    --------
    >>> from ..history import History
    >>> notebook = json.loads(render_notebook_export(Document(history=History(), model="any/model")))
    >>> print(notebook["cells"][1]["source"])
    from toprouter_nb import Conversation
    <BLANKLINE>
    chat = Conversation('any/model')
    """
    cells = [_markdown(f"# {plain_line(document.title)}"), _code(_opening(document))]
    cells += _exchanges(document)
    for place, cell in enumerate(cells):
        # Of what stands in it, so that the same conversation is the same file, and a diff shows what was said since.
        cell["id"] = hashlib.sha256(f"{place} {cell['source']}".encode("utf-8", "replace")).hexdigest()[:12]
    about = {
        METADATA_KEY: {"export": 1},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    # 4.5 is the first format in which cells have ids (JEP 62).
    notebook = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1) + "\n"


def _opening(document: Document) -> str:
    given = {"system": document.system} if document.system is not None else {}
    options = {**given, **document.params}
    arguments = [repr(document.model)] if document.model else []
    arguments += [f"{name}={_literal(value)}" for name, value in options.items()]
    return f"from toprouter_nb import Conversation\n\nchat = {_call('Conversation', arguments)}"


def _exchanges(document: Document) -> Iterator[dict[str, Any]]:
    path = document.history.path()
    asked: Node | None = None
    for place, node in enumerate(path):
        turn = node.turn
        assert turn is not None, "only the root has no turn"
        if turn.role == "user":
            asked = node
            following = path[place + 1].turn if place + 1 < len(path) else None
            if following is None or following.role != "assistant":
                yield _question(node, [])
        elif asked is not None and node.parent is asked:
            yield _question(asked, [_reply_output(document, asked, node, place - 1)])
        else:
            yield _code("# said without a question", [_output(render_turn_card(turn.role, turn.parts), turn.text)])


def _question(node: Node, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    turn = node.turn
    assert turn is not None, "only the root has no turn"
    arguments = [_literal(turn.text)] if turn.text else []
    arguments += [repr(image.url) for image in turn.images if image.url is not None]
    kept = [image for image in turn.images if image.data is not None]
    note = f"  # with {len(kept)} image(s), shown below" if kept else ""
    shown = [_output(render_turn_card(turn.role, kept), f"{len(kept)} image(s)")] if kept else []
    return _code(f"{_call('chat.ask', arguments)}{note}", [*shown, *outputs])


def _reply_output(document: Document, asked: Node, node: Node, place: int) -> dict[str, Any]:
    assert node.turn is not None, "only the root has no turn"
    assert asked.turn is not None, "only the root has no turn"
    if node.reply is None:
        return _output(render_turn_card(node.turn.role, node.turn.parts), node.turn.text)
    record = cell_record(
        asked.turn,
        node.reply,
        place=place,
        asked_at=datetime.fromtimestamp(_created(node.reply.raw), UTC),
        conversation_id=document.id,
        conversation_name=document.name,
        system=document.system,
    )
    return _output(render_reply(**node.reply.facts()), node.turn.text, {METADATA_KEY: record})


def _created(raw: Mapping[str, Any]) -> float:
    """Return when the server says it answered; 0, the beginning of its time, where it says nothing usable."""
    created = raw.get("created")
    latest = 4_102_444_800  # the year 2100
    return float(created) if isinstance(created, int | float) and 0 <= created < latest else 0.0


def _literal(value: object) -> str:
    """Return the Python source of plain data; a long text line for line."""
    if not isinstance(value, str):
        return repr(value)
    lines = value.splitlines(keepends=True)
    if len(lines) < 2 and len(value) <= _SOURCE_CHARACTERS:  # noqa: PLR2004
        return repr(value)
    # Neighbouring literals are one text to Python, and one line each to a reader and to a diff.
    return "\n".join(repr(line) for line in lines)


def _call(name: str, arguments: list[str]) -> str:
    joined = ", ".join(arguments)
    if "\n" not in joined and len(joined) <= _SOURCE_CHARACTERS:
        return f"{name}({joined})"
    rows = [f"    {line}" for argument in arguments for line in f"{argument},".split("\n")]
    return "\n".join([f"{name}(", *rows, ")"])


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, outputs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": outputs or [],
        "source": source,
    }


def _output(html: str, text: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    data = {"text/html": html, "text/plain": render_plain(text)}
    return {"output_type": "display_data", "data": data, "metadata": dict(metadata or {})}
