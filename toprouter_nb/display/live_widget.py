"""The widget behind a live view: our one script and style sheet for replies that grow.

Imported late, as it imports anywidget. Knows nothing of replies.
"""

from importlib import resources

from toprouter_nb.render.style import style_sheet

from .snapshot_widget import SnapshotWidget, join_scripts, join_sheets

_FILES = resources.files(__package__)


class LiveWidget(SnapshotWidget):
    """The model of a live view."""

    _esm = join_scripts(_FILES / name for name in ("column.js", "live.js"))
    _css = join_sheets() + style_sheet("columns.css") + join_scripts([_FILES / "live.css"])
