"""How a comparison looks: each prompt with its answers side by side, and the figures of each model.

Pure: values in, safe HTML out.
"""

from typing import TYPE_CHECKING, Any

from ..render.cards import render_note, render_reply_piece, render_root, render_said
from ..render.columns import render_columns
from ..render.fragment import Html

if TYPE_CHECKING:
    from .answers import Answer, Comparison

# More than a person reads at once; the rest is in the frame.
SHOWN_PROMPTS = 20


def render_comparison(comparison: "Comparison", *, with_answers: bool = True) -> Html:
    """Render a comparison: its answers, unless they stand above already, and the figures of each model."""
    pieces: list[str] = []
    if with_answers:
        pieces += [render_row(answers) for answers in rows_of(comparison)[:SHOWN_PROMPTS]]
        if len(comparison.prompts) > SHOWN_PROMPTS:
            rest = f"{len(comparison.prompts) - SHOWN_PROMPTS} more prompts are in to_frame()."
            pieces.append(render_root(render_note(rest)))
    return Html("".join(pieces) + (comparison.summary()._repr_html_() or ""))  # type: ignore[operator]  # pandas-stubs leave it out


def rows_of(comparison: "Comparison") -> "list[tuple[Answer, ...]]":
    """Return the answers prompt by prompt."""
    width = len(comparison.models)
    return [comparison.answers[start : start + width] for start in range(0, len(comparison.answers), width)]


def render_row(answers: "tuple[Answer, ...]") -> Html:
    """Render one prompt and its answers side by side."""
    columns = [(answer.model, render_answer(answer)) for answer in answers]
    return render_root(render_said(answers[0].prompt.name), render_columns(columns))


def render_answer(answer: "Answer") -> Html:
    """Render one answer: what came, what went wrong, and the small print."""
    if answer.status == "not asked":
        return render_note("Not asked: it was stopped before.")
    facts: dict[str, Any] = {"text": "", "requested_model": answer.model}
    facts |= answer.reply.facts() if answer.reply is not None else {}
    error = f"{type(answer.error).__name__}: {answer.error}" if answer.error is not None else ""
    return render_reply_piece(**facts | {"is_partial": answer.status != "ok", "error": error})
