"""Growing replies side by side in one output: by a widget where somebody looks, else by plain display updates.

Knows the messages between a view and Python, and nothing of requests: whoever asks feeds it.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from toprouter_nb.plain import render_plain
from toprouter_nb.render.cards import render_root
from toprouter_nb.render.columns import render_columns
from toprouter_nb.render.fragment import Html

from .cell_run import current_run, leave_cell
from .column import Column
from .output import Output
from .ticker import Ticker

if TYPE_CHECKING:
    from .live_widget import LiveWidget

Mode = Literal["auto", "live", "static"]
# 22 looks a second read as flowing, and are a tenth of what a Jupyter server passes on at most.
DRAW_SECONDS = 0.045
# A browser replaces about a million characters a second without a hitch; a very long open end is drawn less often.
DRAW_CHARACTERS_PER_SECOND = 1_000_000
# Where there is no widget, each look sends everything again.
STATIC_SECONDS = 0.2
STATIC_CHARACTERS_PER_SECOND = 200_000
# A reply that is there at once needs no widget; a front end that cannot show one says nothing for long.
OPEN_SECONDS = 0.1
HELLO_SECONDS = 4.0
# How long a page may need to ask for what it missed, once the cell is over.
GRACE_SECONDS = 5.0
# Views take a longer silence for a lost message; see SILENCE_MILLISECONDS in live.js.
_IDLE_SECONDS = 1.0


class LiveView:
    """N growing replies in one output of the running cell.

    Life: `start` in the cell; then `add`, `tell` and at last `end` for each column, from any thread, cheap and in any
    order. When all have ended, either publish what shall stay (`output.add_after`) and `close`, which leaves that
    alone; or `settle`, and the view stays as it is until the kernel ends.

    All columns travel in one numbered message at most 22 times a second: finished blocks once, of the open end what
    changed. A view that misses a message asks for the whole; one that opens late is given it. Views are drawn from
    Python's HTML alone.

    Parameters
    ----------
    columns
        The title of each; "" for none.
    shell
        The IPython shell of the kernel.
    mode
        "live" is a widget; "static" are display updates, which work everywhere and send everything each time; "auto"
        is a widget where a person sits before the cells, and turns static where no view of it opens.
    on_stop
        Called, in a thread of any kind, when a person presses a Stop button, with the place of the column, or None
        for all; must be quick. None = no button does anything.
    is_blocking
        Returns whether the running cell waits for these very replies, so that interrupting the kernel stops them and
        nothing else.
    hints
        For each column, returns a remark to show while it runs, "" for none.

    Attributes
    ----------
    output
        Where it shows; `output.add_after(bundle)` publishes what stays.
    """

    def __init__(
        self,
        columns: Sequence[str] = ("",),
        *,
        shell: Any,
        mode: Mode = "auto",
        on_stop: Callable[[int | None], None] | None = None,
        is_blocking: Callable[[], bool] = lambda: False,
        hints: Sequence[Callable[[], str] | None] = (),
    ) -> None:
        self.output = Output(shell)
        self._columns = [
            Column(title, hint) for title, hint in zip(columns, hints or [None] * len(columns), strict=True)
        ]
        self._shell = shell
        self._mode = mode
        self._on_stop = on_stop
        self._is_blocking = is_blocking
        self._lock = threading.RLock()
        self._ticker = Ticker(self._draw, _IDLE_SECONDS)
        self._widget: LiveWidget | None = None
        self._started = self._opened = 0.0
        self._can_hear = False
        self._has_view = self._has_late_page = False
        self._has_drawn = False
        self._sent = 0
        self._answers: list[str] = []

    def start(self) -> None:
        """Take a place in the running cell, and begin to draw."""
        if self._mode == "auto" and current_run(self._shell).cell_id is None:
            self._mode = "static"
        self.output.open()
        self._started = time.monotonic()
        self._ticker.start()
        self._ticker.ring()

    def add(self, place: int, text: str, reasoning: str = "") -> None:
        """Add a piece of text or reasoning to a column."""
        self._columns[place].add(text, reasoning)
        self._ticker.ring()

    def tell(self, place: int, facts: Iterable[str]) -> None:
        """Set what stands first in a column's small print, before the seconds and tokens that are counted here."""
        self._columns[place].tell(facts)
        self._ticker.ring()

    def end(
        self,
        place: int,
        status: Literal["done", "stopped", "error"],
        facts: Iterable[str] = (),
        error: str = "",
    ) -> None:
        """End a column, with its final small print, and what went wrong ("" for nothing)."""
        self._columns[place].end(status, facts, error)
        self._ticker.ring()

    def stop(self) -> Exception | None:
        """Stop drawing, and return what went wrong with it; what came last may not be seen."""
        return self._ticker.stop()

    def settle(self) -> Exception | None:
        """Stop drawing, draw the rest, and return what went wrong with it, for a view that stays."""
        failure = self.stop()
        if not self._has_drawn:
            self._mode = "static"  # all was there before a widget was opened, and needs none
        if failure is None:
            self._draw()
        return failure

    def close(self) -> None:
        """Stop drawing, empty the output and end the widget: nothing of it is saved with the notebook.

        A page that was loaded while the reply grew gets no outputs of its cell any more, only messages of the widget,
        and may have to wait for them until the cell is over. So the widget ends a little later; and not at all where
        such a page was heard of: for that one the view is kept, with all that came.
        """
        failure = self.stop()
        if self._widget is not None and failure is None:
            self._draw()
        if not self._has_late_page:
            self.output.blank()
        if self._widget is not None:
            timer = threading.Timer(GRACE_SECONDS, self._end_widget)
            timer.daemon = True
            timer.start()

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state, as plain JSON values."""
        with self._lock:
            columns = [column.snapshot() for column in self._columns]
            return {"n": self._sent, "b": self._is_blocking(), "c": columns}

    def html(self) -> Html:
        """Return the whole as it looks now, for a place that runs no script of ours."""
        return render_root(render_columns([(column.title, column.html()) for column in self._columns]))

    def _draw(self) -> float:
        """Draw what is new; return how long it should be left alone."""
        with self._lock:
            if self._mode == "static":
                self._has_drawn = True
                return self._draw_static()
            if self._widget is None:
                return self._open()
            if self._is_alone():
                self._give_up()
            return self._send()

    def _open(self) -> float:
        """Open the widget, unless the whole reply may be there in a moment."""
        wait = self._started + OPEN_SECONDS - time.monotonic()
        if wait <= 0:
            self._make_widget()
        self._ticker.ring()
        return max(wait, 0.0)

    def _make_widget(self) -> None:
        self._can_hear = leave_cell(self._shell)
        try:
            from .live_widget import LiveWidget

            self._widget = LiveWidget(uuid.uuid4().hex, self.snapshot, self._hear)
        except Exception:  # noqa: BLE001 - whatever is missing or too old there, plain updates need none of it
            self._mode = "static"
            return
        self._opened = time.monotonic()
        self._has_drawn = True
        self.output.replace(*self._widget.bundle())

    def _is_alone(self) -> bool:
        """Say whether no view has opened in all that time, though its message could have been heard."""
        late = time.monotonic() - self._opened > HELLO_SECONDS
        return self._mode == "auto" and self._can_hear and late and not self._has_view

    def _give_up(self) -> None:
        """Go on without a widget; the next drawing takes its place."""
        self._mode = "static"
        self._end_widget()

    def _end_widget(self) -> None:
        if self._widget is not None and not self._has_late_page:
            self._widget.close()
            self._widget = None

    def _send(self) -> float:
        if self._widget is None:
            return self._draw_static()
        for answer in self._take_answers():
            self._widget.send(self._answer(answer))
        columns = enumerate(self._columns)
        changes = [[place, change] for place, column in columns if (change := column.changes())]
        if changes:
            self._sent += 1
            about = {"n": self._sent, "b": self._is_blocking(), "h": self._has_view}
            self._widget.send({"t": "d", **about, "c": changes})
        length = sum(column.tail_length for column in self._columns)
        return max(DRAW_SECONDS, length / DRAW_CHARACTERS_PER_SECOND)

    def _draw_static(self) -> float:
        for column in self._columns:
            column.changes()
        html, text = self.html(), render_plain("\n\n".join(column.text for column in self._columns))
        self.output.replace({"text/html": html, "text/plain": text})
        return max(STATIC_SECONDS, (len(html) + len(text)) / STATIC_CHARACTERS_PER_SECOND)

    def _take_answers(self) -> list[str]:
        answers, self._answers = self._answers, []
        return answers

    def _answer(self, kind: str) -> dict[str, Any]:
        return {"t": "ack"} if kind == "stop" else {"t": "snap", **self.snapshot()}

    def _hear(self, message: object, _buffers: object = ()) -> None:
        """Take a message of a view, in whatever thread the kernel has for it; it is answered with the next drawing."""
        said = message if isinstance(message, dict) else {}
        kind = said.get("t")
        self._has_view = True
        if kind == "stop":
            self._answers.append("stop")
            place = said.get("i")
            if self._on_stop is not None:
                self._on_stop(place if isinstance(place, int) and 0 <= place < len(self._columns) else None)
        elif kind == "hello":
            # The first page begins with nothing; one that begins with more was loaded since then.
            self._has_late_page = self._has_late_page or bool(said.get("n"))
        elif kind == "resync" and said.get("n") != self._sent:
            self._answers.append("snap")
        self._ticker.ring()
