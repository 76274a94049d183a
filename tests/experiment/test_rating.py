"""A blind rating: names stay hidden until the end, every vote is kept at once, and the end ranks."""

import json

import nbformat
import pandas as pd
import pytest
from studies import MODELS, Gateway, answer_to, grid_of, listed, study_at

from toprouter_nb import Judge, check_notebook, compare, errors, open_run, rank
from toprouter_nb.experiment.rating import Rating


def rows_of(prompts=4, models=("a/small", "b/large"), **columns):
    """Return an answer of each model to each prompt."""
    lines = [
        {"model": model, "prompt_id": f"p{place}", "prompt": f"Question {place}?", "answer": f"*{place}* by {number}"}
        for place in range(prompts)
        for number, model in enumerate(models)
    ]
    return pd.DataFrame(lines).assign(**columns)


def press(rating, side):
    """Vote on the pair that is shown, as a view does."""
    rating.hear({"t": "vote", "pair": rating.snapshot()["pair"], "side": side})


def test_no_name_leaves_python_before_the_end():
    """What a view, its static copy and the repr hold names no model until all is rated, and then all of them."""
    rating = Rating(rows_of(3))
    for _ in range(3):
        shown = json.dumps(rating.snapshot()) + str(rating._static()) + repr(rating)
        assert "small" not in shown
        assert "large" not in shown
        press(rating, "first")
    assert rating.snapshot()["pair"] is None
    assert all(name in rating.snapshot()["result"] for name in ("a/small", "b/large"))
    assert "a/small" in rating._static()["text/html"]


def test_a_vote_is_for_the_side_that_was_shown():
    """Whoever votes for the answer of one model, on whichever side it stands, makes that model win."""
    rating = Rating(rows_of(12))
    sides = []
    while (state := rating.snapshot())["pair"]:
        sides.append("first" if "by 0" in state["answers"][0] else "second")
        press(rating, sides[-1])
    assert set(sides) == {"first", "second"}
    votes = rating.votes()
    winners = votes["model_a"].where(votes["winner"] == "a", votes["model_b"])
    assert set(winners) == {"a/small"}
    assert rating.rank().df()["model"].tolist() == ["a/small", "b/large"]
    assert rank(votes).df().equals(rating.rank().df())


def test_the_same_seed_shows_the_same_and_rows_that_come_change_nothing():
    """Order and sides are the seed's; a pair keeps its sides when more answers are there."""

    def shown(rows, seed):
        rating = Rating(rows, seed=seed)
        seen = []
        while (state := rating.snapshot())["pair"]:
            seen.append((state["pair"], tuple(state["answers"])))
            press(rating, "tie")
        return seen

    few, many = shown(rows_of(8), 3), shown(rows_of(16), 3)
    assert few == shown(rows_of(8), 3)
    assert few != shown(rows_of(8), 4)
    assert [pair for pair in many if pair in few] == few


def test_votes_are_kept_and_gone_on_from(tmp_path):
    """A second rating of the same file begins where the first one stopped; undo goes back vote by vote."""
    file = tmp_path / "votes.jsonl"
    rating = Rating(rows_of(4), file=file)
    first = rating.snapshot()["pair"]
    for side in ("first", "skip"):
        press(rating, side)
    again = Rating(rows_of(4), file=file)
    assert repr(again).startswith("Rating(2 of 4 pairs)")
    for done in (2, 2, 1, 0):
        again.hear({"t": "undo", "done": done})
    assert again.snapshot()["pair"] == first
    assert again.snapshot()["done"] == 0
    press(again, "tie")
    assert Rating(rows_of(4), file=file).votes()["winner"].tolist() == ["tie"]


def test_a_skip_is_no_verdict_and_is_not_asked_again(tmp_path):
    """A skipped pair counts as rated, its winner is missing, and it ranks nobody."""
    rating = Rating(rows_of(1))
    press(rating, "skip")
    assert rating.votes()["winner"].isna().tolist() == [True]
    said = rating.snapshot()["result"]
    assert "No comparison has a verdict" in said
    assert "a/small, b/large" in said
    with pytest.raises(errors.ParameterError, match="nothing to rank"):
        rating.rank()


def test_a_key_pressed_twice_is_one_vote():
    """A vote on a pair that is no longer shown, and what makes no sense at all, changes nothing."""
    rating = Rating(rows_of(3))
    pair = rating.snapshot()["pair"]
    for message in ({"t": "vote", "pair": pair, "side": "first"},) * 2:
        rating.hear(message)
    assert rating.snapshot()["done"] == 1
    for message in ({"t": "vote"}, {"t": "vote", "pair": rating.snapshot()["pair"], "side": []}, {"t": 5}, {}):
        rating.hear(message)
    assert rating.snapshot()["done"] == 1


def test_raters_and_questions_have_votes_of_their_own(tmp_path):
    """Each rater is asked all pairs; table and ranking hold everybody's votes on this question."""
    file = tmp_path / "votes.jsonl"
    for rater, side in (("Ada", "first"), ("Bo", "second"), (None, "tie")):
        rating = Rating(rows_of(1), file=file, rater=rater)
        press(rating, side)
    press(Rating(rows_of(1), file=file, question="Which is shorter?"), "tie")
    votes = rating.votes()
    assert votes["rater"].fillna("-").tolist() == ["Ada", "Bo", "-"]
    assert "3 people" in rating.snapshot()["result"]


def test_the_same_text_twice_is_a_tie_that_nobody_is_asked_about():
    """Equal answers are not shown; they are ties of no rater, and the result says how many."""
    rows = rows_of(3)
    rows.loc[rows["prompt_id"] == "p1", "answer"] = "4"
    rating = Rating(rows)
    assert len(rating) == 2
    for _ in range(2):
        press(rating, "first")
    votes = rating.votes()
    assert votes["winner"].tolist()[-1] == "tie"
    assert votes["voted_at"].isna().tolist() == [False, False, True]
    assert "In 1 pair the answers were the same text" in rating.snapshot()["result"]


def test_errors_are_left_out_and_empty_answers_are_shown():
    """A row that is no answer makes no pair; an empty or missing text is an answer, and is said to be empty."""
    rows = rows_of(2, status="ok")
    rows.loc[0, "status"] = "error"
    rows.loc[2, "answer"] = None
    rating = Rating(rows)
    assert len(rating) == 1
    assert any("The answer is empty." in answer for answer in rating.snapshot()["answers"])


def test_answers_act_on_nothing():
    """A prompt or an answer that is HTML is shown as text."""
    rows = rows_of(1)
    rows["answer"] = ["<img src=x onerror=alert(1)>", "<script>1</script>"]
    rows["prompt"] = "</div><script>2</script>"
    state = Rating(rows, question="<b>?</b>").snapshot()
    shown = "".join([*state["answers"], state["prompt"]])
    assert "<script" not in shown
    assert "<img" not in shown


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": ["a/small", "c/none"]}, "There is no 'c/none' among the rows. There are: a/small, b/large."),
        ({"models": "a/small"}, "models is a list of names, not the text 'a/small'."),
        ({"models": ["a/small"]}, "compares the answers of two models or more; here is only 'a/small'."),
        ({"models": []}, "compares the answers of two models or more; here is none."),
        ({"question": " "}, "question is a text of 1 to 300 characters, not ' '."),
        ({"rater": 7}, "rater is a text of 1 to 100 characters, not 7."),
        ({"seed": "x"}, "seed must be a whole number, not 'x'."),
    ],
)
def test_bad_values_are_refused(changes, message):
    """Each is one typed error that says what is allowed."""
    with pytest.raises(errors.ParameterError) as caught:
        Rating(rows_of(1), **changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (rows_of(2, models=["a/small"]), "here is only 'a/small'."),
        (rows_of(2).iloc[:0], "here is none."),
        (rows_of(2, status="error"), "No prompt has answers of two models. 4 rows are no answers."),
        (rows_of(2).drop(columns="answer"), "The rows have no column 'answer'"),
        (pd.concat([rows_of(2), rows_of(2)]), "The prompt 'p0' stands there twice for one model."),
    ],
)
def test_rows_without_pairs_are_refused(rows, message):
    """One model, no rows, errors only, no answers, or a cell twice: a typed error before anything is shown."""
    with pytest.raises(errors.ParameterError) as caught:
        Rating(rows)
    assert message in str(caught.value)


def test_the_result_can_be_seen_early_and_gone_on_from():
    """Asked for, the result is shown with the names; going on hides them again."""
    rating = Rating(rows_of(3))
    press(rating, "first")
    rating.hear({"t": "end"})
    assert rating.snapshot()["pair"] is None
    assert "2 pairs are not rated yet." in rating.snapshot()["result"]
    rating.hear({"t": "go"})
    assert rating.snapshot()["result"] == ""
    assert rating.snapshot()["pair"]


def test_a_vote_that_cannot_be_kept_is_told_and_does_not_count(tmp_path):
    """The view shows why, the pair stays, and the next try counts."""
    folder = tmp_path / "gone"
    rating = Rating(rows_of(2), file=folder / "votes.jsonl")
    pair = rating.snapshot()["pair"]
    press(rating, "first")
    state = rating.snapshot()
    assert (state["pair"], state["done"]) == (pair, 0)
    assert "It does not count" in state["alert"]
    folder.mkdir()
    press(rating, "first")
    assert rating.snapshot()["done"] == 1
    assert rating.snapshot()["alert"] == ""


def test_a_run_is_rated_from_any_kernel_and_compared_with_its_judge(tmp_path):
    """Votes lie in the run's folder, the run goes on beside them, and the judge's verdicts meet them pair by pair."""

    def reply(request):
        return "Verdict: A" if request.json["model"] == "j/judge" else answer_to(request)

    with Gateway(reply, models=listed([*MODELS, "j/judge"])) as gateway:
        study = study_at(gateway, tmp_path, grid_of(4, repeats=1))
        run = study.run(display=False)
        rating = open_run(tmp_path / "sums").rate(rater="Ada")
        while rating.snapshot()["pair"]:
            press(rating, "tie")
        assert (tmp_path / "sums" / "votes.jsonl").exists()
        assert len(study.run(display=False).rate(rater="Ada").votes()) == 4
        pairs = run.judge(Judge("j/judge", "Which is clearer?"), display=False)
    assert pairs.agreement(rating.votes()).items == 4
    assert pairs.agreement(rating.votes()).share.estimate == 1


def test_a_comparison_is_rated(tmp_path):
    """`compare(...).rate()` shows its whole answers, and keeps the votes where it is told to."""
    with Gateway() as gateway:
        compared = compare(["One?", "Two?"], list(MODELS), base_url=gateway.base_url, api_key="test", display=False)
    rating = compared.rate(file=tmp_path / "votes.jsonl")
    press(rating, "first")
    assert compared.rate(file=str(tmp_path / "votes.jsonl")).votes()["winner"].isin(["a", "b"]).tolist() == [True]
    assert "Two?" in rating.snapshot()["prompt"] + compared.rate().snapshot()["prompt"]


def test_what_a_notebook_keeps_looks_like_no_key(tmp_path):
    """The check for secrets passes a notebook in which a rating was shown."""
    rating = Rating(rows_of())
    kept = rating._static(f"tr-twin tr-twin-{rating._key}")
    output = nbformat.v4.new_output("display_data", data=kept)
    file = tmp_path / "rated.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])]), file)
    assert check_notebook(file).found == ()
