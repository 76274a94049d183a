"""The widget behind a blind rating: its script and style sheet, with the panel's buttons and colours.

Imported late, as it imports anywidget. Knows nothing of votes.
"""

from importlib import resources

from ..panel.widget import PanelWidget
from ..render.style import style_sheet

_ROOMS = {name: resources.files(f"toprouter_nb.{name}") for name in ("display", "panel", "experiment")}
# In the order they use each other; together they are one module.
_SCRIPTS = (_ROOMS["display"] / "column.js", _ROOMS["panel"] / "pieces.js", _ROOMS["experiment"] / "rating.js")
_SHEETS = (_ROOMS["display"] / "live.css", _ROOMS["panel"] / "panel.css", _ROOMS["experiment"] / "rating.css")


class RatingWidget(PanelWidget):
    """A panel's model with views of its own."""

    _esm = "".join(script.read_text(encoding="utf-8") for script in _SCRIPTS)
    _css = style_sheet() + "".join(sheet.read_text(encoding="utf-8") for sheet in _SHEETS)
