"""The widget behind a live view: our one script and style sheet, and messages to and from whoever shows it.

The only module that imports anywidget, so it is imported late. Knows nothing of replies.
"""

import contextlib
from collections.abc import Callable
from importlib import resources
from typing import Any

import anywidget
import traitlets

from toprouter_nb.render.style import style_sheet

_FILES = resources.files(__package__)


class LiveWidget(anywidget.AnyWidget):
    """A model without state of its own: whoever needs the state is given the snapshot of this moment.

    The trait `snapshot` is never set, so it is never pushed; but it is asked for when the widget is opened, when a
    page is loaded again, and when a notebook is saved with its widgets.

    Parameters
    ----------
    key
        Tells the stores of two models apart in the browser.
    snapshot
        Returns the whole state, as plain JSON values; may be called from any thread.
    hear
        Is given each message of a view; may be called from any thread.
    """

    # As texts: a path would be watched by a thread, and read anew for each.
    _esm = "".join(_FILES.joinpath(name).read_text(encoding="utf-8") for name in ("column.js", "live.js"))
    _css = style_sheet() + style_sheet("columns.css") + _FILES.joinpath("live.css").read_text(encoding="utf-8")
    key = traitlets.Unicode().tag(sync=True)
    snapshot = traitlets.Dict().tag(sync=True, to_json=lambda _value, widget: widget.take_snapshot())

    def __init__(
        self, key: str, snapshot: Callable[[], dict[str, Any]], hear: Callable[[dict[str, Any]], None]
    ) -> None:
        self.take_snapshot = snapshot
        super().__init__(key=key)
        self.on_msg(lambda _widget, message, _buffers: hear(message))

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the data and metadata that show a view of it; without text, which saved notebooks would compare."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        return data | {"text/plain": ""}, metadata

    def close(self) -> None:
        """End the model, and the layout that every widget brings along."""
        with contextlib.suppress(AttributeError):  # a second close finds no layout
            self.layout.close()
        super().close()
