"""Turns, replies and transcripts as self-contained HTML: what a repr returns and a live view grows.

Takes text, numbers and bytes, or anything shaped like a turn; escapes every one of them. Shows nothing itself.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from toprouter_nb.plain import render_plain, shorten

from . import links
from .cleaner import clean
from .facts import reply_facts
from .fragment import Html, escape
from .markdown import render_markdown
from .pictures import data_address
from .style import style_tag

# A longer prompt, reasoning or transcript is cut in the view, with a note.
SAID_CHARACTERS = 20_000
TRANSCRIPT_TURNS = 40
_ROLES = frozenset({"system", "user", "assistant"})


class PartLike(Protocol):
    """A text part (`text`) or an image part (`url`, or `data` with `media_type`, `width`, `height`, `note`)."""

    @property
    def type(self) -> str:
        """Either "text" or "image"."""


class TurnLike(Protocol):
    """What a turn offers a view."""

    @property
    def role(self) -> str:
        """Who speaks."""

    @property
    def parts(self) -> Sequence[PartLike]:
        """What is said."""

    @property
    def is_partial(self) -> bool:
        """True where it was cut short."""


def render_root(*pieces: str) -> Html:
    """Wrap pieces of ours for showing: with the style, and closed to page-wide formula scripts.

    Without the two `_ignore` classes JupyterLab's MathJax would read "$5 and $10" as a formula, and run macros.
    """
    return Html(f'<div class="tr-root mathjax_ignore tex2jax_ignore">{style_tag()}{"".join(pieces)}</div>')


def render_text(text: str) -> Html:
    """Render an answer's Markdown in its block."""
    return Html(f'<div class="tr-text">{render_markdown(text)}</div>') if text else render_note("No text.")


def render_said(text: str) -> Html:
    """Render text as it was typed, line for line, without Markdown."""
    cut = (
        render_note(f"Cut after {SAID_CHARACTERS:,} of {len(text):,} characters.")
        if len(text) > SAID_CHARACTERS
        else ""
    )
    return Html(f'<div class="tr-said" dir="auto">{escape(text[:SAID_CHARACTERS])}</div>{cut}')


def render_note(text: str) -> Html:
    """Render a remark of our own in small print."""
    return Html(f'<p class="tr-note">{escape(text)}</p>')


def render_alert(text: str) -> Html:
    """Render what went wrong, so that it is seen and read out."""
    return Html(f'<div class="tr-alert" role="alert" dir="auto">{escape(shorten(text, 2_000))}</div>')


def render_mark(text: str) -> Html:
    """Render the mark of an answer that was cut short."""
    return Html(f'<p class="tr-note"><span class="tr-mark">{escape(text)}</span></p>')


def render_reasoning(text: str, *, is_open: bool = False) -> Html:
    """Render a model's reasoning in a fold; "" for none."""
    if not text:
        return Html("")
    state = " open" if is_open else ""
    return Html(f'<details class="tr-reasoning"{state}><summary>Reasoning</summary>{render_said(text)}</details>')


def render_facts(facts: Iterable[str]) -> Html:
    """Render short facts in one line that wraps."""
    return Html(f'<div class="tr-foot">{join_facts(facts)}</div>')


def join_facts(facts: Iterable[str]) -> Html:
    """Render short facts side by side; the style sets them apart, and where none is taken a dot does."""
    return Html('<span class="tr-dot"> · </span>'.join(f"<span>{escape(fact)}</span>" for fact in facts))


def render_picture(data: bytes, *, caption: str = "") -> Html:
    """Render an encoded image as a thumbnail; a label where the bytes are no picture that can be shown."""
    address = data_address(data)
    small = f'<div class="tr-caption">{escape(caption)}</div>' if caption else ""
    if address is None:
        return Html(
            f'<div class="tr-label">Image of {len(data):,} bytes (not a picture that can be shown)</div>{small}'
        )
    return Html(f'<img class="tr-picture" alt="{escape(caption or "image")}" src="{address}">{small}')


def render_picture_link(address: str) -> Html:
    """Render a remote image as a link with its host; nothing is fetched."""
    if not links.is_safe(address):
        return Html(f'<div class="tr-label">Image: {escape(shorten(address, 200))}</div>')
    shown = escape(address)
    # Through the allow-list, too: no HTML with an address in it is made past it.
    link = clean(f'<a href="{shown}" title="{shown}" referrerpolicy="no-referrer">Image</a>')
    return Html(f'<div>{link} <span class="tr-host">({escape(links.host(address))})</span></div>')


def render_turn(role: str, parts: Iterable[PartLike], *, is_partial: bool = False, reasoning: str = "") -> Html:
    """Render one turn: Markdown where a model speaks, after its reasoning in a fold; text as typed otherwise.

    Examples
    --------
    >>> render_turn("user", [])
    '<div class="tr-turn tr-user"><strong class="tr-role">user</strong></div>'
    """
    spoken = "".join(_render_part(part, is_answer=role == "assistant") for part in parts)
    mark = render_mark("Cut short: this is what had arrived.") if is_partial else ""
    name = f" tr-{role}" if role in _ROLES else ""
    fold = render_reasoning(reasoning)
    return Html(f'<div class="tr-turn{name}"><strong class="tr-role">{escape(role)}</strong>{fold}{spoken}{mark}</div>')


def render_turn_card(role: str, parts: Iterable[PartLike], *, is_partial: bool = False) -> Html:
    """Render one turn as a piece that stands alone."""
    return render_root(render_turn(role, parts, is_partial=is_partial))


def render_turn_part(part: PartLike) -> Html:
    """Draw one part by itself: a picture, or a link to it."""
    return render_root(_render_part(part, is_answer=False))


def render_transcript(turns: Sequence[TurnLike], facts: Iterable[str] = ()) -> Html:
    """Render a conversation: its last 40 turns, and the facts about it below.

    Examples
    --------
    >>> "No turns yet" in render_transcript([])
    True
    """
    hidden = len(turns) - TRANSCRIPT_TURNS
    pieces = [render_note(f"{hidden:,} earlier turns are not shown.")] if hidden > 0 else []
    pieces += [render_turn(turn.role, turn.parts, is_partial=turn.is_partial) for turn in turns[-TRANSCRIPT_TURNS:]]
    facts = tuple(facts)
    return render_root(*(pieces or [render_note("No turns yet.")]), render_facts(facts) if facts else "")


def render_reply(
    *, text: str, reasoning: str = "", is_partial: bool = False, error: str = "", requested_model: str, **facts: object
) -> Html:
    """Render one answer with its small print, as a piece that stands alone.

    Parameters
    ----------
    text, reasoning
        The answer's Markdown, and the reasoning before it.
    is_partial
        True where it was cut short.
    error
        What went wrong; "" where nothing did.
    requested_model, **facts
        As `reply_facts` takes them.

    Examples
    --------
    >>> "<strong>Paris" in render_reply(text="**Paris**", requested_model="any/model")
    True
    """
    return render_root(
        render_reply_piece(
            text=text, reasoning=reasoning, is_partial=is_partial, error=error, requested_model=requested_model, **facts
        )
    )


def render_reply_piece(
    *, text: str, reasoning: str = "", is_partial: bool = False, error: str = "", requested_model: str, **facts: object
) -> Html:
    """Do what `render_reply` does, for a place inside another piece of ours."""
    mark = render_mark("Stopped: this is what had arrived.") if is_partial and not error else ""
    shown = render_text(text) if text or not (error or is_partial) else ""
    small = render_facts(reply_facts(requested_model=requested_model, **facts))  # type: ignore[arg-type]
    return Html(f"{render_reasoning(reasoning)}{shown}{mark}{render_alert(error) if error else ''}{small}")


def _render_part(part: PartLike, *, is_answer: bool) -> Html:
    text = getattr(part, "text", None)
    if text is not None:
        return render_text(text) if is_answer else render_said(text)
    data = getattr(part, "data", None)
    if data is None:
        return render_picture_link(str(getattr(part, "url", "")))
    size = f"{getattr(part, 'width', '?')} x {getattr(part, 'height', '?')}, {len(data):,} bytes"
    note = getattr(part, "note", "")
    return render_picture(data, caption=f"{size}, {render_plain(note)}" if note else size)
