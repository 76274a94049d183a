"""The messages from a panel to its views: numbered, in one order, and belonging to no cell.

Knows the widget, and nothing of what the messages say.
"""

import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..display.cell_run import leave_cell

if TYPE_CHECKING:
    from ..display.snapshot_widget import SnapshotWidget

_Result = TypeVar("_Result")


class Post:
    """Sends a panel's messages.

    Life: `open` once somebody looks; `send`, before that too; `close`. One thread at a time: whoever sends holds the
    panel's lock, so that a snapshot and the number of the last message fit together.

    Attributes
    ----------
    sent
        Number of the last message.
    """

    def __init__(self) -> None:
        self.sent = 0
        self._widget: SnapshotWidget | None = None
        self._outside = contextvars.copy_context()

    @property
    def is_open(self) -> bool:
        """Say whether there is a widget that views can be shown of."""
        return self._widget is not None

    def open(self, shell: Any, make: "Callable[[], SnapshotWidget]") -> None:
        """Make the widget, from a cell; what is sent is then heard, and answered, while cells run."""
        self._outside = contextvars.copy_context()
        self._outside.run(leave_cell, shell)
        self._widget = self.outside(make)

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the data and metadata that show a view."""
        assert self._widget is not None, "opened before it is shown"
        return self._widget.bundle()

    def send(self, message: dict[str, Any]) -> None:
        """Send the next message to every view."""
        self.sent += 1
        if self._widget is not None:
            widget, numbered = self._widget, {"n": self.sent, **message}
            self.outside(lambda: widget.send(numbered))

    def outside(self, act: Callable[[], _Result]) -> _Result:
        """Do something as if no cell had asked for it."""
        return self._outside.copy().run(act)  # a copy, for a context can be entered once at a time

    def close(self) -> None:
        """End the widget, and its views with it."""
        if self._widget is not None:
            self.outside(self._widget.close)
            self._widget = None
