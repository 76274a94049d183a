"""Which cell of a notebook asked what, so that a cell that is run again takes its earlier place.

Knows cells and runs by their ids only, and nothing of kernels.
"""

from .history import History, Node


class CellPlaces:
    """What the cells of a notebook asked in one conversation.

    The rule: the first question of a cell's new run goes where the first question of its last run stands, if that is
    still on the current path; else, and for each further question of the run, to the end.

    Parameters
    ----------
    history
        The turns of the conversation.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        # Of each cell: its last run that asked, and the first question of that run.
        self._first: dict[str, tuple[str | None, Node]] = {}

    def find(self, cell_id: str, run_id: str | None) -> Node | None:
        """Return after which node a run's next question shall stand; None = at the end."""
        last_run, first = self._first.get(cell_id, (run_id, None))
        if first is None or last_run == run_id:
            return None
        is_current = any(node is first for node in self.history.path())
        return first.parent if is_current else None

    def note(self, cell_id: str, run_id: str | None, node: Node) -> None:
        """Take the turn that a run has asked."""
        if cell_id not in self._first or self._first[cell_id][0] != run_id:
            self._first[cell_id] = (run_id, node)
