"""A document as Markdown: what was said, each turn in a fence of its own.

Pure. A reply stands as it came, not drawn: Markdown of a model could run or fetch things in some viewers.
"""

from collections.abc import Iterator

from ..history import Node
from ..parts import ImagePart
from ..render.facts import facts_below
from ..reply import Reply
from .document import Document
from .fences import code_span, fence, plain_line

MARK = "<!-- written by toprouter_nb -->"


def render_markdown_export(document: Document) -> str:
    """Return the current path of a document as Markdown.

    Examples
    --------
    >>> from ..history import History
    >>> print(render_markdown_export(Document(history=History(), system="Be terse.")))
    <!-- written by toprouter_nb -->
    <BLANKLINE>
    # Conversation with the default model
    <BLANKLINE>
    ## System
    <BLANKLINE>
    ```text
    Be terse.
    ```
    <BLANKLINE>
    """
    pieces = [MARK, f"# {plain_line(document.title)}"]
    if document.system is not None:
        pieces += ["## System", fence(document.system, "text")]
    for node in document.history.path():
        pieces += _render_node(node)
    return "\n\n".join(pieces) + "\n"


def _render_node(node: Node) -> Iterator[str]:
    turn = node.turn
    assert turn is not None, "only the root has no turn"
    yield f"## {turn.role.capitalize()}"
    if node.reply is not None and node.reply.reasoning:
        yield "Reasoning:"
        yield fence(node.reply.reasoning, "text")
    if turn.text or not turn.images:
        yield fence(turn.text, "markdown" if turn.role == "assistant" else "text")
    for image in turn.images:
        yield f"Image: {code_span(_describe(image))}"
    if turn.is_partial:
        yield "Cut short: this is what had arrived."
    if node.reply is not None:
        yield " · ".join(code_span(fact) for fact in facts_of(node.reply))


def facts_of(reply: Reply) -> tuple[str, ...]:
    """Return the small print of a reply."""
    return facts_below(reply.facts())


def _describe(image: ImagePart) -> str:
    if image.data is None:
        return str(image.url)
    size = f"{image.width} x {image.height}, " if image.width else ""
    return f"{image.media_type}, {size}{len(image.data):,} bytes"
