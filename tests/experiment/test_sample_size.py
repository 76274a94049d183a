"""How many prompts are needed: the figures of the normal approximation, each way round."""

import pytest
from statsmodels.stats.power import NormalIndPower

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.sample_size import detectable_difference


@pytest.mark.parametrize(("delta", "prompts"), [(0.10, 197), (0.05, 785), (0.03, 2_181), (0.02, 4_906)])
def test_the_number_of_prompts(delta, prompts):
    """Published figures for a standard deviation of 0.5, 80 % power and the 5 % level."""
    assert tr.power(delta=delta, sd_diff=0.5).prompts == prompts


def test_the_three_ways_agree():
    """Prompts from a difference, the difference from the prompts, and the chance from both fit together."""
    need = tr.power(delta=0.07, sd_diff=0.4, power=0.9)
    assert tr.power(prompts=need.prompts, sd_diff=0.4, power=0.9).delta == pytest.approx(0.07, rel=0.01)
    assert tr.power(delta=0.07, prompts=need.prompts, sd_diff=0.4).power == pytest.approx(0.9, abs=0.01)


def test_the_chance_is_that_of_statsmodels():
    """The power of a test on so many differences, but for the other tail, which nobody waits for."""
    expected = NormalIndPower(ddof=0).power(0.3, 80, 0.05, ratio=0)
    assert tr.power(delta=0.3, prompts=80, sd_diff=1.0).power == pytest.approx(expected, abs=1e-5)


def test_a_high_level_is_not_rounded_to_certainty():
    """The sentence says the level that was asked for."""
    assert "at 99.9% confidence" in str(tr.power(prompts=200, level=0.999))


def test_what_could_have_been_seen():
    """2.8 standard errors are found 8 times in 10."""
    assert detectable_difference(0.02) == pytest.approx(0.02 * (1.959963985 + 0.841621234), rel=1e-8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "power() needs delta=, the difference to be seen, or prompts=, how many there are."),
        ({"delta": 0}, "delta is a number above 0, not 0."),
        ({"delta": True}, "delta is a number above 0, not True."),
        ({"delta": 0.1, "sd_diff": -1}, "sd_diff is a number above 0, not -1."),
        ({"prompts": 1}, "prompts must be a whole number of 2 or more, not 1."),
        ({"delta": 0.1, "power": 1}, "power is a chance between 0 and 1, not 1."),
        (
            {"delta": 0.1, "prompts": 9, "power": 0.5},
            "power() takes two of delta, prompts and power, and finds the third.",
        ),
        ({"delta": 0.1, "level": 95}, "level is a number between 0.5 and 1, such as 0.95, not 95."),
    ],
)
def test_too_little_or_too_much_is_refused(options, message):
    """What is asked for must follow from what is given."""
    with pytest.raises(ParameterError) as caught:
        tr.power(**options)
    assert str(caught.value) == message
