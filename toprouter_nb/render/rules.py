"""What the reader of a Markdown text gets beyond the syntax: honest links, labelled images, check boxes, directions.

Works on the parser's tokens and knows nothing of HTML; `renderer` spells the new token types.
"""

import re
from typing import TYPE_CHECKING

from . import links
from .pictures import check_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

# Above these a paragraph is shown as plain text: what is longer is no prose, and a mark costs far more than a letter.
PARAGRAPH_CHARACTERS = 20_000
PARAGRAPH_MARKS = 600
# The same for all paragraphs of a text; an opening bracket costs as much as six other marks.
DOCUMENT_MARKS = 40_000
_BRACKET_WEIGHT = 6
_MARKS = re.compile(r"[\[\]!*_~`<&$\\]")
_PICTURE_DATA = re.compile(r"data:image/[a-z.+-]+;base64,[A-Za-z0-9+/=]*")
_BARE = re.compile(r"\bhttps?://[^\s<>\"'`\\]+", re.IGNORECASE)
_CLASSED = frozenset({"heading_open", "td_open", "th_open"})
_BOX = re.compile(r"\[([ xX])\] ")


def bound_paragraphs(state: "StateCore") -> None:
    """Take the text of hostile or endless paragraphs as it is, before the inline rules see it."""
    left = DOCUMENT_MARKS
    for token in state.tokens:
        if token.type == "inline":
            marks = _count_marks(token.content)
            if marks > min(left, PARAGRAPH_MARKS) or not _is_short(token.content):
                token.type = "plain"
            else:
                left -= marks


def _count_marks(text: str) -> int:
    return sum(1 for _ in _MARKS.finditer(text)) + (_BRACKET_WEIGHT - 1) * text.count("[")


def _is_short(text: str) -> bool:
    return len(text) <= PARAGRAPH_CHARACTERS or len(_PICTURE_DATA.sub("", text)) <= PARAGRAPH_CHARACTERS


def finish_tokens(state: "StateCore") -> None:
    """Rewrite links, images and check boxes, and let each top-level block find its own direction."""
    previous = ""
    for token in state.tokens:
        if token.nesting == 1 and token.level == 0:
            token.attrSet("dir", "auto")
        if token.type in _CLASSED:
            _name_class(token)
        if token.children:
            if previous == "list_item_open":
                _mark_box(token.children)
            token.children = list(_rewrite(state, token.children))
        if token.type != "paragraph_open":
            previous = token.type


def _name_class(token: "Token") -> None:
    """Keep a reply's headings out of the notebook's contents, and say alignment without a style."""
    if token.type == "heading_open":
        token.attrSet("class", "jp-toc-ignore")
    elif "style" in token.attrs:
        token.attrs = {"class": "tr-" + str(token.attrs["style"]).removeprefix("text-align:")}


def _mark_box(children: "list[Token]") -> None:
    match = _BOX.match(children[0].content) if children[0].type == "text" else None
    if match:
        children[0].content = children[0].content[match.end() :]
        box = children[0].copy(type="box", content="☐" if match[1] == " " else "☑")
        children.insert(0, box)


def _rewrite(state: "StateCore", children: "list[Token]") -> "Iterator[Token]":
    """Yield the tokens of one paragraph with every address made honest."""
    address, shown = "", ""
    for token in children:
        shown += _label(token) if token.type == "image" else token.content
        if token.type == "link_open":
            address, shown = _open_link(token), ""
            if address:
                yield token
        elif token.type == "link_close":
            if address:
                yield token
                yield from _host_of(token, address, shown)
            address = ""
        elif token.type == "image":
            yield from _picture(state, token, is_inside=bool(address))
        elif token.type == "text" and not address:
            yield from _bare_links(state, token)
        else:
            yield token


def _open_link(token: "Token") -> str:
    """Return where a link leads; "" for an address that a picture may have but a link may not."""
    address = str(token.attrGet("href"))
    token.attrs = _link_attributes(address)
    return address if links.is_safe(address) else ""


def _host_of(token: "Token", address: str, shown: str) -> "Iterator[Token]":
    """Name the true host behind a link whose text reads like another address."""
    if links.misleads(shown, address):
        yield token.copy(type="host", tag="", nesting=0, content=links.host(address) or address)


def _label(token: "Token") -> str:
    words = "".join(child.content for child in token.children or [])
    return f"Image: {words or 'no description'}"


def _picture(state: "StateCore", token: "Token", *, is_inside: bool) -> "Iterator[Token]":
    """Show checked bytes; turn any other image into a link with a label, which loads nothing by itself."""
    address, label = str(token.attrGet("src")), _label(token)
    words = token.copy(type="text", content=label, children=None)
    if links.is_safe(address):
        if is_inside:
            yield words
        else:
            yield from _link(token, address, words)
            yield token.copy(type="host", content=links.host(address) or address, children=None)
    elif checked := check_address(address):
        state.env.setdefault("pictures", set()).add(checked)
        yield token.copy(type="picture", content=label, meta={"address": checked}, children=None)
    else:
        yield token.copy(type="label", content=f"{label} (not a picture that can be shown)", children=None)


def _link(token: "Token", address: str, words: "Token") -> "Iterator[Token]":
    attributes = _link_attributes(address)
    yield token.copy(type="link_open", tag="a", nesting=1, attrs=attributes, content="", children=None)
    yield words
    yield token.copy(type="link_close", tag="a", nesting=-1, attrs={}, content="", children=None)


def _link_attributes(address: str) -> dict[str, str | int | float]:
    """Give a link its address, also as a hint; JupyterLab drops the usual `noreferrer`, so it is said twice."""
    return {"href": address, "title": address, "referrerpolicy": "no-referrer"}


def _bare_links(state: "StateCore", token: "Token") -> "Iterator[Token]":
    """Make links of the addresses that stand in a text as they are."""
    text, place = token.content, 0
    for match in _BARE.finditer(text):
        bare = links.trim(match[0])
        address = state.md.normalizeLink(bare)
        if not links.host(address) or not state.md.validateLink(address):
            continue
        yield token.copy(content=text[place : match.start()])
        yield from _link(token, address, token.copy(content=bare))
        yield from _host_of(token, address, bare)
        place = match.start() + len(bare)
    yield token.copy(content=text[place:]) if place else token
