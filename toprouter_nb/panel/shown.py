"""What a notebook shows as a widget, in any number of its cells, with a static copy beside each view.

Knows where it stands and how it gets there, and nothing of what it is: a panel, or anything else people press.
"""

import abc
import threading
import uuid
from typing import TYPE_CHECKING, Any

from ..display.cell_run import is_watched
from ..display.choice import has_kernel, running_shell
from .places import CELLS, Twins
from .post import Post

if TYPE_CHECKING:
    from ..display.snapshot_widget import SnapshotWidget


class Shown(abc.ABC):
    """What is shown as a widget where somebody looks, as a static copy elsewhere, and as text outside notebooks.

    Life: shown any number of times, in any cells; `close`. Messages of views come in threads of any kind;
    who inherits it does its work under `_lock`.

    Attributes
    ----------
    is_closed
        True once it was closed.
    """

    def __init__(self) -> None:
        self.is_closed = False
        self._key = uuid.uuid4().hex[:8]  # it stands in saved HTML, where a longer one looks like a key
        self._lock = threading.RLock()
        self._post = Post()
        self._twins = Twins()

    def close(self) -> None:
        """End it and its views; the static copy stays."""
        with self._lock:
            self.is_closed = True
            self._post.close()
        CELLS.forget(self)

    @abc.abstractmethod
    def _make_widget(self) -> "SnapshotWidget":
        """Make the widget, when somebody looks for the first time."""

    @abc.abstractmethod
    def _static(self, name: str = "tr-twin") -> dict[str, Any]:
        """Return the static copy, in an element of this class."""

    def _ipython_display_(self) -> None:
        shell: Any = running_shell()
        if shell is None or not has_kernel(shell):
            print(repr(self))
        elif self.is_closed or not is_watched(shell):
            shell.display_pub.publish(self._static())
        else:
            self._show(shell)

    def _show(self, shell: Any) -> None:
        with self._lock:
            if not self._post.is_open:
                self._post.open(shell, self._make_widget)
            data, metadata = self._post.bundle()
        shell.display_pub.publish(data, metadata)
        CELLS.show(self._twins.add(shell), self)
        self._draw_twins()

    def _advice(self, words: str) -> str:
        """Return what to do, for a repr outside of notebooks; "" in one."""
        shell = running_shell()
        return "" if shell is not None and has_kernel(shell) else f" {words}"

    def _draw_twins(self) -> None:
        """Put a static copy beside each view, which hides it; it is what is read where there is no kernel."""
        self._twins.draw(self._static(f"tr-twin tr-twin-{self._key}"))
