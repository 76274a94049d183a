"""The widget behind a panel: its script and style sheet.

Imported late, as it imports anywidget. Knows nothing of conversations.
"""

from importlib import resources

from ..display.snapshot_widget import SnapshotWidget, join_scripts, join_sheets

_DISPLAY = resources.files("toprouter_nb.display")
_HERE = resources.files(__package__)
_NAMES = ("store", "pictures", "pieces", "choices", "panel")


class PanelWidget(SnapshotWidget):
    """The model of a panel."""

    _esm = join_scripts([_DISPLAY / "column.js", *(_HERE / f"{name}.js" for name in _NAMES)])
    _css = join_sheets(_DISPLAY / "live.css", _HERE / "panel.css")
