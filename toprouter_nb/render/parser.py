"""The one Markdown parser: CommonMark without raw HTML, plus tables, strikes, formulas and our own rules.

Makes tokens, and clean HTML of tokens; how much text may come in is bounded in `markdown`.
"""

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import table

from toprouter_nb.plain import render_plain

from . import links
from .cleaner import clean
from .fragment import Html
from .maths_rules import add_maths
from .renderer import add_spelling
from .rules import bound_paragraphs, finish_tokens

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

# Short rows are filled up to the width of a table's head; beyond this many cells more than characters it is no table.
TABLE_CELLS = 100
_PICTURE = re.compile(r"data:image/[a-z.+-]+;base64,[A-Za-z0-9+/=]+", re.IGNORECASE)


def parse_tokens(text: str, env: dict[str, Any]) -> "list[Token]":
    """Return the tokens of a text; `env` carries the reference definitions and checked pictures between calls."""
    return _parser().parse(text, env)


def spell_tokens(tokens: "Sequence[Token]", env: dict[str, Any]) -> Html:
    """Return tokens as clean HTML; entities that hid an acting character are shown as escapes."""
    parser = _parser()
    spelled = parser.renderer.render(tokens, parser.options, env)
    return Html(render_plain(clean(spelled, env.get("pictures", frozenset()))))


@functools.cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.validateLink = _is_allowed  # type: ignore[assignment,method-assign]
    made.normalizeLink = functools.partial(_normalize, made.normalizeLink)  # type: ignore[method-assign]
    made.block.ruler.at("table", _bounded_table, {"alt": ["paragraph", "reference"]})
    made.core.ruler.before("inline", "bound_paragraphs", bound_paragraphs)
    made.core.ruler.push("finish_tokens", finish_tokens)
    add_maths(made)
    add_spelling(made)
    return made


def _is_allowed(address: str) -> bool:
    """Let a link or an image be one; what is refused stays in the text as it was written."""
    # Bytes of a picture pass here, and are checked when it is drawn.
    return links.is_safe(address) or address[:11].lower() == "data:image/"


def _normalize(usual: Callable[[str], str], address: str) -> str:
    """Skip the usual care for a picture's bytes, which would take seconds."""
    return address if _PICTURE.fullmatch(address) else usual(address)


def _bounded_table(state: "StateBlock", line: int, last: int, silent: bool) -> bool:  # noqa: FBT001 - the parser's own signature
    """Refuse a table whose empty cells would be far more than its text."""
    if not table(state, line, last, True):  # noqa: FBT003 - the parser's own signature
        return False
    columns = state.src.count("|", state.bMarks[line], state.eMarks[line]) + 1
    cells = written = 0
    for number in range(line, last):
        if state.isEmpty(number):
            break
        cells += columns
        written += state.eMarks[number] - state.bMarks[number]
        if cells > written + TABLE_CELLS:
            return False
    return silent or table(state, line, last, False)  # noqa: FBT003 - the parser's own signature
