"""What the chunks of a run may spend: set aside before one is sent, settled when it came back.

Knows nothing of clusters. A chunk's worst case is the sum of its cells', so that workers cannot break the cap together.
"""

from .grid import Cell
from .run_prices import Prices


class ChunkMoney:
    """The cap of a run that is sent out in chunks.

    Life: `reserve` before a chunk is sent, `settle` when it came back.

    Parameters
    ----------
    limit_nano_usd
        The most that may be spent; None = no limit.
    spent_nano_usd
        What earlier starts spent.
    """

    def __init__(self, limit_nano_usd: int | None, spent_nano_usd: int) -> None:
        self._limit = limit_nano_usd
        self._spent = spent_nano_usd
        self._reserved = 0

    def reserve(self, prices: Prices, cells: list[Cell]) -> tuple[list[Cell], int]:
        """Return as many of the cells as can be afforded at their worst, and that worst."""
        if self._limit is None:
            return cells, 0
        part, total, left = [], 0, self._limit - self._spent - self._reserved
        for cell in cells:
            worst = prices.worst(cell.model, cell.prompt.turns, cell.params)
            # The first that does not fit ends the part: to go on with cheaper cells would bias a capped sample.
            if total + worst > left:
                break
            part.append(cell)
            total += worst
        self._reserved += total
        return part, total

    def settle(self, reserved_nano_usd: int, spent_nano_usd: int) -> None:
        """Put what all rows cost in the place of what was set aside for a chunk."""
        self._reserved -= reserved_nano_usd
        self._spent = spent_nano_usd
