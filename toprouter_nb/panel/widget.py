"""The widget behind a panel: its script and style sheet, and messages to and from its views.

Imported late, as it imports anywidget. Knows nothing of conversations.
"""

import contextlib
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import anywidget
import traitlets

from ..render.style import style_sheet

_DISPLAY = resources.files("toprouter_nb.display")
_HERE = resources.files(__package__)
# In the order they use each other; together they are one module.
_NAMES = ("store", "pictures", "pieces", "choices", "panel")
_SCRIPTS = (_DISPLAY / "column.js", *(_HERE / f"{name}.js" for name in _NAMES))
_SHEETS = (_DISPLAY / "live.css", _HERE / "panel.css")


class PanelWidget(anywidget.AnyWidget):
    """A model without state of its own; whoever needs the state is given the snapshot of this moment.

    Parameters
    ----------
    key
        Tells panels on one page apart.
    snapshot
        Returns the whole state, as plain JSON values; may be called from any thread.
    hear
        Is given each message of a view, and its buffers; may be called from any thread.
    """

    # As texts: a path would be watched by a thread, and read anew for each.
    _esm = "".join(script.read_text(encoding="utf-8") for script in _SCRIPTS)
    _css = style_sheet() + "".join(sheet.read_text(encoding="utf-8") for sheet in _SHEETS)
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
        """Return the data and metadata that show a view of it."""
        data, metadata = self._repr_mimebundle_() or ({}, {})
        return data | {"text/plain": ""}, metadata

    def close(self) -> None:
        """End the model, and the layout that every widget brings along."""
        with contextlib.suppress(AttributeError):  # a second close finds no layout
            self.layout.close()
        super().close()
