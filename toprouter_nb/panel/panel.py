"""A panel: what its view is told of a conversation, and what each of its buttons does.

Knows the conversation through its public methods. Messages come in threads of any kind; one lock keeps them apart.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..conversation import Conversation
from ..display.live_view import DRAW_SECONDS
from ..errors import ParameterError, ToprouterError
from ..images import image
from ..plain import render_plain
from ..render.cards import render_transcript, render_turn
from ..reply import Reply
from ..turns import Turn, user
from .answering import Answering, spell
from .settings_bar import fetched_models, known_models, set_params
from .shown import Shown
from .status import facts_of, status_of
from .transcript import Transcript

if TYPE_CHECKING:
    from .widget import PanelWidget

MOST_IMAGES = 20
# What a message that our own view would never send may end in.
_NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
# They do nothing, so that what went wrong before them is still to be read.
_LOOKS = frozenset(("look", "resync", "earlier"))
_NO_NOTEBOOK = "It is shown in a notebook; here ask with chat.ask(...)."


class Panel(Shown):
    """A conversation with a place to type.

    Shown by a notebook as any value is. Questions run in a thread, so that cells can run meanwhile; the conversation
    is the one it was made of, and can be asked in cells too, when no answer is under way.

    Life: shown any number of times, in any cells, which all show the same; `close`. One that no cell shows any more,
    because they showed another panel since then, closes by itself.

    Parameters
    ----------
    chat
        The conversation.
    prompts
        Texts offered as buttons, for those who do not know what to ask.

    Raises
    ------
    ParameterError
        The prompts are no texts.
    """

    def __init__(self, chat: Conversation, prompts: Sequence[str] = ()) -> None:
        super().__init__()
        self._chat = chat
        self._prompts = check_prompts(prompts)
        self._transcript = Transcript(chat)
        self._answering: Answering | None = None
        self._live: dict[str, Any] = {}
        self._before: tuple[Any, ...] = ()
        self._asker = self._returned = self._alert = ""
        self._status: dict[str, Any] = {}

    def is_of(self, chat: Conversation) -> bool:
        """Say whether it is an open panel of this conversation."""
        return not self.is_closed and self._chat is chat

    def offer(self, prompts: Sequence[str]) -> None:
        """Offer other texts as buttons."""
        with self._lock:
            self._prompts = check_prompts(prompts)
            self._tell(self._news())

    def snapshot(self) -> dict[str, Any]:
        """Return all a view needs, as plain JSON values."""
        with self._lock:
            live = {**self._live, "column": spell(self._answering)} if self._answering else None
            models = known_models(self._chat.settings)
            status = self._status_now()
            return {"n": self._post.sent, **self._transcript.whole(), "live": live, "state": status, "models": models}

    def hear(self, message: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Do what a view asks for; whatever is wrong with it is shown there."""
        kind, asker = str(message.get("t")), str(message.get("a", ""))
        handler = self._handlers().get(kind)
        if handler is None or self.is_closed:
            return
        with self._lock:
            if kind not in _LOOKS:
                self._alert = self._returned = ""
            answer: dict[str, Any] | None = None
            try:
                answer = handler(message, buffers)
            except ToprouterError as error:
                self._alert, self._returned = str(error), asker
            except _NONSENSE as error:
                self._alert = f"The panel could not read what was pressed ({type(error).__name__})."
            self._tell({"a": asker, **(answer or {}), **self._news()})

    def close(self) -> None:
        """End the answer under way and the widget; the static copy of the conversation stays."""
        with self._lock:
            if self._answering is not None:
                self._answering.stop()
            super().close()

    def _handlers(self) -> dict[str, Callable[[Mapping[str, Any], Sequence[bytes]], dict[str, Any] | None]]:
        return {
            "look": lambda _message, _buffers: None,
            "resync": self._resync,
            "earlier": lambda _message, _buffers: self._transcript.reach_back(),
            "send": self._send,
            "edit": self._edit,
            "retry": self._retry,
            "stop": lambda _message, _buffers: self._answering.stop() if self._answering else None,
            "undo": lambda _message, _buffers: self._when_idle().undo(),
            "go": lambda message, _buffers: self._when_idle().go_to(message["i"], message["to"]),
            "model": self._set_model,
            "params": lambda message, _buffers: set_params(self._chat, message["params"]),
        }

    # --- what the buttons do

    def _resync(self, message: Mapping[str, Any], _buffers: Sequence[bytes]) -> dict[str, Any] | None:
        return {"snap": self.snapshot()} if message.get("n") != self._post.sent else None

    def _send(self, message: Mapping[str, Any], buffers: Sequence[bytes]) -> dict[str, Any]:
        if len(buffers) > MOST_IMAGES:
            text = f"A question takes at most {MOST_IMAGES} images here, not {len(buffers)}."
            raise ParameterError(text)
        chat = self._when_idle()
        text = str(message.get("text", ""))
        parts = [*([text] if text.strip() else []), *(image(data) for data in buffers)]
        return self._ask(lambda: chat.ask(*parts), user(*parts), kept=len(chat.turns), asker=str(message.get("a", "")))

    def _edit(self, message: Mapping[str, Any], _buffers: Sequence[bytes]) -> dict[str, Any]:
        chat, index = self._when_idle(), message["i"]
        chat.siblings(index)  # says so where there is no such turn
        parts = [str(message.get("text", "")), *chat.turns[index].images]
        return self._ask(lambda: chat.edit(index, *parts), user(*parts), kept=index)

    def _retry(self, _message: Mapping[str, Any], _buffers: Sequence[bytes]) -> dict[str, Any]:
        chat = self._when_idle()
        asked = [place for place, turn in enumerate(chat.turns) if turn.role == "user"]
        return self._ask(chat.retry, None, kept=asked[-1] + 1 if asked else 0)

    def _set_model(self, message: Mapping[str, Any], _buffers: Sequence[bytes]) -> None:
        self._chat.model = str(message.get("model", "")).strip() or None

    def _when_idle(self) -> Conversation:
        if self._answering is not None:
            message = "An answer is under way. Stop it first, or wait for it."
            raise ParameterError(message)
        return self._chat

    def _ask(self, ask: Callable[[], Reply], said: Turn | None, *, kept: int, asker: str = "") -> dict[str, Any]:
        """Begin an answer, and return what a view shows of it: the question, and behind how many of the turns."""
        self._live = {"said": render_turn(said.role, said.parts) if said is not None else "", "keep": kept}
        self._asker, self._before = asker, self._chat.turns
        self._answering = Answering(self._chat, ask, draw=self._draw, ended=self._ended)
        live = {**self._live, "column": spell(self._answering)}
        self._post.outside(self._answering.begin)
        return {"live": live}

    def _ended(self, answering: Answering, problem: str) -> None:
        with self._lock:
            self._answering = None if self._answering is answering else self._answering
            self._alert = problem
            # A question that left no turn, as one that was stopped at once, goes back to the person who typed it.
            self._returned = self._asker if self._chat.turns == self._before else ""
            self._tell({"live": None, **self._news()})

    # --- what the view is told

    def _news(self) -> dict[str, Any]:
        """Return what is new of the turns and of the state, and put it into the static copies."""
        news = self._transcript.changes()
        status = self._status_now()
        if status != self._status:
            self._status = news["state"] = status
        if news and self._answering is None:
            self._draw_twins()
        return news

    def _status_now(self) -> dict[str, Any]:
        return {
            "busy": self._answering is not None,
            "alert": render_plain(self._alert),
            "returned": self._returned,
            **status_of(self._chat, self._prompts if self._answering is None else ()),
        }

    def _tell(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._post.send(message)

    def _draw(self) -> float:
        """Send what is new of the answer under way."""
        with self._lock:
            change = self._answering.column.changes() if self._answering is not None else {}
            if change:
                self._post.send({"change": change})
        return DRAW_SECONDS

    # --- how a notebook shows it

    def _make_widget(self) -> "PanelWidget":
        from .widget import PanelWidget

        threading.Thread(target=self._learn_models, name="toprouter_nb-models", daemon=True).start()
        return PanelWidget(self._key, self.snapshot, self.hear)

    def _learn_models(self) -> None:
        """Ask the gateway what there is, if there is one; meanwhile people can type."""
        models = fetched_models(self._chat.settings)
        if models:
            self._tell({"models": models})

    def _static(self, name: str = "tr-twin") -> dict[str, Any]:
        html = f'<div class="{name}">{render_transcript(self._chat.turns, facts_of(self._chat))}</div>'
        return {"text/html": html, "text/plain": render_plain(repr(self._chat))}

    def __repr__(self) -> str:
        """Show what it is a panel of, and outside a notebook what to do there."""
        return f"Panel({self._chat!r}){self._advice(_NO_NOTEBOOK)}"


def check_prompts(prompts: Sequence[str]) -> tuple[str, ...]:
    """Check the texts offered as buttons.

    Raises
    ------
    ParameterError
        They are no list of texts.
    """
    if not isinstance(prompts, str) and all(isinstance(prompt, str) for prompt in prompts):
        return tuple(prompts)
    message = "panel(prompts=...) takes a list of texts, each of which becomes a button."
    raise ParameterError(message)
