"""JSON as HTML that folds: objects and lists open and close, long texts are cut and their size is told.

Takes parsed JSON, from whoever it comes; nothing of it can act in the page. Works without scripts.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toprouter_nb.plain import render_plain

from .fragment import Html, escape

# A request may hold megabytes of image, and an answer a list of any length: more than this nobody reads.
MOST_VALUES = 1_500
MOST_DEPTH = 12
TEXT_CHARACTERS = 400
_OPEN_DEPTH = 6
_SHORT_CHARACTERS = 60


def render_json(value: object, *, open_depth: int = _OPEN_DEPTH) -> Html:
    """Render a JSON value; the first levels are open.

    Parameters
    ----------
    value
        Dicts, lists, texts, numbers, booleans and None; anything else is shown as its text.
    open_depth
        How many levels are open at first.

    Examples
    --------
    >>> render_json({"a": 1})
    '<div class="tr-json">{ <span class="tr-b">&quot;a&quot;</span>: <span class="tr-n">1</span> }</div>'
    """
    return Html(f'<div class="tr-json">{_Folder(open_depth).draw(value, 0)}</div>')


class _Folder:
    """Draws one value, and stops in time."""

    def __init__(self, open_depth: int) -> None:
        self._open_depth = open_depth
        self._left = MOST_VALUES

    def draw(self, value: object, depth: int, name: str = "") -> str:
        self._left -= 1
        if isinstance(value, Mapping):
            pairs = [(f"{_name(key)}: ", item) for key, item in value.items()]
            return self._draw_many(value, pairs, depth, "{}", name)
        if isinstance(value, list | tuple):
            return self._draw_many(value, [("", item) for item in value], depth, "[]", name)
        return f"{name}{_leaf(value)}"

    def _draw_many(
        self,
        value: Mapping[Any, Any] | Sequence[Any],
        pairs: Sequence[tuple[str, object]],
        depth: int,
        ends: str,
        name: str,
    ) -> str:
        if not pairs:
            return f"{name}{ends}"
        if _is_short(value):
            inner = ", ".join(self.draw(item, depth, own) for own, item in pairs)
            return f"{name}{ends[0]} {inner} {ends[1]}"
        if depth >= MOST_DEPTH:
            return f'{name}{ends[0]} <span class="tr-more">too deep to show</span> {ends[1]}'
        state = " open" if depth < self._open_depth else ""
        count = f"{len(pairs):,} {'entries' if ends == '[]' else 'fields'}"
        rows = "".join(self._rows(pairs, depth))
        return (
            f'<details{state}><summary>{name}{ends[0]}<span class="tr-more"> {count} {ends[1]}</span></summary>'
            f'<div class="tr-inner">{rows}</div>{ends[1]}</details>'
        )

    def _rows(self, pairs: Sequence[tuple[str, object]], depth: int) -> Iterable[str]:
        for place, (name, item) in enumerate(pairs):
            if self._left <= 0:
                yield f'<div class="tr-more">{len(pairs) - place:,} more are not shown</div>'
                return
            yield f"<div>{self.draw(item, depth + 1, name)}</div>"


def _is_short(value: object) -> bool:
    """Say whether a value of plain entries fits on a line."""
    items = list(value.values()) if isinstance(value, Mapping) else value
    if not isinstance(items, list | tuple) or len(items) > 6:  # noqa: PLR2004 - more are better read one below another
        return False
    if any(isinstance(item, Mapping | list | tuple) and item for item in items):
        return False
    if any(isinstance(item, str) and len(item) > _SHORT_CHARACTERS for item in items):
        return False
    return len(json.dumps(value, default=str)) <= _SHORT_CHARACTERS


def _name(key: object) -> str:
    return f'<span class="tr-b">{escape(json.dumps(render_plain(str(key))[:200], ensure_ascii=False))}</span>'


def _leaf(value: object) -> str:
    if isinstance(value, str):
        shown = value[:TEXT_CHARACTERS]
        if value.startswith("data:") and ";base64," in value[:60]:
            shown = value[:60]
        text = json.dumps(render_plain(shown), ensure_ascii=False)
        more = len(value) - len(shown)
        cut = f' <span class="tr-more">and {more:,} more characters{_weight(value)}</span>' if more else ""
        return f'<span class="tr-s">{escape(text)}</span>{cut}'
    if isinstance(value, bool) or value is None:
        return f'<span class="tr-k">{json.dumps(value)}</span>'
    return f'<span class="tr-n">{escape(str(value)[:100])}</span>'


def _weight(value: str) -> str:
    head, _, encoded = value[:60].partition(";base64,")
    if not encoded:
        return ""
    size = (len(value) - len(head) - len(";base64,")) * 3 // 4
    return f" (an image of about {size:,} bytes)"
