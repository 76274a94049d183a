"""Where panels stand in a notebook: in each cell the panel it showed last, and the static copies beside them.

Knows cells and outputs, and nothing of what a panel shows.
"""

from typing import Any, Protocol

from ..display.cell_run import current_run
from ..display.output import Output


class Closable(Protocol):
    """What stands in a cell."""

    def close(self) -> None:
        """End it."""


class Cells:
    """Which panel each cell shows, so that one that no cell shows any more can end with its widget."""

    def __init__(self) -> None:
        self._shown: dict[str, Closable] = {}

    def show(self, cell_id: str | None, panel: Closable) -> None:
        """Note what a cell shows now; what it showed before is closed, unless another cell shows it too."""
        if cell_id is None:
            return
        before = self._shown.get(cell_id)
        self._shown[cell_id] = panel
        if before is not None and all(shown is not before for shown in self._shown.values()):
            before.close()

    def forget(self, panel: Closable) -> None:
        """Let go of a panel that was closed."""
        self._shown = {cell_id: shown for cell_id, shown in self._shown.items() if shown is not panel}


CELLS = Cells()


class Twins:
    """The static copies of one panel, one in each cell that shows it; its view hides them.

    Life: `add` in a cell that shows the panel; `draw` from any thread.
    """

    def __init__(self) -> None:
        self._outputs: dict[str | None, Output] = {}
        self._drawn: dict[str, Any] = {}

    def add(self, shell: Any) -> str | None:
        """Take a place in the running cell, and return the cell's id; a cell that ran before has a new place now."""
        cell_id = current_run(shell).cell_id
        self._outputs[cell_id] = output = Output(shell)
        output.open()
        if self._drawn:
            output.replace(self._drawn)
        return cell_id

    def draw(self, data: dict[str, Any]) -> None:
        """Show this in each place, where it is not what stands there."""
        if data == self._drawn:
            return
        self._drawn = data
        for output in self._outputs.values():
            output.replace(data)
