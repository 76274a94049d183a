"""A request looked into, as HTML: what may go wrong, the room it takes, its JSON, the same as curl, and the answer.

Takes plain values; escapes every one of them. Nothing here runs, fetches or sends.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .arrivals import render_arrivals
from .cards import render_facts, render_note, render_root, render_said
from .facts import facts_below
from .folds import render_json
from .fragment import Html, escape
from .style import style_sheet

SHOWN_TURNS = 40
_LEVELS = {"error": "Will fail", "warning": "Take care", "note": "Note"}


def render_inside(
    *,
    facts: Sequence[str],
    request: Mapping[str, Any],
    curl: str,
    turns: Sequence[tuple[str, str, int]],
    prompt_tokens: int,
    context_tokens: int | None,
    counted_tokens: int | None,
    findings: Iterable[tuple[str, str, str]],
    answer: Mapping[str, Any] | None = None,
    arrivals: Sequence[tuple[float, int]] = (),
) -> Html:
    """Render one request as a piece that stands alone.

    Parameters
    ----------
    facts
        Its head line: the model first.
    request, curl
        Its JSON, and the same call for a shell.
    turns
        For each turn the role, the beginning of the text, and the estimated tokens.
    prompt_tokens, context_tokens, counted_tokens
        The estimate, what the model takes (None = not known), and what the server counted (None = it did not).
    findings
        Level, about, text.
    answer
        What `render_reply` takes, and `raw`, the response; None where there is none.
    arrivals
        As `render_arrivals` takes them.

    Examples
    --------
    >>> shown = render_inside(facts=["m"], request={"a": "<b>"}, curl="curl", turns=[], prompt_tokens=3,
    ...                       context_tokens=None, counted_tokens=None, findings=[])
    >>> "<b>" in shown
    False
    """
    style = f"<style>{style_sheet('inside.css')}</style>"
    pieces = [
        _head(facts),
        *(_finding(*finding) for finding in findings),
        _room(turns, prompt_tokens, context_tokens, counted_tokens),
        _fold("Request", render_json(request), is_open=True),
        _fold("The same as curl", Html(f"<pre>{escape(curl)}</pre>")),
    ]
    if answer is not None:
        pieces.append(_answer(answer, arrivals))
    return render_root(style, f'<div class="tr-inside">{"".join(pieces)}</div>')


def _head(facts: Sequence[str]) -> str:
    first, *rest = map(escape, facts)
    return f'<div class="tr-head"><strong>{first}</strong>{"".join(f"<span>{fact}</span>" for fact in rest)}</div>'


def _finding(level: str, about: str, text: str) -> str:
    name = level if level in _LEVELS else "note"
    word = f'<span class="tr-level">{_LEVELS[name]}: {escape(about)}.</span>'
    return f'<div class="tr-finding tr-{name}">{word} {escape(text)}</div>'


def _room(
    turns: Sequence[tuple[str, str, int]], prompt_tokens: int, context_tokens: int | None, counted: int | None
) -> str:
    """Draw how the turns share the prompt, and how much of the context window it takes."""
    hidden = len(turns) - SHOWN_TURNS
    more = render_note(f"{hidden:,} earlier turns are not listed.") if hidden > 0 else ""
    whole = max(prompt_tokens, 1)
    rows = "".join(_row(*turn, whole) for turn in turns[-SHOWN_TURNS:])
    window = f" of {context_tokens:,}: {_percent(prompt_tokens / context_tokens)}" if context_tokens else ""
    known = f"; the server counted {counted:,}" if counted is not None else ""
    title = f"Prompt: about {prompt_tokens:,} tokens{window}, an estimate{known}"
    bar = _bar(min(prompt_tokens / context_tokens, 1), "tr-window") if context_tokens else ""
    return f'<div class="tr-room"><div>{escape(title)}</div>{bar}{more}<div class="tr-turns">{rows}</div></div>'


def _row(role: str, text: str, tokens: int, whole: int) -> str:
    share = tokens / whole
    return (
        f'<span class="tr-role">{escape(role)}</span><span class="tr-count">{tokens:,}</span>'
        f'{_bar(share, "tr-share")}<span class="tr-beginning">{escape(text)}</span>'
    )


def _bar(share: float, name: str) -> str:
    return f'<span class="{name}" aria-hidden="true"><span style="width:{max(share, 0):.1%}"></span></span>'


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "less than 1%"  # noqa: PLR2004 - of a hundred


def _fold(title: str, body: str, *, is_open: bool = False) -> str:
    state = " open" if is_open else ""
    return f'<details class="tr-part"{state}><summary>{escape(title)}</summary>{body}</details>'


def _answer(answer: Mapping[str, Any], arrivals: Sequence[tuple[float, int]]) -> str:
    said = render_said(answer["text"]) if answer["text"] else render_note("No text.")
    untraced = "" if arrivals else render_note("Set chat.trace = True before asking to see when each chunk came.")
    body = f"{said}{render_arrivals(arrivals)}{untraced}{render_facts(facts_below(answer))}"
    return _fold("Answer", body, is_open=True) + _fold("Response", render_json(answer["raw"]))
