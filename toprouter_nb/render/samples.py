"""The answers to one question at several temperatures, as a grid: each different answer once, with its count.

Takes plain values; escapes every one of them.
"""

from collections.abc import Sequence

from toprouter_nb.plain import shorten

from .cards import render_alert, render_note, render_root
from .fragment import Html, escape
from .style import style_sheet

SHOWN_ANSWERS = 12
_ANSWER_CHARACTERS = 400
_PROMPT_CHARACTERS = 300


def render_samples(prompt: str, groups: Sequence[tuple[str, Sequence[tuple[str, int]], Sequence[str]]]) -> Html:
    """Render samples as a piece that stands alone.

    Parameters
    ----------
    prompt
        The question.
    groups
        For each temperature its name, the different answers with their counts, the most frequent first, and the
        messages of what failed.

    Examples
    --------
    >>> shown = render_samples("Hi", [("temperature 0", [("<b>Hello", 3)], [])])
    >>> "&lt;b&gt;Hello" in shown, "1 different of 3" in shown
    (True, True)
    """
    style = f"<style>{style_sheet('samples.css')}</style>"
    asked = f'<div class="tr-asked" dir="auto">{escape(shorten(prompt, _PROMPT_CHARACTERS))}</div>'
    columns = "".join(_column(*group) for group in groups) or render_note("Nothing was asked.")
    return render_root(style, f'<div class="tr-samples">{asked}<div class="tr-grid">{columns}</div></div>')


def _column(name: str, answers: Sequence[tuple[str, int]], errors: Sequence[str]) -> str:
    whole = sum(count for _, count in answers)
    failed = f", {len(errors)} failed" if errors else ""
    head = f"<strong>{escape(name)}</strong><span>{len(answers)} different of {whole}{failed}</span>"
    shown = "".join(_answer(text, count, whole) for text, count in answers[:SHOWN_ANSWERS])
    hidden = len(answers) - SHOWN_ANSWERS
    more = render_note(f"{hidden} more are not shown; distinct() lists them all.") if hidden > 0 else ""
    wrong = "".join(render_alert(error) for error in dict.fromkeys(errors))
    return f'<section class="tr-warmth"><div class="tr-head">{head}</div>{shown}{more}{wrong}</section>'


def _answer(text: str, count: int, whole: int) -> str:
    bar = f'<span class="tr-share" aria-hidden="true"><span style="width:{count / whole:.1%}"></span></span>'
    said = escape(shorten(text, _ANSWER_CHARACTERS)) if text else '<span class="tr-more">(no text)</span>'
    return (
        f'<div class="tr-answer"><span class="tr-count">{count}\N{MULTIPLICATION SIGN}</span>{bar}'
        f'<div class="tr-words" dir="auto">{said}</div></div>'
    )
