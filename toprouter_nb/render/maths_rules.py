r"""Finds formulas in a Markdown text: `$…$`, `\(…\)`, `$$…$$`, `\[…\]` and `\begin{align}…`; prices are no formulas.

Knows nothing of how a formula is drawn: it makes tokens of type `maths_inline` and `maths_block`.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

# How far a closing mark is looked for: keeps a text full of opening marks linear.
INLINE_CHARACTERS = 1_000
_CLOSERS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_ENVIRONMENT = re.compile(r"\\begin\{((?:align|equation|gather|multline|flalign)\*?)\}")
# "$5 and 10$" is money: digits, then words, and nothing that only a formula has.
_PRICE = re.compile(r"\d[^\\^_=+<>{}]*\s[^\\^_=+<>{}]*")


def add_maths(parser: "MarkdownIt") -> None:
    """Teach a parser to find formulas."""
    parser.inline.ruler.before("escape", "maths_inline", _inline)
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "maths_block", _block, {"alt": ends})


def _inline(state: "StateInline", silent: bool) -> bool:  # noqa: FBT001 - the parser's own signature
    found = _dollars(state) if state.src[state.pos] == "$" else _brackets(state)
    if found is None:
        return False
    source, end, is_block = found
    if not silent:
        token = state.push("maths_inline", "math", 0)
        token.content = source
        token.markup = "display" if is_block else "inline"
    state.pos = end
    return True


def _brackets(state: "StateInline") -> tuple[str, int, bool] | None:
    r"""Read `\(…\)`, `\[…\]` or `$$…$$` at the current place."""
    start = state.pos + 2
    opener = state.src[state.pos : start]
    closer = _CLOSERS.get(opener)
    if closer is None:
        return None
    end = state.src.find(closer, start, min(state.posMax, start + INLINE_CHARACTERS))
    source = state.src[start:end]
    return (source, end + 2, opener != "\\(") if end >= 0 and source.strip() else None


def _dollars(state: "StateInline") -> tuple[str, int, bool] | None:
    """Read `$…$` at the current place, by pandoc's rules and one more: the closing mark ends a word."""
    if state.src.startswith("$$", state.pos):
        return _brackets(state)
    text, start = state.src, state.pos + 1
    before = text[state.pos - 1] if state.pos else " "
    if start >= state.posMax or text[start].isspace() or before.isalnum() or before in "$\\":
        return None
    end = _closing_dollar(text, start, min(state.posMax, start + INLINE_CHARACTERS))
    if end is None or _PRICE.fullmatch(text[start:end]):
        return None
    return text[start:end], end + 1, False


def _closing_dollar(text: str, start: int, limit: int) -> int | None:
    """Find the first `$` that is not escaped; None when it cannot close a formula."""
    end = text.find("$", start, limit)
    while end > 0 and text[end - 1] == "\\":
        end = text.find("$", end + 1, limit)
    if end <= start or text[end - 1].isspace():
        return None
    return None if text[end + 1 : end + 2].isalnum() else end


def _block(state: "StateBlock", line: int, last: int, silent: bool) -> bool:  # noqa: FBT001 - the parser's own signature
    """Claim the lines from an opening mark to its closing one, or to a blank line where there is none."""
    if state.is_code_block(line):
        return False
    marks = _marks(state.src, state.bMarks[line] + state.tShift[line])
    if marks is None:
        return False
    if silent:
        return True
    text, after = _claim(state, line, last, marks)
    state.line = after
    _push(state, line, text, marks)
    return True


def _marks(text: str, place: int) -> tuple[str, str] | None:
    opener = text[place : place + 2]
    if opener in ("$$", "\\["):
        return opener, _CLOSERS[opener]
    match = _ENVIRONMENT.match(text, place)
    return (match[0], f"\\end{{{match[1]}}}") if match else None


def _claim(state: "StateBlock", line: int, last: int, marks: tuple[str, str]) -> tuple[str, int]:
    """Return the claimed text and the line after it."""
    lines: list[str] = []
    skip = len(marks[0])
    for number in range(line, last):
        start, end = state.bMarks[number] + state.tShift[number], state.eMarks[number]
        if start >= end or state.sCount[number] < state.blkIndent:
            return "\n".join(lines), number
        lines.append(state.src[start:end])
        if state.src.find(marks[1], start + skip, end) >= 0:
            return "\n".join(lines), number + 1
        skip = 0
    return "\n".join(lines), last


def _push(state: "StateBlock", line: int, text: str, marks: tuple[str, str]) -> None:
    """Make a formula of the claimed text, or a paragraph where more stands beside it or the end is missing."""
    opener, closer = marks
    body = text.strip()
    if len(body) > len(opener) + len(closer) and body.find(closer, len(opener)) == len(body) - len(closer):
        token = state.push("maths_block", "math", 0)
        token.content = body if opener.startswith("\\begin") else body[len(opener) : -len(closer)]
        token.map = [line, state.line]
        return
    token = state.push("paragraph_open", "p", 1)
    token.map = [line, state.line]
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = body, [line, state.line], []
    state.push("paragraph_close", "p", -1)
