"""The branches of a conversation as a figure: a line for each turn, and strokes that show where it branched.

Takes plain values; escapes every one of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from toprouter_nb.plain import shorten

from .cards import join_facts, render_note, render_root
from .fragment import Html, escape
from .style import style_sheet

SHOWN_TURNS = 300
# Branches within branches beyond these are drawn one above another.
MOST_LANES = 14
_TEXT_CHARACTERS = 160
_STEP, _HEIGHT, _MIDDLE = 16, 26, 13


def render_branches(turns: Sequence[Mapping[str, Any]]) -> Html:
    """Render a tree as a piece that stands alone.

    Parameters
    ----------
    turns
        For each turn, parents first and branch after branch: `role`, `text`, `facts` (short texts), `is_current`,
        `guides` (for each branching before it, whether another branch from there comes later), `is_branch` (a branch
        begins with it), `is_first` (nothing is before it), `is_end` (nothing follows).

    Examples
    --------
    >>> "Nothing asked yet" in render_branches([])
    True
    """
    if not turns:
        return render_root(render_note("Nothing asked yet."))
    style = f"<style>{style_sheet('branches.css')}</style>"
    rows = "".join(map(_row, turns[:SHOWN_TURNS]))
    hidden = len(turns) - SHOWN_TURNS
    more = render_note(f"{hidden:,} more turns are not shown; to_frame() has them all.") if hidden > 0 else ""
    return render_root(style, f'<ul class="tr-tree" aria-label="Branches">{rows}</ul>{more}')


def _row(turn: Mapping[str, Any]) -> str:
    state = "" if turn["is_current"] else " tr-aside"
    facts = join_facts(turn["facts"])
    text = escape(shorten(turn["text"].replace("\n", " "), _TEXT_CHARACTERS)) or '<span class="tr-none">no text</span>'
    aside = "" if turn["is_current"] else '<span class="tr-hidden">another branch: </span>'
    return (
        f'<li class="tr-step tr-{_role(turn["role"])}{state}">{_strokes(turn)}'
        f'<strong class="tr-role">{aside}{escape(turn["role"])}</strong> '
        f'<span class="tr-line" dir="auto">{text}</span> <span class="tr-facts">{facts}</span></li>'
    )


def _role(role: str) -> str:
    return role if role in ("system", "user", "assistant") else "other"


def _strokes(turn: Mapping[str, Any]) -> str:
    """Draw the dot of a turn, and the lines that lead to it and past it."""
    guides = turn["guides"][-MOST_LANES:]
    lane = len(guides)
    x = lane * _STEP + _STEP // 2
    lines = [_down(place, 0, _HEIGHT) for place, goes_on in enumerate(guides) if goes_on]
    if turn["is_branch"]:
        lines += [_down(lane - 1, 0, _MIDDLE), f"M{x - _STEP} {_MIDDLE}H{x}"]
    elif not turn["is_first"]:
        lines.append(_down(lane, 0, _MIDDLE))
    if not turn["is_end"]:
        lines.append(_down(lane, _MIDDLE, _HEIGHT))
    width = (lane + 1) * _STEP
    return (
        f'<svg width="{width}" height="{_HEIGHT}" viewBox="0 0 {width} {_HEIGHT}" aria-hidden="true">'
        f'<path d="{"".join(lines)}"/><circle cx="{x}" cy="{_MIDDLE}" r="4"/></svg>'
    )


def _down(lane: int, top: int, bottom: int) -> str:
    return f"M{lane * _STEP + _STEP // 2} {top}V{bottom}"
