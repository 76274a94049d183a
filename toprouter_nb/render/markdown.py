"""Untrusted Markdown as safe HTML: the one renderer of every view, with bounds on what it takes.

Knows nothing of where the text comes from or where it is shown. The parser is loaded at the first text.
"""

from typing import Any

from toprouter_nb.plain import render_plain

from .fragment import Html, escape

# Longer texts are drawn up to here: about 0.5 s of work, and more than any page is read.
MARKDOWN_CHARACTERS = 200_000
MARKDOWN_LINES = 6_000


def render_markdown(text: str) -> Html:
    r"""Turn Markdown of any origin into HTML that runs nothing, fetches nothing and hides nothing.

    Raw HTML is shown, not used. Links lead to http, https and mailto only and name their true host where the text
    reads like another address; remote images become labelled links; formulas become MathML. Control, bidirectional
    and zero-width characters are shown as escapes. A text above 200,000 characters or 6,000 lines is cut with a note.

    Parameters
    ----------
    text
        Markdown; may be hostile, half-finished or empty.

    Returns
    -------
    Html
        Block elements without a wrapper; "" for an empty text.

    References
    ----------
    CommonMark 0.31, GitHub's tables and strikethrough, pandoc's rules for `$`.

    Examples
    --------
    >>> render_markdown("**Bold** <script>x</script>")
    '<p dir="auto"><strong>Bold</strong> &lt;script&gt;x&lt;/script&gt;</p>\n'
    """
    from .parser import parse_tokens, spell_tokens  # noqa: PLC0415 - a lazy edge: a repr may come before any text

    kept = bound(text)
    env: dict[str, Any] = {}
    return Html(spell_tokens(parse_tokens(readable(kept), env), env) + note_cut(len(kept), len(text)))


def bound(text: str) -> str:
    """Return the beginning of `text` that is drawn; the text itself where all of it is."""
    kept = text[:MARKDOWN_CHARACTERS]
    if kept.count("\n") <= MARKDOWN_LINES:
        return kept
    lines = kept.split("\n", MARKDOWN_LINES)
    return "\n".join(lines[:MARKDOWN_LINES])


def readable(text: str) -> str:
    """Return `text` with its acting characters shown as escapes, line for line."""
    # An escape is longer than what it stands for: at most twice the bound of letters is ever parsed.
    return render_plain(text.replace("\r\n", "\n"))[: 2 * MARKDOWN_CHARACTERS]


def note_cut(drawn: int, length: int) -> Html:
    """Say how much of a text is drawn; "" when all of it is."""
    if drawn == length:
        return Html("")
    words = f"Only the first {drawn:,} of {length:,} characters are drawn here; the whole text is kept."
    return Html(f'<p class="tr-note">{escape(words)}</p>\n')
