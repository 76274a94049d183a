"""Source code as coloured spans: a dozen classes of our own, from the tokens of pygments.

Knows nothing of Markdown or themes; the colours are in style.css.
"""

import functools
import html
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pygments.token import _TokenType

# Code beyond these is shown plain. The lexers are regular expressions, and on hostile text many of them need time that
# grows with the square of a line, or of a run of empty lines; ordinary code takes about 1 s of CPU for a megabyte.
CODE_CHARACTERS = 20_000
CODE_SECONDS = 0.1
LINE_CHARACTERS = 1_000
EMPTY_LINES = 40
# Only languages people meet.
_LANGUAGES = """
    bash c console cpp csharp css diff dockerfile go haskell html http ini java javascript json julia kotlin latex lua
    make markdown matlab perl php powershell pycon python r ruby rust scala sql swift toml typescript xml yaml
"""
LANGUAGES = frozenset(_LANGUAGES.split())
_NICKNAMES = {
    "c++": "cpp", "cs": "csharp", "docker": "dockerfile", "golang": "go", "ipython": "python", "jl": "julia",
    "js": "javascript", "jsonc": "json", "jsx": "javascript", "kt": "kotlin", "makefile": "make", "md": "markdown",
    "patch": "diff", "ps1": "powershell", "py": "python", "python3": "python", "rb": "ruby", "rs": "rust", "sh": "bash",
    "shell": "bash", "tex": "latex", "ts": "typescript", "tsx": "typescript", "yml": "yaml", "zsh": "bash",
}  # fmt: skip
# The first name that a token's own name begins with decides its class.
_CLASSES = (
    ("Token.Comment", "tr-c"),
    ("Token.Keyword", "tr-k"),
    ("Token.Operator.Word", "tr-k"),
    ("Token.Literal.String", "tr-s"),
    ("Token.Literal.Number", "tr-n"),
    ("Token.Name.Function", "tr-f"),
    ("Token.Name.Class", "tr-f"),
    ("Token.Name.Builtin", "tr-b"),
    ("Token.Name.Exception", "tr-b"),
    ("Token.Name.Decorator", "tr-m"),
    ("Token.Name.Tag", "tr-k"),
    ("Token.Name.Attribute", "tr-b"),
    ("Token.Generic.Heading", "tr-k"),
    ("Token.Generic.Subheading", "tr-f"),
    ("Token.Generic.Inserted", "tr-i"),
    ("Token.Generic.Deleted", "tr-d"),
    ("Token.Generic.Prompt", "tr-c"),
)
CLASSES = frozenset(name for _, name in _CLASSES)


def language(info: str) -> str:
    """Return the lexer's name for the first word after a fence; "" when it is not one of `LANGUAGES`.

    Examples
    --------
    >>> language("py title=x"), language("klingon")
    ('python', '')
    """
    word = info.strip().partition(" ")[0].strip("{}.").lower()
    name = _NICKNAMES.get(word, word)
    return name if name in LANGUAGES else ""


# The same code is drawn again and again while the text after it grows.
@functools.lru_cache(maxsize=64)
def render_code(code: str, name: str) -> str:
    """Return `code` as escaped text with spans; plain where the language is unknown or the code too long.

    Examples
    --------
    >>> render_code("x = 1", "python")
    'x = <span class="tr-n">1</span>'
    """
    plain = html.escape(code, quote=False)
    if not name or not _is_usual(code):
        return plain
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415 - a lazy edge: most texts hold no code

    lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    # CPU of this thread, not the clock: on a busy machine code would lose its colours for no fault of its own.
    drawn = _draw(lexer.get_tokens(code), time.thread_time() + CODE_SECONDS)
    return plain if drawn is None else drawn


def _is_usual(code: str) -> bool:
    if len(code) > CODE_CHARACTERS or max(map(len, code.split("\n"))) > LINE_CHARACTERS:
        return False
    return "\n" * EMPTY_LINES not in code.replace(" ", "").replace("\t", "")


def _draw(tokens: "Iterable[tuple[_TokenType, str]]", end: float) -> str | None:
    """Join neighbours of one class, so that the result stays small; None when the time is up."""
    spans, current, pending = [], "", ""
    for kind, text in tokens:
        if time.thread_time() > end:
            return None
        name = _class_of(kind)
        if name != current:
            spans.append(_span(current, pending))
            current, pending = name, ""
        pending += text
    return "".join([*spans, _span(current, pending)])


def _span(name: str, text: str) -> str:
    escaped = html.escape(text, quote=False)
    return f'<span class="{name}">{escaped}</span>' if name else escaped


@functools.cache
def _class_of(kind: "_TokenType") -> str:
    name = str(kind)
    return next((known for start, known in _CLASSES if name.startswith(start)), "")
