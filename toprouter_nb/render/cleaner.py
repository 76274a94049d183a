"""The allow-list that every piece of HTML made from untrusted text passes last.

Knows nothing of Markdown: whatever spelled the HTML, only these tags, attributes and classes come out.
"""

import functools
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from . import highlight, maths

if TYPE_CHECKING:
    import nh3

# Gets tag, attribute and value; returns the value to keep, or None.
_Keep = Callable[[str, str, str], str | None]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _words("blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul")
_TEXT = _BLOCKS | _words("a br code div em hr li s span strong tbody td th thead tr")
_MATHS = _words(
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow mspace msqrt mstyle msub "
    "msubsup msup mtable mtd mtext mtr munder munderover"
)
_SWITCHES = {name: {"true", "false"} for name in ("displaystyle", "accent", "accentunder", "stretchy", "symmetric")}
_LENGTHS = {"lspace", "rspace", "width", "height", "depth", "minsize", "maxsize", "voffset"}
_HEADINGS = {f"h{level}": {"jp-toc-ignore"} for level in range(1, 7)}
# Ours only: the classes of a page that shows it could make a text look like a part of that page.
_CLASSES = {
    **_HEADINGS,
    "code": {"tr-source"},
    "div": {"tr-code", "tr-maths", "tr-table"},
    "img": {"tr-picture"},
    "mtd": set(maths.CLASSES),
    "span": {"tr-box", "tr-formula", "tr-host", "tr-label", "tr-language", "tr-plain", *highlight.CLASSES},
    "td": {"tr-right", "tr-center", "tr-left"},
    "th": {"tr-right", "tr-center", "tr-left"},
}


def clean(html: str, pictures: AbstractSet[str] = frozenset()) -> str:
    """Return `html` without anything that is not on the list.

    Parameters
    ----------
    html
        HTML of any origin.
    pictures
        The `data:` addresses that may be shown as images, checked before; without any, no image passes.

    Examples
    --------
    >>> clean('<p onclick="x()">a<img src="x"><script>b</script></p>')
    '<p>a</p>'
    """
    # The usual case has a cleaner made once; pictures need one of their own, which knows their addresses.
    if not pictures:
        return _cleaner().clean(html)

    def keep(tag: str, name: str, value: str) -> str | None:
        is_shown = value in pictures if tag == "img" and name == "src" else not value.lower().startswith("data:")
        return value if is_shown else None

    return _make_cleaner(_TEXT | _MATHS | {"img"}, {"data"}, keep).clean(html)


@functools.cache
def _cleaner() -> "nh3.Cleaner":
    return _make_cleaner(_TEXT | _MATHS, set(), None)


def _make_cleaner(
    tags: AbstractSet[str], schemes: set[str], keep: Callable[[str, str, str], str | None] | None
) -> "nh3.Cleaner":
    import nh3  # noqa: PLC0415 - a lazy edge: importing the package cleans nothing

    attributes = {tag: {"mathvariant", *_LENGTHS} for tag in _MATHS}
    attributes |= {"a": {"href", "title"}, "ol": {"start"}, "span": {"title"}, "img": {"alt", "src"}}
    return nh3.Cleaner(
        tags=set(tags),
        attributes=attributes,
        attribute_filter=keep,
        tag_attribute_values=_values(),
        # One only: nh3 writes several in an order that changes from process to process.
        set_tag_attribute_values={"a": {"target": "_blank"}},
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"} | schemes,
        # A relative address would lead into the Jupyter server itself, with the reader's rights.
        url_relative="deny",
    )


def _values() -> dict[str, dict[str, set[str]]]:
    """List the attributes that may take one of a few values."""
    values = {tag: {**_SWITCHES, "scriptlevel": {"0", "1", "2"}} for tag in _MATHS}
    values["a"] = {"referrerpolicy": {"no-referrer"}}
    values["math"] |= {"display": {"block", "inline"}}
    values["mo"] |= {"form": {"prefix", "infix", "postfix"}}
    values["mfrac"] |= {"linethickness": {"0"}}
    values["menclose"] |= {"notation": {"box", "updiagonalstrike", "downdiagonalstrike", "horizontalstrike"}}
    values |= {tag: {"dir": {"auto", "ltr"}} for tag in _BLOCKS}
    return values
