"""The keys of a cell: which request it is, whoever asks; and which cell of which experiment.

Knows nothing of files. In a key is all that can change the answer, the repeat and the address included; never the
key, time limits, retries, concurrency or the engine.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..params import is_local_id
from .prompt import Prompt, content_digest
from .row import canonical

if TYPE_CHECKING:
    from ..turns import Turn

VERSION = 1
FIRST_VERSION = "1"


class CellLike(Protocol):
    """What is read of a cell."""

    @property
    def prompt(self) -> Prompt:
        """What is said."""

    @property
    def model(self) -> str:
        """Who is asked."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The request options."""

    @property
    def params_id(self) -> int:
        """The options' place in the grid's list."""

    @property
    def repeat(self) -> int:
        """Which repeat."""

    @property
    def seed(self) -> int | None:
        """The seed that is sent."""


class Keys:
    """Makes the keys of the cells of one grid at one address.

    Parameters
    ----------
    base_url
        Of the gateway; models of this machine have none, for their address changes with every start.
    version
        Of whoever asks, a judge; the first is in no key.

    Examples
    --------
    >>> from toprouter_nb.experiment.grid import Grid
    >>> grid = Grid(["Name a prime."], models="a/small", repeats=2)
    >>> here, there = Keys("https://a.example"), Keys("https://b.example")
    >>> here.of(grid[0]) == Keys("https://a.example").of(grid[0])
    True
    >>> len({here.of(grid[0]), here.of(grid[1]), there.of(grid[0])})
    3
    """

    def __init__(self, base_url: str, version: str = FIRST_VERSION) -> None:
        self._base_url = base_url
        self._version = [] if version == FIRST_VERSION else [version]
        self._beginnings: dict[tuple[str, int], Any] = {}
        self._digests: dict[str, tuple[tuple[Turn, ...], bytes]] = {}

    def of(self, cell: CellLike) -> tuple[bytes, bytes]:
        """Return the row key and the request key of a cell, 16 bytes each."""
        request = self._beginning(cell).copy()
        seed = "" if cell.seed is None else str(cell.seed)
        request.update(b"%b%d %b" % (self._digest(cell.prompt), cell.repeat, seed.encode()))
        request_key = request.digest()
        # Two prompts that say the same are one request and two cells.
        return hashlib.blake2b(cell.prompt.id.encode() + request_key, digest_size=16).digest(), request_key

    def _beginning(self, cell: CellLike) -> Any:
        name = cell.model, cell.params_id
        known = self._beginnings.get(name)
        if known is None:
            address = "local" if is_local_id(cell.model) else self._base_url
            # The seed enters cell by cell, below, wherever it came from.
            options = {name: value for name, value in cell.params.items() if name != "seed"}
            said = canonical([VERSION, address, cell.model, options, *self._version])
            known = self._beginnings[name] = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16)
        return known

    def _digest(self, prompt: Prompt) -> bytes:
        known = self._digests.get(prompt.id)
        if known is None or known[0] is not prompt.turns:  # a judge asks several things about one prompt
            known = self._digests[prompt.id] = prompt.turns, content_digest(prompt.turns)
        return known[1]
