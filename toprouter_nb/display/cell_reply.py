"""A reply in a notebook's cell: HTML that is updated a few times a second, then a static copy that stays.

Uses plain display messages only, so it works wherever a notebook does; no widget, no script.
"""

import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from toprouter_nb.plain import render_plain
from toprouter_nb.render.blocks import GrowingMarkdown
from toprouter_nb.render.cards import render_note, render_reasoning, render_reply, render_root

from .calm import calm
from .ticker import Ticker

if TYPE_CHECKING:
    from toprouter_nb.reply import Reply
    from toprouter_nb.wire.answer import Delta

# Eight looks a second read as flowing; each sends the whole view again, so a long reply is shown less often.
UPDATE_SECONDS = 0.125
UPDATE_CHARACTERS_PER_SECOND = 200_000
_BLANK = {"text/plain": ""}


class CellReply:
    """Shows one reply in the running cell.

    Life: `start`, `receive` for each delta, then `finish` or `fail`. The growing view is one output; at the end a
    new output with the whole reply is published and the growing one is emptied. This order reads the same in a
    saved notebook, with and without a kernel, after conversion to HTML, and to tools that ignore updates.

    Parameters
    ----------
    shell
        The IPython shell of the kernel.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._cell = shell.execution_count
        self._id = uuid.uuid4().hex
        self._model = ""
        self._new: deque[Delta] = deque()
        self._growing = GrowingMarkdown()
        self._finished: list[str] = []
        self._reasoning: list[str] = []
        self._ticker = Ticker(self._update)

    def start(self, model: str) -> None:
        """Open the output in which the reply grows."""
        self._model = model
        self._cell = self._shell.execution_count
        self._show(_BLANK)
        self._ticker.start()

    def receive(self, delta: "Delta") -> None:
        """Take one delta; it is drawn in the background."""
        if delta.index == 0 and (delta.text or delta.reasoning):
            self._new.append(delta)
            self._ticker.ring()

    def finish(self, reply: "Reply") -> None:
        """Publish the whole reply, and keep the cell from showing it again."""
        self._publish(_bundle(render_reply(**reply.facts()), reply.text))
        reply.mark_shown(lambda: bool(self._shell.execution_count == self._cell))

    def fail(self, error: BaseException, partial: "Reply | None") -> None:
        """Publish what had arrived, with what went wrong; an interrupt is no error."""
        calm(error)
        words = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else ""
        facts: dict[str, Any] = partial.facts() if partial is not None else {"text": "", "requested_model": self._model}
        self._publish(_bundle(render_reply(**facts | {"is_partial": True, "error": words}), facts["text"]))

    def _update(self) -> float:
        """Draw the open output again; return how long it should stay as it is."""
        while self._new:
            delta = self._new.popleft()
            self._growing.add(delta.text)
            self._reasoning.append(delta.reasoning)
        drawn = self._growing.draw()
        self._finished.append(drawn.finished)
        text = self._growing.text
        fold = render_reasoning("".join(self._reasoning), is_open=not text)
        body = f'{fold}<div class="tr-text" aria-busy="true">{"".join(self._finished)}{drawn.tail}</div>'
        html = render_root(body, render_note(f"{self._model} is writing …"))
        self._show(_bundle(html, text), is_update=True)
        return max(UPDATE_SECONDS, (len(html) + len(text)) / UPDATE_CHARACTERS_PER_SECOND)

    def _publish(self, bundle: dict[str, str]) -> None:
        failure = self._ticker.stop()
        self._shell.display_pub.publish(bundle)
        self._show(_BLANK, is_update=True)
        if failure is not None:
            raise failure

    def _show(self, bundle: dict[str, str], *, is_update: bool = False) -> None:
        """Publish to the growing output; the raw bundle, because the usual objects open text that names a file."""
        self._shell.display_pub.publish(bundle, transient={"display_id": self._id}, update=is_update)


def _bundle(html: str, text: str) -> dict[str, str]:
    """Make the two forms of one output. Never text/markdown: viewers run what is in it."""
    return {"text/html": html, "text/plain": render_plain(text)}
