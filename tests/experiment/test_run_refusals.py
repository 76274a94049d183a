"""What cannot be run is one typed error that says what is allowed, and nothing was asked."""

import pytest
from studies import Gateway, exact, grid_of, listed, study_at

from toprouter_nb import Experiment, Judge, errors, open_run


def test_what_cannot_be_run_is_refused_before_any_call(tmp_path):
    """Each mistake is one typed error, and nothing was asked."""
    with Gateway(models=listed(pricing=None)) as gateway:
        study = study_at(gateway, tmp_path)
        with pytest.raises(errors.BudgetError, match="the price of a/small, b/large is not known"):
            study.run(budget_usd=1)
        with pytest.raises(errors.UnknownModelError, match=r"There is no model 'a/smal'\. Did you mean a/small"):
            study_at(gateway, tmp_path, grid_of(1, models=["a/smal"])).run()
        with pytest.raises(errors.ParameterError, match="concurrency must be a whole number from 1 to 1,000, not 0"):
            study.run(concurrency=0)
        with pytest.raises(errors.ParameterError, match="An experiment's name is its folder's"):
            Experiment("../up", grid_of(1))
        with pytest.raises(errors.ParameterError, match=r"grid is a tr\.Grid"):
            Experiment("sums", [1])
        with pytest.raises(errors.ParameterError, match="'len' is no scorer"):
            Experiment("sums", grid_of(1), scorers=[len])
        with pytest.raises(errors.ParameterError, match="Two scorers have the name"):
            Experiment("sums", grid_of(1), scorers=[exact, exact])
        assert gateway.calls == 0


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"dir": None}, errors.ParameterError, "dir is the path of a folder, not None"),
        ({"dir": "a\0b"}, errors.ParameterError, "dir is the path of a folder"),
        ({"dir": "~no-such-user-here/runs"}, errors.ParameterError, "dir is the path of a folder"),
        ({"settings": 5}, errors.ParameterError, r"settings is a tr\.Settings\(\.\.\.\), not int"),
        ({"base_url": "not a url"}, errors.SettingsError, "base_url must be an address"),
        ({"base_url": "http://example.com"}, errors.SettingsError, "would send the key unencrypted"),
        ({"scorer_seconds": -1}, errors.ParameterError, "scorer_seconds is above 0 and at most 86,400, not -1"),
        ({"scorer_seconds": "5"}, errors.ParameterError, "scorer_seconds is above 0"),
    ],
)
def test_an_experiment_that_cannot_run_is_refused_when_it_is_made(changes, error, message):
    """A wrong folder, address or limit is told before there is anything to run."""
    with pytest.raises(error, match=message):
        Experiment("sums", grid_of(1), **changes)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"on": "dask"}, r"on is a tr\.DaskRunner\(client\), or None to run here, not 'dask'"),
        ({"on": Experiment}, r"on is a tr\.DaskRunner\(client\)"),
        ({"requests_per_minute": -5}, "requests_per_minute is a number above 0, or a dict of such by model, not -5"),
        ({"tokens_per_minute": float("nan")}, "tokens_per_minute is a number above 0"),
        ({"tokens_per_minute": {"a/small": True}}, "tokens_per_minute is a number above 0"),
        ({"requests_per_minute": {"zz": 5}}, "a limit for 'zz', which the grid does not ask. Its models: a/small, b/"),
    ],
)
def test_a_start_with_an_impossible_option_is_refused(tmp_path, option, message):
    """No runner, no limit and a limit of a model nobody asks are told, and no folder is made."""
    with Gateway() as gateway:
        with pytest.raises(errors.ParameterError, match=message):
            study_at(gateway, tmp_path).run(display=False, **option)
        assert gateway.calls == 0
    assert not (tmp_path / "sums").exists()


@pytest.mark.parametrize("path", [None, 5, "", "a\0b"])
def test_open_run_takes_a_path(path):
    """What is no path is told so."""
    with pytest.raises(errors.ParameterError, match=r"open_run\(\)'s path is the path of a folder"):
        open_run(path)


def test_a_judge_is_no_id_of_a_model(tmp_path):
    """The id of a model in the place of a judge is told what a judge is made of."""
    with Gateway() as gateway:
        run = study_at(gateway, tmp_path, grid_of(1)).run(display=False)
        with pytest.raises(errors.ParameterError, match=r'judge is a tr\.Judge\("maker/model", rubric=.*, not .a/s'):
            run.judge("a/small")
        with pytest.raises(errors.ParameterError, match="judge is a tr"):
            run.judge(Judge)
