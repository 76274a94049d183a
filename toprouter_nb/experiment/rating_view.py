"""A blind rating as HTML: the pair that is shown, without names, and what came of all votes, with them.

Pure: takes pairs, votes and findings, returns strings. Every text of a model is made harmless here.
"""

from collections.abc import Sequence
from typing import Any

from ..plain import render_plain
from ..render.cards import render_note, render_root, render_said, render_text
from ..render.fragment import Html, escape
from .finding import Finding
from .rating_pairs import AnswerPair
from .rating_votes import Vote


def pair_parts(pair: AnswerPair | None) -> dict[str, Any]:
    """Return what a view shows of a pair: its key, the prompt and the two answers as HTML. It holds no name."""
    if pair is None:
        return {"pair": None, "prompt": "", "answers": []}
    return {
        "pair": pair.key,
        "prompt": render_said(pair.prompt) if pair.prompt else "",
        "answers": [render_answer(text) for text in pair.shown],
    }


def render_answer(text: str) -> Html:
    """Render one answer.

    Examples
    --------
    >>> render_answer("  ")
    '<p class="tr-note">The answer is empty.</p>'
    """
    return render_text(text) if text.strip() else render_note("The answer is empty.")


def render_result(found: Finding | str, votes: Sequence[Vote], *, left: int, same: int, raters: int) -> Html:
    """Render what came of the votes.

    Parameters
    ----------
    found
        The ranking; a text where there is none, which says why.
    votes
        Of this rater.
    left
        Pairs this rater has not voted on.
    same
        Pairs whose answers were the same text.
    raters
        How many people voted.
    """
    shown = found if isinstance(found, str) else found._repr_mimebundle_()["text/html"]
    said = [render_note(words) for words in result_words(votes, left=left, same=same, raters=raters)]
    return Html(f"{render_note(found) if isinstance(found, str) else shown}{''.join(said)}")


def result_words(votes: Sequence[Vote], *, left: int, same: int, raters: int) -> list[str]:
    """Return the sentences that stand below the ranking.

    Examples
    --------
    >>> result_words([], left=2, same=0, raters=0)
    ['2 pairs are not rated yet.']
    """
    decided = [vote for vote in votes if vote.winner in ("a", "b")]
    # Won by the one shown first: b where the pair was swapped, a where it was not.
    first = sum((vote.winner == "b") == vote.is_swapped for vote in decided)
    skipped = sum(vote.winner is None for vote in votes)
    said = [f"The answer shown first won {first:,} of your {len(decided):,} votes for one answer."] if decided else []
    said += [f"You skipped {_count(skipped)}; they say nothing."] if skipped else []
    said += [f"In {_count(same)} the answers were the same text; they count as ties."] if same else []
    said += [f"{_count(left)} {'is' if left == 1 else 'are'} not rated yet."] if left else []
    return said + ([f"The votes of {raters:,} people are counted together."] if raters > 1 else [])


def render_copy(title: str, question: str, result: str, name: str = "tr-twin") -> dict[str, str]:
    """Return the bundle that stands for a rating where there is no kernel: how far it is, or what came of it."""
    head = Html(f"<p><strong>{escape(title)}</strong> {escape(question)}</p>")
    html = render_root(head, result or render_note("Run the cell again to go on."))
    return {"text/html": f'<div class="{name}">{html}</div>', "text/plain": render_plain(title)}


def _count(pairs: int) -> str:
    return f"{pairs:,} pair{'' if pairs == 1 else 's'}"
