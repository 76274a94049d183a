"""The plan of a comparison: prompts by models by options by repeats, as arithmetic; no list of cells is ever made.

Knows nothing of keys, files or calls: which cells are done already is for the run to say.
"""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from ..errors import ParameterError
from ..params import check_model_id, check_params
from ..plain import render_plain, shorten
from ..whole import check_whole
from .prompt import Prompt, content_digest
from .prompts import read_prompts
from .shuffle import Shuffle

# `len()` holds more, but no run ends: at 1,000 calls a second these take 30 years.
_MOST_CELLS = 10**12
_SEED_BITS = 31  # servers take a signed 32-bit seed


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """One question of the plan.

    Attributes
    ----------
    index
        Its place in the grid, from 0.
    prompt, model, params, params_id, repeat
        The prompt, the model id, the request options and their place in the grid's list, and the repeat from 0.
    seed
        To be sent: the options' own where they hold one, else derived from the grid's seed, the prompt and the repeat,
        so that all models share it and adding a model changes none. None where the grid has none.
    """

    index: int
    prompt: Prompt
    model: str
    params: Mapping[str, Any]
    params_id: int
    repeat: int
    seed: int | None


class Grid(Sequence[Cell]):
    """Every prompt put to every model, with every set of options, so many times.

    A sequence of cells that are made when they are looked at: `len(grid)`, `grid[7]`, `grid[10:20]`, iteration. The
    repeats of a prompt stand side by side, then the options, then the models; `order()` is a shuffled order.

    Parameters
    ----------
    prompts
        A frame of `load_prompts`, or anything it takes.
    models
        Model ids, or one.
    params
        One dict of request options for each variant, or a single one; none means the models' defaults.
    repeats
        How often each is asked, at least 1.
    seed
        Decides the order and each cell's seed. None sends no seeds and shuffles as 0 does.

    Attributes
    ----------
    prompts, models, params, repeats, seed
        What was given, checked; prompts as `Prompt` values.

    Raises
    ------
    ParameterError
        A list is empty, holds something twice or of a wrong type, or the grid has more than 10**12 cells.

    Examples
    --------
    >>> grid = Grid(["Name a prime.", "Name a tree."], models=["a/small", "b/large"], repeats=5, seed=1)
    >>> grid
    Grid(2 prompts x 2 models x 1 params x 5 repeats = 20 cells)
    >>> grid[7].model, grid[7].repeat, grid.index_of(grid[7])
    ('b/large', 2, 7)
    >>> list(grid.order())[:5]
    [4, 11, 19, 1, 5]
    """

    def __init__(
        self,
        prompts: object,
        models: Sequence[str] | str,
        params: Sequence[Mapping[str, Any]] | Mapping[str, Any] = ({},),
        repeats: int = 1,
        seed: int | None = 0,
    ) -> None:
        self.prompts = read_prompts(prompts)
        self.models = _models(models)
        self.params = _params(params)
        self.repeats = check_whole("repeats", repeats, 1)
        self.seed = None if seed is None else check_whole("seed", seed)
        self._length = len(self.prompts) * len(self.models) * len(self.params) * self.repeats
        if self._length > _MOST_CELLS:
            message = f"The grid has {self._length:,} cells, more than {_MOST_CELLS:,}. Ask fewer prompts or repeats."
            raise ParameterError(message)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> "Cells": ...
    def __getitem__(self, index: int | slice) -> "Cell | Cells":
        """Return one cell, or a view of several."""
        if isinstance(index, slice):
            return Cells(self, range(self._length)[index])
        place = range(self._length)[index]
        rest, repeat = divmod(place, self.repeats)
        rest, params_id = divmod(rest, len(self.params))
        prompt, model = divmod(rest, len(self.models))
        return self._cell(place, prompt, model, params_id, repeat)

    def __iter__(self) -> Iterator[Cell]:
        """Yield the cells in the grid's order."""
        return iter(self[:])

    def __repr__(self) -> str:
        """Show how many there are of each."""
        sizes = f"{len(self.prompts):,} prompts x {len(self.models)} models x {len(self.params)} params"
        return f"Grid({sizes} x {self.repeats:,} repeats = {self._length:,} cells)"

    def index_of(self, cell: Cell) -> int | None:
        """Return the place of a cell, whichever grid it is from; None where this grid has no such cell.

        Examples
        --------
        >>> small = Grid(["Name a prime."], models="a/small")
        >>> Grid(["Name a tree.", "Name a prime."], models=["b/large", "a/small"]).index_of(small[0])
        3
        """
        prompt = self._prompt_places.get(cell.prompt.id)
        model = self._model_places.get(cell.model)
        params_id = next((place for place, options in enumerate(self.params) if options == cell.params), None)
        if prompt is None or model is None or params_id is None or not 0 <= cell.repeat < self.repeats:
            return None
        return ((prompt * len(self.models) + model) * len(self.params) + params_id) * self.repeats + cell.repeat

    def order(self, start: int = 0, stop: int | None = None) -> Iterator[int]:
        """Yield the places of the cells in a shuffled order, the same for the same size and seed.

        A part of a shuffled run is a fair sample of the whole. Nothing is kept: it begins at any point at once.

        Parameters
        ----------
        start, stop
            Which part of the order; None means to the end.
        """
        shuffle = self._shuffle
        for position in range(self._length)[start:stop]:
            yield shuffle[position]

    def with_models(self, *models: str) -> "Grid":
        """Return a grid with more models; the cells of this one keep their prompts, options, repeats and seeds.

        Examples
        --------
        >>> Grid(["Name a prime."], models="a/small").with_models("b/large").models
        ('a/small', 'b/large')
        """
        return Grid(self.prompts, (*self.models, *models), self.params, self.repeats, self.seed)

    @functools.cached_property
    def fingerprint(self) -> str:
        """32 hex digits that stand for the whole plan; equal for equal grids."""
        # Content and not pickled values: the same plan must have the same print in another process and release.
        digest = hashlib.blake2b(digest_size=16)
        plan = [self.models, self.params, self.repeats, self.seed]
        digest.update(json.dumps(plan, sort_keys=True).encode())
        for prompt in self.prompts:
            known = [prompt.id, content_digest(prompt.turns).hex(), repr(prompt.reference), prompt.cluster]
            digest.update(json.dumps(known).encode())
        return digest.hexdigest()

    @functools.cached_property
    def _shuffle(self) -> Shuffle:
        return Shuffle(self._length, self.seed or 0)

    @functools.cached_property
    def _prompt_places(self) -> dict[str, int]:
        return {prompt.id: place for place, prompt in enumerate(self.prompts)}

    @functools.cached_property
    def _model_places(self) -> dict[str, int]:
        return {model: place for place, model in enumerate(self.models)}

    def _cell(self, place: int, prompt_place: int, model: int, params_id: int, repeat: int) -> Cell:
        prompt, options = self.prompts[prompt_place], self.params[params_id]
        seed = options.get("seed", self._seed(prompt.id, repeat))
        return Cell(place, prompt, self.models[model], options, params_id, repeat, seed)

    def _seed(self, prompt_id: str, repeat: int) -> int | None:
        if self.seed is None:
            return None
        # By the prompt's id and not its place, so that a prompt put before the others changes no seed of theirs.
        said = f"{self.seed} {repeat} {prompt_id}".encode()
        return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest()) >> (64 - _SEED_BITS)


class Cells(Sequence[Cell]):
    """A part of a grid, as a view: nothing is copied.

    Parameters
    ----------
    grid
        Whose cells.
    places
        Which of them.
    """

    def __init__(self, grid: Grid, places: range) -> None:
        self._grid = grid
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> "Cells": ...
    def __getitem__(self, index: int | slice) -> "Cell | Cells":
        """Return one cell, or a part of the part."""
        if isinstance(index, slice):
            return Cells(self._grid, self._places[index])
        return self._grid[self._places[index]]

    def __iter__(self) -> Iterator[Cell]:
        """Yield the cells."""
        return (self._grid[place] for place in self._places)

    def __repr__(self) -> str:
        """Show how many they are, of how many."""
        return f"Cells({len(self):,} of {self._grid!r})"


def _models(given: object) -> tuple[str, ...]:
    listed = (given,) if isinstance(given, str) else given
    if not isinstance(listed, Iterable) or isinstance(listed, Mapping):
        message = f"models is a list of model ids, not {type(given).__name__}."
        raise ParameterError(message)
    models = tuple(check_model_id(model) for model in listed)
    _check_some("models", models)
    return models


def _params(given: object) -> tuple[dict[str, Any], ...]:
    listed = (given,) if isinstance(given, Mapping) else given
    if not isinstance(listed, Iterable) or isinstance(listed, str | bytes):
        message = f"params is a list of dicts of request options, not {type(given).__name__}."
        raise ParameterError(message)
    variants = []
    for options in listed:
        if not isinstance(options, Mapping):
            message = f"params is a list of dicts of request options; one entry is {shorten(repr(options), 60)}."
            raise ParameterError(message)
        variants.append(check_params(options))
    _check_some("params", [json.dumps(options, sort_keys=True) for options in variants])
    return tuple(variants)


def _check_some(name: str, entries: Sequence[str]) -> None:
    """Refuse an empty list, and one with an entry twice."""
    if not entries:
        message = f"The grid is empty: {name} has no entries. Give at least one."
        raise ParameterError(message)
    twice = next((entry for place, entry in enumerate(entries) if entry in entries[:place]), None)
    if twice is not None:
        shown = shorten(render_plain(twice), 80)
        message = f"{name} holds {shown} twice. List each once; repeats= asks several times."
        raise ParameterError(message)
