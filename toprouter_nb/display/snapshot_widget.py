"""What our widgets have in common: no state of their own, only a snapshot for whoever asks, and messages.

The only module that imports anywidget, so it is imported late. Knows nothing of what is shown.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Sequence
from importlib.resources.abc import Traversable
from typing import Any

import anywidget
import traitlets

from toprouter_nb.render.style import squeeze, style_sheet

_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)


class SnapshotWidget(anywidget.AnyWidget):
    """A model without state of its own: whoever needs the state is given the snapshot of this moment.

    The trait `snapshot` is never set, so it is never pushed; but it is asked for when the widget is opened, when a
    page is loaded again, and when a notebook is saved with its widgets. What inherits it sets `_esm` and `_css`.

    Parameters
    ----------
    key
        Tells the stores of two models on one page apart.
    snapshot
        Returns the whole state, as plain JSON values; may be called from any thread.
    hear
        Is given each message of a view, and its buffers; may be called from any thread.
    """

    key = traitlets.Unicode().tag(sync=True)
    snapshot = traitlets.Dict().tag(sync=True, to_json=lambda _value, widget: widget.take_snapshot())

    def __init__(
        self,
        key: str,
        snapshot: Callable[[], dict[str, Any]],
        hear: Callable[[dict[str, Any], Sequence[bytes]], None],
    ) -> None:
        self.take_snapshot = snapshot
        super().__init__(key=key)
        self.on_msg(lambda _widget, message, buffers: hear(message, [bytes(buffer) for buffer in buffers or ()]))

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the data and metadata that show a view of it; without text, which saved notebooks would compare."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        return data | {"text/plain": ""}, metadata

    def close(self) -> None:
        """End the model, and the layout that every widget brings along."""
        with contextlib.suppress(AttributeError):  # a second close finds no layout
            self.layout.close()
        super().close()


def join_scripts(files: Iterable[Traversable]) -> str:
    """Return scripts as one module, in the order they use each other.

    As text: a path would be watched by a thread, and read anew for each widget. Lines that are comments stay here: each
    widget brings the scripts along.
    """
    return _COMMENT.sub("", "".join(file.read_text(encoding="utf-8") for file in files))


def join_sheets(*sheets: Traversable) -> str:
    """Return the style sheet of all our HTML, and others behind it."""
    return style_sheet() + "".join(squeeze(sheet.read_text(encoding="utf-8")) for sheet in sheets)
