"""The widget behind a live view: our one script and style sheet for replies that grow.

Imported late, as it imports anywidget. Knows nothing of replies.
"""

from importlib import resources

from .snapshot_widget import SnapshotWidget, join_scripts, join_sheets

_FILES = resources.files(__package__)
_RENDER = resources.files("toprouter_nb.render")


class LiveWidget(SnapshotWidget):
    """The model of a live view."""

    _esm = join_scripts(_FILES / name for name in ("column.js", "live.js"))
    _css = join_sheets(_RENDER / "columns.css", _FILES / "live.css")
