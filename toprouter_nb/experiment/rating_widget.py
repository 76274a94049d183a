"""The widget behind a blind rating: its script and style sheet, with the panel's buttons and colours.

Imported late, as it imports anywidget. Knows nothing of votes.
"""

from importlib import resources

from ..display.snapshot_widget import SnapshotWidget, join_scripts, join_sheets

_DISPLAY, _PANEL, _HERE = (resources.files(f"toprouter_nb.{name}") for name in ("display", "panel", "experiment"))


class RatingWidget(SnapshotWidget):
    """The model of a blind rating."""

    _esm = join_scripts([_DISPLAY / "column.js", _PANEL / "pieces.js", _HERE / "rating.js"])
    _css = join_sheets(_DISPLAY / "live.css", _PANEL / "panel.css", _HERE / "rating.css")
