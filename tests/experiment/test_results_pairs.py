"""A judge's verdicts are rows: asked once, kept, paid within a budget, and read by anybody later."""

import pytest
from studies import MODELS, Gateway, answer_to, grid_of, listed, study_at

from toprouter_nb import errors, open_run
from toprouter_nb.experiment.judge import Judge

JUDGE = "j/judge"


def reply(request):
    """Answer as a model; as the judge, always prefer what is shown first."""
    return "It is clearer.\nVerdict: A" if request.json["model"] == JUDGE else answer_to(request)


def judged(tmp_path, gateway, **options):
    """Run a small grid and have it judged."""
    run = study_at(gateway, tmp_path, grid_of(6, repeats=1)).run(display=False)
    return run, run.judge(Judge(JUDGE, "Which is clearer?"), display=False, **options)


def test_each_pair_is_asked_in_both_orders_once(tmp_path):
    """Six prompts and two models are twelve verdicts; a second asking makes no call and says the same."""
    with Gateway(reply, models=listed([*MODELS, JUDGE])) as gateway:
        run, pairs = judged(tmp_path, gateway, budget_usd=1)
        assert gateway.calls == 12 + 12
        again = run.judge(Judge(JUDGE, "Which is clearer?"), display=False)
        assert gateway.calls == 24
        raised = run.judge(Judge(JUDGE, "Which is clearer?", version=2), display=False)
        assert (gateway.calls, len(raised.df())) == (36, 6)
        run.judge(Judge(JUDGE, "Which is shorter?"), display=False)
        assert gateway.calls == 48
    assert again.verdicts().equals(pairs.verdicts())
    assert set(pairs.df()["winner"]) == {"tie"}
    assert pairs.df()["is_flip"].all()
    assert len(run.df()) == 12
    assert "100.0%" in str(pairs.bias())
    assert repr(pairs) == "Pairs(6 pairs, 12 of 12 verdicts)"


def test_a_judge_has_its_own_budget(tmp_path):
    """What the answers cost does not count against the judge's budget, and the other way round."""
    with Gateway(reply, models=listed([*MODELS, JUDGE])) as gateway:
        run, pairs = judged(tmp_path, gateway, budget_usd=0.009)
        said = pairs.verdicts()["status"].value_counts().to_dict()
        assert 0 < said["missing"] < 12
        spent = run.state.spent_usd
        assert spent == pytest.approx(float(run.df()["cost_usd"].sum()))
        assert float(pairs.verdicts()["cost_usd"].sum()) <= 0.009


def test_a_judge_that_is_not_there_is_refused(tmp_path):
    """A model the gateway does not list is one clear error before any call."""
    with Gateway(reply) as gateway, pytest.raises(errors.UnknownModelError, match="There is no model 'j/judge'"):
        judged(tmp_path, gateway)


def test_an_opened_run_can_be_judged(tmp_path):
    """From another kernel the run's own address is asked; what was judged before is not asked again."""
    with Gateway(reply, models=listed([*MODELS, JUDGE])) as gateway:
        judged(tmp_path, gateway)
        opened = open_run(tmp_path / "sums")
        opened._settings = study_at(gateway, tmp_path)._settings()
        assert len(opened.judge(Judge(JUDGE, "Which is clearer?"), display=False).df()) == 6
        assert gateway.calls == 24


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (["zz", "a/small"], "There is no 'zz' among the rows. There are: a/small, b/large."),
        ("a/small", "models is a list of names, not the text 'a/small'."),
        (["a/small", "a/small"], "compares the answers of two models or more; here is only 'a/small'."),
    ],
)
def test_a_judge_is_not_asked_about_no_pairs(tmp_path, models, message):
    """Names that make no pair are refused, instead of an empty table of verdicts."""
    with Gateway(reply, models=listed([*MODELS, JUDGE])) as gateway:
        run = study_at(gateway, tmp_path, grid_of(2, repeats=1)).run(display=False)
        with pytest.raises(errors.ParameterError, match=r"There is|models is|compares") as caught:
            run.judge(Judge(JUDGE, "Which is clearer?"), models=models, display=False)
    assert message in str(caught.value)
