"""A reply in a notebook's cell: it grows in a live view, can be stopped there, and leaves a static copy.

Knows nothing of requests. What the copy looks like is `render`'s; how the view is fed, `live_view`'s.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any, Literal

from toprouter_nb.plain import render_plain
from toprouter_nb.render.cards import render_reply
from toprouter_nb.render.facts import facts_below, reply_facts

from .brake import Brake
from .calm import calm
from .cell_run import STOPPED_RUNS, current_run
from .live_view import LiveView, Mode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from toprouter_nb.call import Call
    from toprouter_nb.reply import Reply
    from toprouter_nb.wire.answer import Delta

# A silence shorter than this needs no word.
SILENCE_SECONDS = 5.0


class CellReply:
    """Shows one reply in the running cell, and lets people stop it.

    Life: `carry` (or `carry_async`) around the call, which tells it `start`, `receive` for each delta, then `finish`
    or `fail`. The growing view is one output; at the end a new output with the whole reply is published and the
    growing one is emptied. This order reads the same in a saved notebook, with and without a kernel, after conversion
    to HTML, and to tools that ignore updates.

    Parameters
    ----------
    shell
        The IPython shell of the kernel.
    mode
        As in `LiveView`.
    describe
        Returns what the static copy keeps of a reply in its metadata.
    """

    def __init__(
        self, shell: Any, mode: Mode = "auto", describe: "Callable[[Reply], Mapping[str, Any]]" = lambda _reply: {}
    ) -> None:
        self._shell = shell
        self._describe = describe
        self._cell = shell.execution_count
        self._run = current_run(shell)
        self._model = ""
        self._call: Call | None = None
        self._brake = Brake()
        self._heard_at = time.monotonic()
        self._is_shown = False
        self._view = LiveView(
            shell=shell,
            mode=mode,
            on_stop=lambda _place: self._brake.pull(),
            is_blocking=lambda: self._brake.is_blocking,
            hints=[self._hint],
        )

    def carry(self, ask: "Callable[[], Reply]", left: "Callable[[], Reply | None]") -> "Reply":
        """Ask, and return the reply: what had arrived of it, where a person stopped it.

        Parameters
        ----------
        ask
            Asks, and tells this listener.
        left
            Returns what a stopped call left; None where none was sent.

        Raises
        ------
        KeyboardInterrupt
            In this run of the cell a reply was stopped before: a loop of questions ends there.
        """
        if self._run in STOPPED_RUNS:
            raise self._calmed(KeyboardInterrupt())
        with self._brake.hold():
            try:
                return ask()
            except KeyboardInterrupt:
                reply = left()
                if reply is None:
                    raise
                return self._leave(reply)

    async def carry_async(self, ask: "Callable[[], Awaitable[Reply]]", left: "Callable[[], Reply | None]") -> "Reply":
        """Do what `carry` does, inside a running event loop.

        Raises
        ------
        asyncio.CancelledError
            In this run of the cell a reply was stopped before; or the program, not a person, cancelled the task.
        """
        if self._run in STOPPED_RUNS:
            # An event loop ends when a task raises KeyboardInterrupt, and with it the kernel.
            raise self._calmed(asyncio.CancelledError())
        with self._brake.hold_task():
            try:
                return await ask()
            except asyncio.CancelledError:
                reply = left() if self._brake.is_pulled else None
                task = asyncio.current_task()
                if reply is None or task is None:
                    raise
                task.uncancel()
                await asyncio.sleep(0)  # the loop closes the connection only when it has its turn
                return self._leave(reply)

    def start(self, model: str, call: "Call") -> None:
        """Open the view in which the reply grows."""
        self._model, self._call = model, call
        self._cell = self._shell.execution_count
        self._brake.attach(call.stop)
        self._heard_at = time.monotonic()
        self._view.tell(0, reply_facts(requested_model=model))
        self._view.start()

    def receive(self, delta: "Delta") -> None:
        """Take one delta; it is drawn in the background."""
        if delta.index == 0 and (delta.text or delta.reasoning):
            self._heard_at = time.monotonic()
            self._view.add(0, delta.text, delta.reasoning)

    def finish(self, reply: "Reply") -> None:
        """Publish the whole reply, and keep the cell from showing it again."""
        self._brake.release()
        self._show(reply.facts(), "done", reply)
        self._silence(reply)

    def fail(self, error: BaseException, partial: "Reply | None") -> None:
        """Publish what had arrived, with what went wrong; an interrupt is no error."""
        self._brake.release()
        calm(error)
        words = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else ""
        facts: dict[str, Any] = partial.facts() if partial is not None else {"text": "", "requested_model": self._model}
        self._show(facts | {"is_partial": True, "error": words}, "error" if words else "stopped", partial)

    def _leave(self, reply: "Reply") -> "Reply":
        """Hand out what a stopped call left; from here on this run of the cell asks no more."""
        STOPPED_RUNS.add(self._run)
        if not self._is_shown:  # the interrupt hit between the end and the telling of it
            self._show(reply.facts(), "stopped", reply)
        self._silence(reply)
        return reply

    def _silence(self, reply: "Reply") -> None:
        reply.mark_shown(lambda: bool(self._shell.execution_count == self._cell))

    def _show(self, facts: dict[str, Any], status: Literal["done", "stopped", "error"], reply: "Reply | None") -> None:
        """Publish the static copy, then empty the view."""
        self._is_shown = True
        failure = self._view.stop()
        self._view.end(0, status, facts_below(facts), facts.get("error", ""))
        html = render_reply(**facts)
        # Never text/markdown: viewers run what is in it.
        metadata = {} if reply is None else self._describe(reply)
        self._view.output.add_after({"text/html": html, "text/plain": render_plain(facts["text"])}, metadata)
        self._view.close()
        if failure is not None:
            raise failure

    def _hint(self) -> str:
        """Say what is known of a silence: whether the gateway is there at all, or its model only takes its time."""
        now, call = time.monotonic(), self._call
        silent = now - self._heard_at
        if call is None or silent < SILENCE_SECONDS:
            return ""
        again = f" (attempt {call.attempts})" if call.attempts > 1 else ""
        heard = call.heard_seconds_ago
        if heard is not None and heard < silent - 1:
            return f"The gateway is alive, the model has been silent for {silent:.0f} s{again}."
        return f"Nothing has come from the gateway for {silent:.0f} s{again}."

    @staticmethod
    def _calmed(error: BaseException) -> BaseException:
        calm(error)
        return error
