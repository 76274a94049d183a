"""The answer under way in a panel: asked in a thread, drawn into one column, ended by Stop.

Knows one question at a time, and nothing of the view.
"""

import contextvars
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..conversation import Conversation
from ..display.column import Column
from ..display.ticker import Ticker
from ..render.facts import reply_facts
from ..reply import Reply

if TYPE_CHECKING:
    from ..call import Call
    from ..wire.answer import Delta

# Drawn so often also where nothing comes: the seconds go on, and the view knows that Python is there.
_IDLE_SECONDS = 1.0


class Answering:
    """Asks one question of a conversation, in a thread of its own; a second thread draws, as long as it runs.

    Life: `begin`; `stop` at any time; `ended` is called once, in that thread.

    Parameters
    ----------
    chat
        The conversation.
    ask
        Asks it, and so enters the question and the answer into it.
    draw
        Sends what is new, and returns for how many seconds it wants to be left alone.
    ended
        Called at the end, when nothing is drawn any more, with what went wrong in words, "" for nothing.

    Attributes
    ----------
    column
        The growing answer.
    """

    def __init__(
        self,
        chat: Conversation,
        ask: Callable[[], Reply],
        *,
        draw: Callable[[], float],
        ended: Callable[["Answering", str], None],
    ) -> None:
        self.column = Column()
        self._chat = chat
        self._ask = ask
        self._ended = ended
        self._ticker = Ticker(draw, _IDLE_SECONDS)
        self._call: Call | None = None
        self._is_stopped = False

    def begin(self) -> None:
        """Ask; the thread belongs to no cell, so that what it shows lands in none."""
        self._ticker.start()
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._run,), name="toprouter_nb-panel", daemon=True).start()

    def stop(self) -> None:
        """End the answer; what had come is kept."""
        self._is_stopped = True
        if self._call is not None:
            self._call.stop()

    def _run(self) -> None:
        problem = ""
        try:
            with self._chat.told(self):
                self._ask()
        except KeyboardInterrupt:  # this is how a stopped call ends
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, a person waits, and no cell could show it
            problem = f"{type(error).__name__}: {error}"
        finally:
            failure = self._ticker.stop()
            if failure is not None and not problem:
                problem = f"The answer could not be drawn as it came ({type(failure).__name__}); it is not lost."
            self._ended(self, problem)

    # --- what a listener is told

    def start(self, model: str, call: "Call") -> None:
        """Keep hold of the call; one that was stopped before it began ends at once."""
        self._call = call
        self.column.tell(reply_facts(requested_model=model))
        if self._is_stopped:
            call.stop()
        self._ticker.ring()

    def receive(self, delta: "Delta") -> None:
        """Draw a delta of the first choice."""
        if delta.index == 0 and (delta.text or delta.reasoning):
            self.column.add(delta.text, delta.reasoning)
            self._ticker.ring()

    def finish(self, reply: Reply) -> None:
        """Say nothing: the turn itself is shown next."""

    def fail(self, error: BaseException, partial: Reply | None) -> None:
        """Say nothing: what had come is a turn by now, and the error is shown beside."""


def spell(answering: "Answering | None") -> dict[str, Any] | None:
    """Return the growing answer whole, for a view that has nothing of it."""
    return None if answering is None else answering.column.snapshot()
