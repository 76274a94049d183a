"""How a comparison is watched: answers that grow side by side in a notebook, a progress bar elsewhere.

Knows how it looks, and nothing of how it is asked.
"""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..amounts import spell_usd, total_usd
from ..display.brake import Brake
from ..display.cell_run import STOPPED_RUNS, current_run
from ..display.live_view import LiveView, Mode
from ..plain import render_plain
from ..progress import text_bar
from ..render.cards import render_root, render_said
from ..render.columns import render_columns
from ..render.facts import facts_below, reply_facts
from .answers import Answer
from .asking import Asker, Silent
from .shown import render_answer

if TYPE_CHECKING:
    from decimal import Decimal

    from ..call import Call
    from ..reply import Reply
    from ..wire.answer import Delta

# More than so many rows nobody follows as they grow, and they would fill the notebook.
LIVE_PROMPTS = 10


class Watching(Protocol):
    """A way to watch.

    Attributes
    ----------
    keeps_stopped
        True where a person who stops it shall have what came, as the value of their cell; elsewhere the interrupt goes
        on.
    """

    keeps_stopped: bool

    def carry(self, asker: Asker, answers: Sequence[Answer], width: int) -> None:
        """Have all asked, `width` models for each prompt."""


class Columns:
    """Shows prompt after prompt in the running cell, the answers growing side by side; each row stays as it ended.

    Parameters
    ----------
    shell
        The IPython shell of the kernel.
    mode
        As in `LiveView`.
    """

    keeps_stopped = True

    def __init__(self, shell: Any, mode: Mode) -> None:
        self._shell = shell
        self._mode: Mode = mode
        self._is_waiting = False

    def carry(self, asker: Asker, answers: Sequence[Answer], width: int) -> None:
        """Ask row by row, so that each can be read while it grows."""
        with _stoppable(self._shell, asker):
            for start in range(0, len(answers), width):
                if not asker.is_stopped:
                    self._row(asker, answers[start : start + width])

    def _row(self, asker: Asker, answers: Sequence[Answer]) -> None:
        view = LiveView(
            [answer.model for answer in answers],
            shell=self._shell,
            mode=self._mode,
            on_stop=lambda place: asker.stop(None if place is None else answers[place]),
            is_blocking=lambda: self._is_waiting,
        )
        self._publish(render_root(render_said(answers[0].prompt.name)), answers[0].prompt.name)
        view.start()
        self._is_waiting = True
        try:
            asker.ask(answers, [_InColumn(view, place, answer.model) for place, answer in enumerate(answers)])
        finally:
            self._is_waiting = False
            failure = view.settle()
            columns = [(answer.model, render_answer(answer)) for answer in answers]
            text = "\n\n".join(f"{answer.model}: {answer.text or answer.error or answer.status}" for answer in answers)
            self._publish(render_root(render_columns(columns)), text)
            view.close()
        if failure is not None:  # showing must never cost an answer
            words = f"The answers could not be shown as they came ({type(failure).__name__}: {failure}); none is lost."
            warnings.warn(words, RuntimeWarning, stacklevel=2)

    def _publish(self, html: str, text: str) -> None:
        self._shell.display_pub.publish({"text/html": html, "text/plain": render_plain(text)})

    def stands_above(self) -> Any:
        """Return what says whether the cell that asked is still the one that runs."""
        run = current_run(self._shell)
        return lambda: current_run(self._shell) == run


class Bar:
    """Shows how many answers are there, and what they cost so far.

    Parameters
    ----------
    shell
        The IPython shell of the kernel; None elsewhere.
    """

    def __init__(self, shell: Any = None) -> None:
        self._shell = shell
        self.keeps_stopped = shell is not None

    def carry(self, asker: Asker, answers: Sequence[Answer], width: int) -> None:  # noqa: ARG002 - rows are no matter here
        """Ask all at once, as many at a time as may be."""
        stoppable = _stoppable(self._shell, asker) if self._shell is not None else contextlib.nullcontext()
        with stoppable, text_bar(len(answers), "answer") as bar:
            costs: list[Decimal] = []

            def ended(answer: Answer) -> None:
                if answer.reply is not None and answer.reply.cost_usd is not None:
                    costs.append(answer.reply.cost_usd)
                    bar.set_postfix_str(spell_usd(total_usd(costs)), refresh=False)
                bar.update()

            asker.ask(answers, [Silent() for _ in answers], ended)


class Unwatched:
    """Shows nothing."""

    keeps_stopped = False

    def carry(self, asker: Asker, answers: Sequence[Answer], width: int) -> None:  # noqa: ARG002 - rows are no matter here
        """Ask all at once, as many at a time as may be."""
        asker.ask(answers, [Silent() for _ in answers])


class _InColumn:
    """Shows one answer in its column."""

    def __init__(self, view: LiveView, place: int, model: str) -> None:
        self._view = view
        self._place = place
        self._model = model

    def start(self, model: str, call: "Call") -> None:  # noqa: ARG002 - Asker has the call
        # Without the model, which is the title of the column.
        self._view.tell(self._place, reply_facts(requested_model=model)[1:])

    def receive(self, delta: "Delta") -> None:
        if delta.index == 0 and (delta.text or delta.reasoning):
            self._view.add(self._place, delta.text, delta.reasoning)

    def finish(self, reply: "Reply") -> None:
        self._view.end(self._place, "done", facts_below(reply.facts()))

    def fail(self, error: BaseException, partial: "Reply | None") -> None:  # noqa: ARG002 - it is in the column already
        is_stop = not isinstance(error, Exception)
        self._view.end(self._place, "stopped" if is_stop else "error", (), "" if is_stop else str(error))


@contextlib.contextmanager
def _stoppable(shell: Any, asker: Asker) -> Iterator[None]:
    """Have the interrupt of a kernel end this, also in a cell with `await`; then its run of the cell asks no more.

    Raises
    ------
    KeyboardInterrupt
        Now; or something was stopped in this run of the cell before: a loop of comparisons ends there.
    """
    run = current_run(shell)
    if run in STOPPED_RUNS:
        asker.stop()
        raise KeyboardInterrupt
    try:
        with Brake().hold():
            yield
    finally:
        if asker.is_stopped:
            STOPPED_RUNS.add(run)


def watching_for(display: str | bool, prompts: int) -> Watching:  # noqa: FBT001 - `display=False` is what people write
    """Choose how a comparison is watched; see `compare`."""
    from ..display.choice import has_kernel, running_shell

    if display is False:
        return Unwatched()
    shell = running_shell()
    if shell is None or not has_kernel(shell):
        return Bar()
    if display == "text" or prompts > LIVE_PROMPTS:
        return Bar(shell)
    return Columns(shell, display if display in ("live", "static") else "auto")
