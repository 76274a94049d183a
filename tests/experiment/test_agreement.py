"""Agreement and kappa are those of statsmodels, and groups of items widen the interval."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.agreement import compare_raters

CHANCE = np.random.default_rng(70)


def raters(items=200):
    """Make labels of two raters that agree more often than chance."""
    one = CHANCE.choice(["a", "b", "tie"], items, p=[0.5, 0.3, 0.2])
    two = np.where(CHANCE.random(items) < 0.6, one, CHANCE.choice(["a", "b", "tie"], items))
    return one, two


def test_kappa_and_its_error_are_statsmodels():
    """Kappa equals statsmodels' to 1e-12, and its error too, but for the small-sample factor."""
    one, two = raters()
    labels = ["a", "b", "tie"]
    table = [[int(((one == x) & (two == y)).sum()) for y in labels] for x in labels]
    expected = cohens_kappa(table)
    found = compare_raters(one, two)
    assert found.kappa == pytest.approx(expected.kappa, rel=1e-12)
    assert found.kappa_error == pytest.approx(expected.std_kappa * math.sqrt(200 / 199), rel=1e-9)
    assert found.share.estimate == pytest.approx(np.mean(one == two))
    assert found.items == 200


def test_items_of_one_group_count_as_less():
    """The same items four times over are no surer: the error is that of one copy."""
    one, two = raters(100)
    single = compare_raters(one, two)
    fourfold = compare_raters(np.tile(one, 4), np.tile(two, 4), np.tile(np.arange(100), 4))
    assert fourfold.kappa_error == pytest.approx(single.kappa_error, rel=1e-9)
    assert fourfold.share.standard_error == pytest.approx(single.share.standard_error, rel=1e-9)


def test_full_agreement_and_chance():
    """Always the same is 1; one and the same word from both is no agreement beyond chance, so it has no kappa."""
    assert compare_raters(list("abab"), list("abab")).kappa == 1
    assert math.isnan(compare_raters(list("aaaa"), list("aaaa")).kappa)


def test_items_without_both_labels_are_left_out():
    """None, NaN and what pandas' own types hold for a gap are no labels."""
    found = compare_raters(["a", None, "b", "a"], ["a", "b", math.nan, "b"])
    assert (found.items, found.share.estimate) == (2, 0.5)
    columns = pd.DataFrame({"one": ["a", None, "a"], "two": ["a", None, "b"]}, dtype="string")
    assert compare_raters(columns["one"], columns["two"]).items == 2
    with pytest.raises(ParameterError, match=r"No item has a label of both raters\."):
        compare_raters([None], ["a"])
    with pytest.raises(ParameterError, match=r"Both raters have one label an item; the lengths differ\."):
        compare_raters(["a"], ["a", "b"])


def test_it_says_so_in_a_sentence():
    """The sentence holds share, items, kappa and the level that was asked for."""
    one, two = raters()
    assert str(compare_raters(one, two, level=0.9)).startswith("They agree on ")
    assert "of 200 items (90 %: " in str(compare_raters(one, two, level=0.9))
