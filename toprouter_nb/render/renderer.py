"""Spells the parser's tokens as HTML, where ours differ from the usual ones.

Knows the tokens only; whatever it spells is cleaned afterwards by `cleaner`.
"""

import html
import time
from typing import TYPE_CHECKING, Any

from .highlight import language, render_code
from .maths import render_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

LANGUAGE_CHARACTERS = 20
# All code of one text; what comes after it is shown without colours.
CODE_SECONDS = 0.5


def add_spelling(parser: "MarkdownIt") -> None:
    """Set how code, tables, formulas, pictures, check boxes and hosts are spelled."""
    for name, spell in _SPELLINGS.items():
        parser.add_render_rule(name, spell)


def _at(function: Any) -> Any:
    """Let a function of one token be a render rule, which gets all tokens and a place."""

    def rule(
        _renderer: "RendererProtocol", tokens: "Sequence[Token]", place: int, _options: "OptionsDict", _env: "EnvType"
    ) -> str:
        return str(function(tokens[place]))

    return rule


def _fence(
    _renderer: "RendererProtocol", tokens: "Sequence[Token]", place: int, _options: "OptionsDict", env: "EnvType"
) -> str:
    token = tokens[place]
    word = token.info.strip().partition(" ")[0][:LANGUAGE_CHARACTERS]
    label = f'<span class="tr-language">{html.escape(word)}</span>' if word else ""
    begin, spent = time.thread_time(), env.get("code_seconds", 0.0)
    code = render_code(token.content, language(token.info) if spent < CODE_SECONDS else "")
    env["code_seconds"] = spent + time.thread_time() - begin
    return f'<div class="tr-code">{label}<pre dir="ltr"><code>{code}</code></pre></div>\n'


def _plain(token: "Token") -> str:
    return f'<span class="tr-plain">{html.escape(token.content)}</span>'


def _maths_block(token: "Token") -> str:
    return f'<div class="tr-maths">{render_formula(token.content, is_block=True)}</div>\n'


def _maths_inline(token: "Token") -> str:
    drawn = render_formula(token.content, is_block=token.markup == "display")
    title = html.escape(token.content.strip())
    return f'<span class="tr-formula" title="{title}">{drawn}</span>'


def _picture(token: "Token") -> str:
    return f'<img class="tr-picture" alt="{html.escape(token.content)}" src="{html.escape(token.meta["address"])}">'


_SPELLINGS = {
    "fence": _fence,
    "code_block": _fence,
    "plain": _at(_plain),
    "maths_block": _at(_maths_block),
    "maths_inline": _at(_maths_inline),
    "picture": _at(_picture),
    "box": _at(lambda token: f'<span class="tr-box">{token.content}</span> '),
    "host": _at(lambda token: f' <span class="tr-host">({html.escape(token.content)})</span>'),
    "label": _at(lambda token: f'<span class="tr-label">{html.escape(token.content)}</span>'),
    "table_open": _at(lambda _: '<div class="tr-table"><table dir="auto">\n'),
    "table_close": _at(lambda _: "</table></div>\n"),
}
