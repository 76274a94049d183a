"""A reply as plain text on standard output, as it arrives, with every acting character shown as an escape.

Knows nothing of notebooks; the shell is asked only which of its cells is running.
"""

import sys
from typing import TYPE_CHECKING, Any

from toprouter_nb.plain import render_plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from toprouter_nb.call import Call
    from toprouter_nb.reply import Reply
    from toprouter_nb.wire.answer import Delta

# What a character means can depend on the next one: joiners, the first half of a surrogate pair, a carriage return.
_WAITING = "\u200c\u200d\r" + "".join(map(chr, range(0xD800, 0xDC00)))


class PlainStream:
    r"""Text in pieces, made safe to show as if it had come whole.

    Life: `feed` for each piece, `finish` once.

    Examples
    --------
    >>> stream = PlainStream()
    >>> stream.feed("\x1b"), stream.feed("[31m\r"), stream.feed("\nx"), stream.finish()
    ('\\x1b', '[31m', '\nx', '')
    """

    def __init__(self) -> None:
        self._before = ""
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what can be shown now; what depends on the next character is held back."""
        whole = self._held + text
        sure = whole.rstrip(_WAITING)
        self._held = whole[len(sure) :]
        return self._show(sure)

    def finish(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return self._show(held)

    def _show(self, text: str) -> str:
        if not text:
            return ""
        joined = text.replace("\r\n", "\n").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        # Joiners are judged by their neighbours: the last character is shown again in thought, and cut off.
        before, self._before = self._before, text[-1]
        return render_plain(before + joined)[len(render_plain(before)) :]


class TextReply:
    """Writes a reply to standard output while it arrives.

    Life: `start`, `receive` for each delta, then `finish` or `fail`. Only the first choice is shown.

    Parameters
    ----------
    shell
        The IPython shell of a terminal; None elsewhere.
    """

    def __init__(self, shell: Any = None) -> None:
        self._shell = shell
        self._stream = PlainStream()
        self._is_at_line_start = True
        self._cell: int | None = None

    def start(self, model: str, call: "Call") -> None:  # noqa: ARG002 - text names no model and shows no silence
        """Remember which cell asked."""
        self._cell = getattr(self._shell, "execution_count", None)

    def carry(self, ask: "Callable[[], Reply]", left: "Callable[[], Reply | None]") -> "Reply":  # noqa: ARG002
        """Ask; an interrupt is what it always was."""
        return ask()

    async def carry_async(
        self,
        ask: "Callable[[], Awaitable[Reply]]",
        left: "Callable[[], Reply | None]",  # noqa: ARG002
    ) -> "Reply":
        """Do what `carry` does, inside a running event loop."""
        return await ask()

    def receive(self, delta: "Delta") -> None:
        """Write the new text at once."""
        if delta.text and delta.index == 0:
            self._write(self._stream.feed(delta.text))

    def finish(self, reply: "Reply") -> None:
        """End the line, and keep the shell from printing the same reply again."""
        self._end_line()
        if self._shell is not None:
            reply.mark_shown(lambda: self._shell.execution_count == self._cell)

    def fail(self, error: BaseException, partial: "Reply | None") -> None:  # noqa: ARG002 - the error shows itself
        """End the line and mark what had arrived as cut short."""
        self._end_line()
        if partial is not None and partial.text:
            self._write("[stopped: this is what had arrived]\n")

    def _end_line(self) -> None:
        self._write(self._stream.finish())
        if not self._is_at_line_start:
            self._write("\n")

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._is_at_line_start = text.endswith("\n")
