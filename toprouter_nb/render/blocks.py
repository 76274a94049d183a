"""A Markdown text that grows, drawn piece by piece: finished blocks once, only the open end again.

Knows nothing of when or where it is shown. The joined pieces equal the whole drawn at once, except that a reference
defined after its first use is known only to a drawing of the whole.
"""

import dataclasses
from typing import Any

from .fragment import Html, escape
from .markdown import MARKDOWN_CHARACTERS, bound, readable, render_markdown

# A block can still change while the two after it grow: a paragraph becomes a heading, a list becomes loose.
HELD_BLOCKS = 2
# An open end longer than this is drawn again only when it has grown by a sixteenth, so that one endless list or
# code block costs linear time too; what came since then is shown as plain text below it.
LONG_TAIL = 4_000
_GROWTH = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """What a look at a growing text shows.

    Attributes
    ----------
    finished
        The blocks finished since the last look; they never change again.
    tail
        The open end as it looks now; it replaces the tail of the last look.
    """

    finished: Html
    tail: Html


class GrowingMarkdown:
    r"""A text that grows: `add` as pieces arrive, `draw` whenever someone looks, `finish` once at the end.

    Examples
    --------
    >>> growing = GrowingMarkdown()
    >>> growing.add("**Bo")
    >>> growing.draw().tail
    '<p dir="auto">**Bo</p>\n'
    >>> growing.add("ld**")
    >>> growing.finish()
    '<p dir="auto"><strong>Bold</strong></p>\n'
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._open = ""
        self._seen = 0
        self._references: dict[str, Any] = {}
        self._drawn_open = 0
        self._tail = Html("")

    def add(self, text: str) -> None:
        """Take the next piece; nothing is drawn yet."""
        self._pieces.append(text)
        self._length += len(text)

    @property
    def text(self) -> str:
        """All that was added, unchanged."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def draw(self) -> Drawn:
        """Draw what changed since the last look."""
        self._take_new()
        if len(self._open) > LONG_TAIL and len(self._open) - self._drawn_open < self._drawn_open // _GROWTH:
            late = self._open[self._drawn_open :]
            return Drawn(
                Html(""), Html(f'{self._tail}<div class="tr-plain">{escape(late)}</div>' if late else self._tail)
            )
        return self._draw_open()

    def finish(self) -> Html:
        """Draw the whole once more, as `render_markdown` does."""
        return render_markdown(self.text)

    def _take_new(self) -> None:
        if self._seen < min(self._length, MARKDOWN_CHARACTERS):
            kept = bound(self.text)
            self._open += kept[self._seen :]
            self._seen = len(kept)

    def _draw_open(self) -> Drawn:
        from .parser import parse_tokens, spell_tokens  # noqa: PLC0415 - a lazy edge, as in render_markdown

        env: dict[str, Any] = {"references": dict(self._references)}
        tokens = parse_tokens(readable(self._open), env)
        # The blocks at the top: only between these can a text be cut and drawn in two parts.
        starts = [place for place, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0 and token.map]
        finished = Html("")
        if len(starts) > HELD_BLOCKS:
            place = starts[-HELD_BLOCKS]
            line = (tokens[place].map or [0])[0]
            finished = spell_tokens(tokens[:place], env)
            self._freeze(line, env["references"])
            tokens = tokens[place:]
        self._tail = spell_tokens(tokens, env)
        self._drawn_open = len(self._open)
        return Drawn(finished, self._tail)

    def _freeze(self, line: int, references: dict[str, Any]) -> None:
        """Let go of the lines before `line`; only references defined there are sure by now."""
        lines = self._open.split("\n", line)
        self._references |= {
            # Its lines are gone, and a number of theirs would be taken for one of the lines that are left.
            name: {**reference, "map": [-1, -1]}
            for name, reference in references.items()
            if reference["map"][0] < line
        }
        self._open = lines[-1]
