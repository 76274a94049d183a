"""Which cells of a grid are still missing, found without ever making a list of them.

Knows nothing of calls. A plan that has changed since the last start is laid over the rows once; what is there is kept.
"""

import itertools
import random
from array import array
from collections.abc import Iterator

from .grid import Cell, Grid
from .run_keys import VERSION, Keys
from .store import Store

_BLOCK = 1_000


class Plan:
    """The cells of a grid beside the rows of a store.

    Life: `lay` once, then `missing`.

    Parameters
    ----------
    grid
        What shall be asked.
    keys
        Of this grid at this address.

    Attributes
    ----------
    kind, models
        Of the rows; and who is asked.
    name
        Stands for the plan: the same for the same cells and keys.
    """

    kind = "answer"

    def __init__(self, grid: Grid, keys: Keys, base_url: str) -> None:
        self.models = grid.models
        self.name = f"{VERSION} {grid.fingerprint} {base_url}"
        self._grid = grid
        self._keys = keys
        self._done = bytearray()

    def lay(self, store: Store) -> None:
        """Give every row its place in this grid; rows of another grid are kept, and stand in no table.

        A cell whose very request was answered under another cell's name takes that answer: nothing is asked twice.
        """
        if store.facts().get("plan") == self.name:
            return
        prompts = ((p.id, p.cluster or p.id, p.text, p.reference) for p in self._grid.prompts)
        with store.step():
            store.add_prompts(prompts)
            if next(store.select("SELECT 1 FROM rows LIMIT 1"), None) is not None:
                store.forget_places()
                cells = iter(self._grid)
                while block := list(itertools.islice(cells, _BLOCK)):
                    self._lay_block(store, block)
            store.note({"plan": self.name, "planned": len(self._grid)})

    def count_missing(self, store: Store) -> int:
        """Read which cells are done, and return how many are not."""
        # A byte a cell: a million cells take a megabyte, where a set of places would take tens.
        self._done = bytearray(len(self._grid))
        for place in store.finished_places():
            self._done[place] = 1
        return self._done.count(0)

    def count_unasked(self, store: Store) -> int:
        """Return how many cells have no finished row, changing nothing; also for a plan that was not laid yet."""
        if store.facts().get("plan") == self.name:
            return self.count_missing(store)
        cells, known = iter(self._grid), 0
        while block := list(itertools.islice(cells, _BLOCK)):
            known += len(store.finished_keys([self._keys.of(cell)[0] for cell in block]))
        return len(self._grid) - known

    def missing(self) -> Iterator[Cell]:
        """Yield the cells that were not done when they were counted, in the grid's shuffled order."""
        done, grid = self._done, self._grid
        # Most are missing: walking the whole order wastes little, and the first cells start at once.
        if done.count(1) < len(done) // 2:
            return (grid[place] for place in grid.order() if not done[place])
        return (grid[place] for place in self._listed())

    def _listed(self) -> "array[int]":
        """List the few that are left, shuffled: quicker than to look for them along the whole order."""
        # Eight bytes a place, not a Python object.
        places = array("q")
        place = self._done.find(0)
        while place >= 0:
            places.append(place)
            place = self._done.find(0, place + 1)
        random.Random(self._grid.seed or 0).shuffle(places)  # noqa: S311  # no secret
        return places

    def _lay_block(self, store: Store, cells: list[Cell]) -> None:
        keys = [self._keys.of(cell) for cell in cells]
        placed = store.place_rows([(cell.index, row_key) for cell, (row_key, _) in zip(cells, keys, strict=True)])
        others = []
        for cell, (row_key, request_key) in zip(cells, keys, strict=True):
            known = None if row_key in placed else store.answer_of(request_key)
            if known is not None:
                known.row_key, known.place, known.params_id = row_key, cell.index, cell.params_id
                known.prompt_id, known.cluster = cell.prompt.id, cell.prompt.cluster or cell.prompt.id
                # Paid for once, where it was asked; a sum over rows must not count it again.
                known.cache_hit, known.attempts, known.cost_nano_usd = 1, 0, 0
                others.append(known)
        store.add_rows(others)
