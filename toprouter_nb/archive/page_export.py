"""A document as one web page that needs nothing else and runs nothing.

Pure; all HTML is `render`'s.
"""

from collections.abc import Iterator

from ..history import Node
from ..parts import Part, TextPart
from ..render.cards import (
    SAID_CHARACTERS,
    render_facts,
    render_note,
    render_reasoning,
    render_root,
    render_turn,
)
from ..render.fragment import Html, escape
from ..render.page import render_page
from ..turns import Turn
from .document import Document
from .markdown_export import MARK, facts_of


def render_page_export(document: Document) -> str:
    """Return the current path of a document as a page.

    Examples
    --------
    >>> from ..history import History
    >>> page = render_page_export(Document(history=History(), name="<script>"))
    >>> "<script" in page, page.splitlines()[:2]
    (False, ['<!doctype html>', '<!-- written by toprouter_nb -->'])
    """
    pieces = [_render_system(document.system)] if document.system is not None else []
    for node in document.history.path():
        pieces += _render_node(node)
    heading = Html(f"<h1>{escape(document.title)}</h1>")
    body = render_root(heading, *(pieces or [render_note("No turns yet.")]))
    page: str = render_page(document.title, body)
    # Behind the doctype, which must come first: a comment before it makes old browsers guess how to draw.
    return page.replace("\n", f"\n{MARK}\n", 1)


def _render_system(text: str) -> Html:
    return render_turn("system", _cut(TextPart(text)))


def _render_node(node: Node) -> Iterator[Html]:
    turn = node.turn
    assert turn is not None, "only the root has no turn"
    if node.reply is not None and node.reply.reasoning:
        yield render_reasoning(node.reply.reasoning)
    yield render_turn(turn.role, _whole(turn), is_partial=turn.is_partial)
    if node.reply is not None:
        yield Html(f'<div style="margin-bottom:1.8em">{render_facts(facts_of(node.reply))}</div>')


def _whole(turn: Turn) -> list[Part]:
    """Return the parts; a long text that was typed in pieces, for a view shows only the beginning of each."""
    if turn.role == "assistant":
        return list(turn.parts)
    return [piece for part in turn.parts for piece in _cut(part)]


def _cut(part: Part) -> list[Part]:
    if not isinstance(part, TextPart) or len(part.text) <= SAID_CHARACTERS:
        return [part]
    pieces: list[Part] = []
    rest = part.text
    while rest:
        end = rest.rfind("\n", 0, SAID_CHARACTERS) + 1 if len(rest) > SAID_CHARACTERS else 0
        end = end or SAID_CHARACTERS
        pieces.append(TextPart(rest[:end]))
        rest = rest[end:]
    return pieces
