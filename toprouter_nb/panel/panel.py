"""A panel: what its view is told of a conversation, and what each of its buttons does.

Knows the conversation through its public methods. Messages come in threads of any kind; one lock keeps them apart.
"""

import contextvars
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..conversation import Conversation
from ..display.cell_run import leave_cell
from ..display.choice import running_shell
from ..display.live_view import DRAW_SECONDS
from ..display.output import Output
from ..display.ticker import Ticker
from ..errors import ParameterError, ToprouterError
from ..images import image
from ..plain import render_plain
from ..render.cards import render_transcript, render_turn
from ..render.facts import conversation_facts
from ..reply import Reply
from ..turns import user
from .answering import Answering, spell
from .settings_bar import fetched_models, known_models, params_of, set_params
from .transcript import Transcript

if TYPE_CHECKING:
    from .widget import PanelWidget

MOST_IMAGES = 20
# What a message that our own view would never send may end in.
_NONSENSE = (AttributeError, KeyError, TypeError, ValueError)


class Panel:
    """A conversation with a place to type.

    Shown by a notebook as any value is. Questions run in a thread, so that cells can run meanwhile; the conversation
    is the one it was made of, and can be asked in cells too, when no answer is under way.

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
        if isinstance(prompts, str) or not all(isinstance(prompt, str) for prompt in prompts):
            message = "panel(prompts=...) takes a list of texts, each of which becomes a button."
            raise ParameterError(message)
        self.key = uuid.uuid4().hex
        self._chat = chat
        self._prompts = list(prompts)
        self._lock = threading.RLock()
        self._transcript = Transcript(chat)
        self._answering: Answering | None = None
        self._said = ""
        self._alert = ""
        self._is_returned = False
        self._sent = 0
        self._outbox: list[dict[str, Any]] = []
        self._widget: PanelWidget | None = None
        self._twin: Output | None = None
        self._ticker = Ticker(self._draw, None)

    def snapshot(self) -> dict[str, Any]:
        """Return all a view needs, as plain JSON values."""
        with self._lock:
            live = {"said": self._said, "column": spell(self._answering)} if self._answering else None
            models = known_models(self._chat.settings)
            return {"n": self._sent, **self._transcript.whole(), "live": live, "state": self._state(), "models": models}

    def hear(self, message: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Do what a view asks for; whatever is wrong with it is shown there."""
        handler = self._handlers().get(str(message.get("t")))
        if handler is None:
            return
        with self._lock:
            self._alert, self._is_returned = "", False
            try:
                handler(message, buffers)
            except ToprouterError as error:
                self._alert, self._is_returned = str(error), message.get("t") == "send"
            except _NONSENSE as error:
                self._alert = f"The panel could not read what was pressed ({type(error).__name__})."
            self._tell({**self._transcript.changes(), "state": self._state()})

    def close(self) -> None:
        """End the answer under way and the widget; the static copy of the conversation stays."""
        if self._answering is not None:
            self._answering.stop()
        self._ticker.stop()
        if self._widget is not None:
            self._widget.close()

    def _handlers(self) -> dict[str, Callable[[Mapping[str, Any], Sequence[bytes]], None]]:
        return {
            "look": lambda _message, _buffers: None,
            "resync": lambda _message, _buffers: self._tell({"snap": self.snapshot()}),
            "earlier": lambda _message, _buffers: self._tell({"from": 0, **self._transcript.reach_back()}),
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

    def _send(self, message: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        if len(buffers) > MOST_IMAGES:
            text = f"A question takes at most {MOST_IMAGES} images here, not {len(buffers)}."
            raise ParameterError(text)
        chat = self._when_idle()
        text = str(message.get("text", ""))
        parts = [*([text] if text.strip() else []), *(image(data) for data in buffers)]
        self._ask(lambda: chat.ask(*parts), user(*parts))

    def _edit(self, message: Mapping[str, Any], _buffers: Sequence[bytes]) -> None:
        chat, index = self._when_idle(), message["i"]
        chat.siblings(index)  # says so where there is no such turn
        parts = (str(message.get("text", "")), *chat.turns[index].images)
        self._ask(lambda: chat.edit(index, *parts), user(*parts))

    def _retry(self, _message: Mapping[str, Any], _buffers: Sequence[bytes]) -> None:
        chat = self._when_idle()
        self._ask(chat.retry, None)

    def _set_model(self, message: Mapping[str, Any], _buffers: Sequence[bytes]) -> None:
        self._chat.model = str(message.get("model", "")).strip() or None

    def _when_idle(self) -> Conversation:
        if self._answering is not None:
            message = "An answer is under way. Stop it first, or wait for it."
            raise ParameterError(message)
        return self._chat

    def _ask(self, ask: Callable[[], Reply], said: Any) -> None:
        self._said = render_turn(said.role, said.parts) if said is not None else ""
        self._answering = Answering(self._chat, ask, news=self._ticker.ring, ended=self._ended)
        self._tell({"live": {"said": self._said, "column": spell(self._answering)}})
        self._answering.begin()

    def _ended(self, problem: str) -> None:
        with self._lock:
            before = len(self._chat.turns)
            self._answering, self._alert = None, problem
            changes = self._transcript.changes()
            # A question that left no turn is given back to the person who typed it.
            self._is_returned = bool(problem and not changes["turns"] and before == len(self._chat.turns))
            self._tell({**changes, "live": None, "state": self._state()})
            self._draw_twin()

    # --- what the view is told

    def _state(self) -> dict[str, Any]:
        budget, is_busy = self._chat.budget, self._answering is not None
        is_new = not is_busy and all(turn.role == "system" for turn in self._chat.turns)
        return {
            "busy": is_busy,
            "model": self._chat.model or "",
            "params": params_of(self._chat),
            "facts": self._facts(),
            "meter": [float(budget.limit_usd - budget.left_usd), float(budget.limit_usd)] if budget else None,
            "alert": render_plain(self._alert),
            "returned": self._is_returned,
            "prompts": self._prompts if is_new else [],
        }

    def _tell(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._outbox.append(message)
        self._ticker.ring()

    def _draw(self) -> float:
        """Send what is new; only here, so that messages have one order."""
        with self._lock:
            messages, self._outbox = self._outbox, []
            change = self._answering.column.changes() if self._answering is not None else {}
            messages += [{"change": change}] if change else []
            for message in messages:
                self._sent += 1
                if self._widget is not None:
                    self._widget.send({"n": self._sent, **message})
        return DRAW_SECONDS

    # --- how a notebook shows it

    def _ipython_display_(self) -> None:
        shell: Any = running_shell()
        with self._lock:
            if self._widget is None:
                self._open(shell)
            assert self._widget is not None
            data, metadata = self._widget.bundle()
        shell.display_pub.publish(data, metadata)
        if self._twin is None:
            self._twin = Output(shell)
            self._twin.open()
        self._draw_twin()

    def _open(self, shell: Any) -> None:
        from .widget import PanelWidget

        def make() -> None:
            leave_cell(shell)
            self._widget = PanelWidget(self.key, self.snapshot, self.hear)
            self._ticker.start()

        # What it sends belongs to no cell, here and in the ticker's thread, so that it is heard while a cell runs.
        contextvars.copy_context().run(make)
        threading.Thread(target=self._learn_models, name="toprouter_nb-models", daemon=True).start()

    def _learn_models(self) -> None:
        """Ask the gateway what there is, if there is one; meanwhile people can type."""
        models = fetched_models(self._chat.settings)
        if models:
            self._tell({"models": models})

    def _draw_twin(self) -> None:
        """Put a static copy beside the view, which hides it; it is what is read where there is no kernel."""
        if self._twin is not None:
            html = f'<div class="tr-twin tr-twin-{self.key}">{render_transcript(self._chat.turns, self._facts())}</div>'
            self._twin.replace({"text/html": html, "text/plain": render_plain(repr(self._chat))})

    def _facts(self) -> tuple[str, ...]:
        chat = self._chat
        return conversation_facts(chat.model, chat.usage.total_tokens, len(chat.replies), chat.cost_usd)

    def __repr__(self) -> str:
        """Show what it is a panel of."""
        return f"Panel({self._chat!r})"
