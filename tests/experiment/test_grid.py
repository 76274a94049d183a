"""A grid is arithmetic: each cell has one place, each place one cell, and nothing is made before it is looked at."""

import itertools
import tracemalloc

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.grid import Cells
from toprouter_nb.experiment.shuffle import Shuffle

PROMPTS = ["Name a prime.", "Name a tree.", "Name a sea."]
MODELS = ["a/small", "b/large"]
PARAMS = [{"temperature": 0.0}, {"temperature": 0.8, "max_tokens": 256}]


def grid(**changes):
    """Make a grid of 3 prompts, 2 models, 2 variants and 4 repeats, but for the changes."""
    return tr.Grid(**({"prompts": PROMPTS, "models": MODELS, "params": PARAMS, "repeats": 4, "seed": 1} | changes))


def test_the_cells_are_the_product_in_order():
    """Place by place the cells are what the four nested loops give."""
    expected = list(itertools.product(PROMPTS, MODELS, range(2), range(4)))
    cells = list(grid())
    assert [(c.prompt.text, c.model, c.params_id, c.repeat) for c in cells] == expected
    assert [cell.index for cell in cells] == list(range(48))
    assert all(cell.params == PARAMS[cell.params_id] for cell in cells)


def test_places_and_cells_are_inverse():
    """Every cell is found where it stands, also from the end, and in a grid made anew."""
    there = grid()
    assert [grid().index_of(there[place]) for place in range(len(there))] == list(range(48))
    assert there[-1].index == 47
    for outside in (48, -49):
        with pytest.raises(IndexError):
            there[outside]


def test_a_cell_of_another_grid_has_no_place():
    """A prompt, a model, options or a repeat that a grid lacks is answered by None."""
    there = grid()
    others = [{"prompts": ["Name a star."]}, {"models": "c/new"}, {"params": {"top_p": 0.5}}, {"repeats": 9}]
    assert [there.index_of(grid(**other)[-1]) for other in others] == [None] * 4


def test_slices_are_views():
    """A slice gives the cells a list would, sliced again too, and holds none."""
    there, listed = grid(), list(grid())
    for part in (slice(3, 9), slice(None, None, -1), slice(-5, None), slice(40, 100), slice(7, 7)):
        assert list(there[part]) == listed[part]
        assert list(there[part][1:3]) == listed[part][1:3]
    assert isinstance(there[2:5], Cells)
    assert repr(there[2:5]) == "Cells(3 of Grid(3 prompts x 2 models x 2 params x 4 repeats = 48 cells))"
    assert there[2:5][0].index == 2


@given(size=st.integers(1, 3_000), seed=st.integers(0, 2**63))
def test_the_order_is_a_permutation(size, seed):
    """Each cell is visited once, whatever the size and the seed."""
    assert sorted(tr.Grid(["Name a prime."], "a/small", repeats=size, seed=seed).order()) == list(range(size))


def test_the_order_is_shuffled_evenly():
    """Over many seeds every cell comes first about equally often (chi-squared, 0.1 % level)."""
    first = [Shuffle(48, seed)[0] for seed in range(4_800)]
    chi_squared = sum((first.count(place) - 100) ** 2 / 100 for place in range(48))
    assert chi_squared < 83.0  # the 99.9 % point for 47 degrees of freedom is 82.7


def test_a_part_of_the_order_begins_at_once():
    """The order can be entered anywhere, and depends on the seed."""
    whole = list(grid().order())
    assert list(grid().order(10, 20)) == whole[10:20]
    assert list(grid(seed=2).order()) != whole != list(range(48))


def test_a_huge_grid_takes_no_room():
    """A thousand million cells are planned, entered and left within 2 MB."""
    list(tr.Grid(PROMPTS, MODELS).order())  # imports are not what is measured
    tracemalloc.start()
    there = tr.Grid(PROMPTS, MODELS, repeats=200_000_000)
    places = list(itertools.islice(there.order(), 1_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(there) == 1_200_000_000
    assert len(set(places)) == 1_000
    assert there[places[0]].index == places[0]
    assert peak < 2_000_000


def test_seeds_are_shared_by_models_and_differ_by_repeat():
    """Models are compared on the same seeds; repeats and prompts have their own; all fit into 31 bits."""
    cells = list(grid())
    by_question = {}
    for cell in cells:
        by_question.setdefault((cell.prompt.id, cell.repeat), set()).add(cell.seed)
    assert all(len(seeds) == 1 for seeds in by_question.values())
    assert len(set.union(*by_question.values())) == 12
    assert all(0 <= cell.seed < 2**31 for cell in cells)
    assert {cell.seed for cell in grid(seed=None)} == {None}
    assert {cell.seed for cell in grid(params={"seed": 9})} == {9}


def test_more_models_change_no_cell():
    """With a model more, the old cells keep everything but their place, and the new ones are the model's alone."""
    old, new = grid(), grid().with_models("c/new")
    known = {(c.prompt, c.model, str(c.params), c.repeat, c.seed) for c in old}
    seen = {(c.prompt, c.model, str(c.params), c.repeat, c.seed) for c in new}
    assert known < seen
    assert {cell[1] for cell in seen - known} == {"c/new"}


def test_the_fingerprint_knows_every_part():
    """Equal plans have equal fingerprints; a change of any part, a reference included, gives another."""
    frame = tr.load_prompts(PROMPTS)
    changes = [
        {},
        {"prompts": PROMPTS[:2]},
        {"prompts": frame.assign(reference="7")},
        {"prompts": frame.assign(cluster="one")},
        {"models": MODELS[::-1]},
        {"params": PARAMS[:1]},
        {"repeats": 5},
        {"seed": 2},
    ]
    prints = [grid(**change).fingerprint for change in changes]
    assert len(set(prints)) == len(changes)
    assert grid(prompts=frame).fingerprint == prints[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": []}, "The grid is empty: models has no entries. Give at least one."),
        ({"params": []}, "The grid is empty: params has no entries. Give at least one."),
        ({"prompts": []}, "There are no prompts: the table is empty. Give at least one."),
        ({"prompts": pd.DataFrame()}, "There are no prompts: the table is empty. Give at least one."),
        ({"models": ["a/b", "a/b"]}, "models holds a/b twice. List each once; repeats= asks several times."),
        ({"models": 3}, "models is a list of model ids, not int."),
        (
            {"models": ["a b"]},
            "A model id is a text without spaces, like 'google/gemini-3.5-flash', not 'a b'. See tr.models().",
        ),
        ({"params": "x"}, "params is a list of dicts of request options, not str."),
        ({"params": [1]}, "params is a list of dicts of request options; one entry is 1."),
        ({"params": [{}, {}]}, "params holds {} twice. List each once; repeats= asks several times."),
        ({"params": {"temperature": 3}}, "temperature must be a number from 0 to 2, not 3."),
        ({"repeats": 0}, "repeats must be a whole number of 1 or more, not 0."),
        ({"repeats": True}, "repeats must be a whole number of 1 or more, not True."),
        ({"seed": 0.5}, "seed must be a whole number, not 0.5."),
        (
            {"repeats": 10**12},
            "The grid has 12,000,000,000,000 cells, more than 1,000,000,000,000. Ask fewer prompts or repeats.",
        ),
    ],
)
def test_what_is_no_grid_is_refused_early(changes, message):
    """An empty list, something twice, a wrong type or too many cells is a typed error that says what to do."""
    with pytest.raises(ParameterError) as caught:
        grid(**changes)
    assert str(caught.value) == message
