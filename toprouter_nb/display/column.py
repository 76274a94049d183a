"""One growing reply of a live view: pieces in, and out what changed since somebody looked last.

Knows nothing of widgets, threads or where it is shown. Whoever feeds it and whoever looks may be two threads, as long
as each is only one.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal

from toprouter_nb.render.blocks import GrowingMarkdown
from toprouter_nb.render.cards import render_alert, render_facts, render_mark, render_note, render_reasoning
from toprouter_nb.render.fragment import Html

from .text_reply import PlainStream

Status = Literal["waiting", "running", "done", "stopped", "error"]
# What is counted while a reply runs is shown again this often; text is shown as it comes.
FACTS_SECONDS = 0.5


class Column:
    """One growing reply.

    Life: `add` and `tell` as often as there is news, `end` once; meanwhile `changes` for those who saw everything
    before, `snapshot` and `html` for those who saw nothing.

    Parameters
    ----------
    title
        Shown above it; "" for none.
    hint
        Returns a remark to show while it runs, "" for none; asked twice a second.
    clock
        Seconds that only grow; replaced in tests.

    Attributes
    ----------
    status
        "waiting" before the first piece, then "running", at the end "done", "stopped" or "error".
    """

    def __init__(
        self, title: str = "", hint: Callable[[], str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.title = title
        self.status: Status = "waiting"
        self._hint = hint
        self._clock = clock
        self._began = clock()
        self._first = 0.0
        self._count = 0
        self._new: deque[tuple[str, str]] = deque()
        self._growing = GrowingMarkdown()
        self._plain = PlainStream()
        self._finished: list[str] = []
        self._tail = ""
        self._reasoning: list[str] = []
        self._facts: tuple[str, ...] = ()
        self._error = ""
        self._small = ""
        self._small_due = 0.0
        self._said: Status | None = None

    def add(self, text: str, reasoning: str = "") -> None:
        """Take a piece of text, of reasoning, or of both; quick, nothing is drawn yet."""
        self._new.append((text, reasoning))
        if self.status == "waiting":
            self._first = self._clock()
            self.status = "running"
        self._count += 1

    def tell(self, facts: Iterable[str]) -> None:
        """Set what stands first in the small print: the model, and whatever else is known by now."""
        self._facts = tuple(facts)
        self._small_due = 0.0

    def end(self, status: Literal["done", "stopped", "error"], facts: Iterable[str] = (), error: str = "") -> None:
        """Take the end: how it ended, the final small print, and what went wrong ("" for nothing)."""
        self._error = error
        self._facts = tuple(facts) or self._facts
        self._small_due = 0.0
        self.status = status

    @property
    def is_over(self) -> bool:
        """Say whether it has ended."""
        return self.status in ("done", "stopped", "error")

    @property
    def text(self) -> str:
        """All text that was drawn so far."""
        return self._growing.text

    @property
    def tail_length(self) -> int:
        """Characters of the open end's HTML, all of which a browser replaces at each look."""
        return len(self._tail)

    def changes(self) -> dict[str, Any]:
        """Draw what is new and return it; {} where nothing is.

        Keys: `p` HTML of blocks finished since the last look; `t` how many UTF-16 units of the last tail stay, and
        the HTML after them; `r` more reasoning, as plain text; `f` the small print; `s` the status.
        """
        changes = self._draw() if self._new else {}
        small = self._draw_small()
        if small != self._small:
            changes["f"] = self._small = small
        if self.status != self._said:
            changes["s"] = self._said = self.status
        return changes

    def snapshot(self) -> dict[str, Any]:
        """Return all that was drawn so far, in the same keys, `t` as the whole tail, and the `title`."""
        return {
            "title": self.title,
            "p": "".join(self._finished),
            "t": self._tail,
            "r": "".join(self._reasoning),
            "f": self._small,
            "s": self._said or "waiting",
        }

    def html(self) -> Html:
        """Return all that was drawn so far, for a place that runs no script of ours."""
        fold = render_reasoning("".join(self._reasoning), is_open=not self.text)
        busy = str(not self.is_over).lower()
        text = f'<div class="tr-text" aria-busy="{busy}">{"".join(self._finished)}{self._tail}</div>'
        return Html(f"{fold}{text}{self._small}")

    def _draw(self) -> dict[str, Any]:
        reasoning = []
        while self._new:
            text, thought = self._new.popleft()
            self._growing.add(text)
            reasoning.append(self._plain.feed(thought))
        changes: dict[str, Any] = {}
        new = "".join(reasoning)
        if new:
            self._reasoning.append(new)
            changes["r"] = new
        drawn = self._growing.draw()
        if drawn.finished:
            self._finished.append(drawn.finished)
            changes["p"] = drawn.finished
        if drawn.tail != self._tail:
            kept = shared_length(self._tail, drawn.tail)
            changes["t"] = [utf16_length(drawn.tail[:kept]), drawn.tail[kept:]]
            self._tail = drawn.tail
        return changes

    def _draw_small(self) -> str:
        now = self._clock()
        if now < self._small_due:
            return self._small
        self._small_due = float("inf") if self.is_over else now + FACTS_SECONDS
        mark = render_mark("Stopped: this is what had arrived.") if self.status == "stopped" else ""
        alert = render_alert(self._error) if self._error else ""
        hint = self._hint() if self._hint is not None and not self.is_over else ""
        facts = self._facts if self.is_over else (*self._facts, *self._counted(now))
        return f"{mark}{alert}{render_note(hint) if hint else ''}{render_facts(facts) if facts else ''}"

    def _counted(self, now: float) -> list[str]:
        """Say what can be known while it runs: gateways count tokens at the end only, and send about one a delta."""
        counted = [f"{now - self._began:.0f} s"]
        if self.status == "running":
            span = now - self._first
            rate = self._count / span if span >= 1 else 0.0
            counted += [f"~{self._count:,} tokens"] if self._count > 1 else []
            counted += [f"~{rate:,.0f} tokens/s"] if rate >= 1 else []
        return counted


def shared_length(before: str, after: str) -> int:
    """Return how many characters two texts share at their beginning.

    Examples
    --------
    >>> shared_length("<p>one</p>", "<p>one two</p>")
    6
    """
    # Halving compares slices, which is C; letter by letter in Python would take longer than the drawing.
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        if before[low:middle] == after[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def utf16_length(text: str) -> int:
    """Return the length of a text as JavaScript counts it.

    Examples
    --------
    >>> utf16_length("a"), utf16_length("\U0001f600")
    (1, 2)
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
