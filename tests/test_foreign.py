"""Knowing the class of another library without importing it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from toprouter_nb.foreign import is_of


class Frame(pd.DataFrame):
    """A frame of somebody else."""


@pytest.mark.parametrize(
    ("value", "package", "name"),
    [
        (pd.DataFrame(), "pandas", "DataFrame"),
        (Frame(), "pandas", "DataFrame"),
        (np.zeros(1), "numpy", "ndarray"),
        (np.ma.zeros(1), "numpy", "ndarray"),
        (Image.new("L", (1, 1)), "PIL", "Image"),
        (Figure(), "matplotlib", "Figure"),
    ],
)
def test_instances_and_those_of_subclasses_are_known(value, package, name):
    """A value is of its class and of every class above it."""
    assert is_of(value, package, name)


def test_names_alone_do_not_count():
    """A class of the same name from elsewhere, the class itself, and other values are not of it."""
    look_alike = type("DataFrame", (), {"__module__": "pandas_like"})()
    odd = type("DataFrame", (), {"__module__": None})()
    assert not any(is_of(value, "pandas", "DataFrame") for value in (look_alike, odd, pd.DataFrame, pd.Series(), None))
