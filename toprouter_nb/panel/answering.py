"""The answer under way in a panel: asked in a thread, drawn into one column, ended by Stop.

Knows one question at a time, and nothing of the view.
"""

import contextvars
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..conversation import Conversation
from ..display.column import Column
from ..errors import ToprouterError
from ..render.facts import reply_facts
from ..reply import Reply

if TYPE_CHECKING:
    from ..call import Call
    from ..wire.answer import Delta


class Answering:
    """Asks one question of a conversation, in a thread of its own.

    Life: `start`; `stop` at any time; `ended` is called once, in that thread.

    Parameters
    ----------
    chat
        The conversation.
    ask
        Asks it, and so enters the question and the answer into it.
    news
        Called whenever there is something to draw; quick.
    ended
        Called at the end, with what went wrong in words, "" for nothing.

    Attributes
    ----------
    column
        The growing answer.
    """

    def __init__(
        self, chat: Conversation, ask: Callable[[], Reply], *, news: Callable[[], None], ended: Callable[[str], None]
    ) -> None:
        self.column = Column()
        self._chat = chat
        self._ask = ask
        self._news = news
        self._ended = ended
        self._call: Call | None = None
        self._is_stopped = False

    def begin(self) -> None:
        """Ask; the thread belongs to no cell, so that what it shows lands in none."""
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
        except ToprouterError as error:
            problem = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it is, a person waits, and no cell could show it
            problem = f"{type(error).__name__}: {error}"
        self._ended(problem)

    # --- what a listener is told

    def start(self, model: str, call: "Call") -> None:
        """Keep hold of the call; one that was stopped before it began ends at once."""
        self._call = call
        self.column.tell(reply_facts(requested_model=model))
        if self._is_stopped:
            call.stop()
        self._news()

    def receive(self, delta: "Delta") -> None:
        """Draw a delta of the first choice."""
        if delta.index == 0 and (delta.text or delta.reasoning):
            self.column.add(delta.text, delta.reasoning)
            self._news()

    def finish(self, reply: Reply) -> None:
        """Say nothing: the turn itself is shown next."""

    def fail(self, error: BaseException, partial: Reply | None) -> None:
        """Say nothing: what had come is a turn by now, and the error is shown beside."""


def spell(answering: "Answering | None") -> dict[str, Any] | None:
    """Return the growing answer whole, for a view that has nothing of it."""
    return None if answering is None else answering.column.snapshot()
