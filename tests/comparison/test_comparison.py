"""Several models are asked the same, at once, over real HTTP; what fails is a row, and nothing is lost."""

import asyncio
import math
import pickle
import threading

import pandas as pd
import pytest

from toprouter_nb import Conversation, compare, configure, image, record, replay, testing
from toprouter_nb.comparison import Answer
from toprouter_nb.comparison.asking import Asker, Silent
from toprouter_nb.comparison.questions import MOST_MODELS, Prompt
from toprouter_nb.errors import BudgetError, ParameterError, SettingsError
from toprouter_nb.tables import COMPARISON_COLUMNS
from toprouter_nb.testing import Fault

MODELS = ["maker/one", "maker/two", "maker/three"]


@pytest.fixture
def asked():
    """Compare against a server that plays replies; returns a function, and keeps the requests."""

    def ask(replies, prompts, models=MODELS, **options):
        with testing.ScriptedGateway(replies) as gateway:
            given = {"base_url": gateway.base_url, "api_key": "test", "display": False} | options
            comparison = compare(prompts, models, **given)
            ask.bodies = [request.json for request in gateway.requests]
        return comparison

    return ask


def test_every_model_is_asked_every_prompt(asked):
    """Rows are prompts, columns are models, and each pair has its own request with the same options."""
    comparison = asked(["yes"] * 6, ["One?", "Two?"], system="Terse.", temperature=0.5)
    pairs = sorted((body["messages"][-1]["content"], body["model"]) for body in asked.bodies)
    assert pairs == sorted((prompt, model) for prompt in ("One?", "Two?") for model in MODELS)
    assert all(body["temperature"] == 0.5 and body["messages"][0]["content"] == "Terse." for body in asked.bodies)
    assert (comparison.prompts, comparison.models) == (("One?", "Two?"), tuple(MODELS))
    assert [answer.text for answer in comparison.answers] == ["yes"] * 6
    assert repr(comparison) == "Comparison(2 prompts, 3 models)"


def test_an_error_is_a_row(asked):
    """One model that fails leaves the others alone, and its row says why."""
    comparison = asked(["fine", Fault(404), "fine"], "Hi", concurrency=1)
    frame = comparison.to_frame()
    assert frame["status"].tolist() == ["ok", "error", "ok"]
    assert frame["error_kind"].tolist()[1] == "not_found"
    assert pd.isna(frame["text"][1])
    assert repr(comparison) == "Comparison(1 prompt, 3 models, 1 without a whole answer)"
    assert comparison.summary()["errors"].tolist() == [0, 1, 0]


def test_an_image_that_a_model_cannot_take_is_a_row(asked):
    """A refusal before sending is an error of that answer only."""
    picture = image("https://example.com/a.png")
    comparison = asked(["a cat"], ("What is it?", picture), ["maker/one", "local/smollm2-135m"])
    assert [answer.status for answer in comparison.answers] == ["ok", "error"]
    assert "takes no images" in comparison.to_frame()["error"][1]


def test_the_frame_has_its_declared_columns(asked):
    """Names and dtypes are those declared, and the summary is in the order of the models."""
    comparison = asked(["yes"] * 3, "Hi")
    frame = comparison.to_frame()
    assert list(frame.columns) == [column.name for column in COMPARISON_COLUMNS]
    assert comparison.summary()["requested_model"].tolist() == MODELS
    assert comparison.texts().loc["Hi"].tolist() == ["yes"] * 3


def test_a_conversation_goes_on_from_an_answer(asked):
    """Each answer's conversation holds the question and the answer, and is the same each time."""
    comparison = asked(["yes"] * 3, {"greeting": "Hi"})
    chat = comparison.conversation("greeting", "maker/two")
    assert isinstance(chat, Conversation)
    assert [turn.text for turn in chat.turns] == ["Hi", "yes"]
    assert chat is comparison.conversation(0, 1)
    assert chat is not comparison.conversation(0, 0)


@pytest.mark.parametrize(
    ("prompts", "models", "message"),
    [
        ([], MODELS, "compare needs at least one prompt: a text, a list of texts, or a dict of name and text."),
        ("Hi", [], "compare takes 1 to 100 models, not 0. See tr.models()."),
        ("Hi", [f"m/{n}" for n in range(MOST_MODELS + 1)], "compare takes 1 to 100 models, not 101. See tr.models()."),
        ("Hi", ["m/a", "m/a"], "The model 'm/a' stands there twice. Name each once."),
        (["Hi", "Hi"], MODELS, "The prompt 'Hi' stands there twice. Give each a name, with a dict."),
        ("Hi", 3, "compare takes a list of model ids, not int. See tr.models()."),
        (7, MODELS, "compare takes a text, a list of them, a Series or a dict of name and text, not int."),
        (
            pd.DataFrame({"q": ["Hi"]}),
            MODELS,
            "compare takes a text, a list of them, a Series or a dict of name and text, not DataFrame.",
        ),
        (" ", MODELS, "The user message is empty. Say something, or add an image."),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(asked, prompts, models, message):
    """Empty, doubled and foreign prompts and models are told with what is allowed."""
    with pytest.raises(ParameterError) as caught:
        asked([], prompts, models)
    assert str(caught.value) == message


def test_options_are_checked_first(asked):
    """A request option out of range and a concurrency that is none are errors of the call, not rows."""
    with pytest.raises(ParameterError, match="temperature"):
        asked([], "Hi", temperature=9)
    with pytest.raises(ParameterError, match=r"concurrency must be a whole number from 1 to 64, not 0\."):
        asked([], "Hi", concurrency=0)


def test_a_missing_key_is_told_once():
    """Without a key nothing is asked, and there is one error instead of a table of them."""
    with pytest.raises(SettingsError):
        compare("Hi", MODELS, display=False)


def test_an_answer_that_is_not_there_is_told(asked):
    """A wrong place or name comes with those there are."""
    comparison = asked(["yes"] * 3, "Hi")
    with pytest.raises(ParameterError, match=r"There is no model 'four': name one of 'maker/one', 'maker/two'"):
        comparison.answer(0, "four")
    with pytest.raises(ParameterError, match=r"There is no prompt 1: name one of 'Hi', or its place from 0\."):
        comparison.answer(1, 0)


def test_calls_run_at_once_and_no_more_than_allowed():
    """With four at a time four requests are under way together, never five."""
    meeting = threading.Barrier(4, timeout=10)

    def meet(_request):
        meeting.wait()
        return "met"

    with testing.ScriptedGateway([meet] * 8) as gateway:
        comparison = compare(
            [f"Question {n}" for n in range(8)],
            "m/a",
            concurrency=4,
            base_url=gateway.base_url,
            api_key="test",
            display=False,
        )
    assert [answer.status for answer in comparison.answers] == ["ok"] * 8


def test_one_that_has_not_begun_can_be_stopped():
    """Stop on an answer that waits for its turn keeps it from being asked; the others go on."""
    with testing.ScriptedGateway(["yes", "yes"]) as gateway:
        chats = [Conversation("m/a", base_url=gateway.base_url, api_key="test", display=False) for _ in range(3)]
        answers = [Answer(prompt=Prompt("Hi", ("Hi",)), model="m/a", conversation=chat) for chat in chats]
        asker, ends = Asker(1), []
        asker.stop(answers[1])
        listener = Silent()
        listener.fail = lambda error, partial: ends.append((type(error), partial))
        asker.ask(answers, [listener] * 3)
    assert [answer.status for answer in answers] == ["ok", "not asked", "ok"]
    assert ends == [(KeyboardInterrupt, None)]
    assert len(gateway.requests) == 2


def test_it_can_be_pickled(asked):
    """Answers, conversations and figures are there again in another process."""
    comparison = asked(["yes"] * 3, "Hi")
    comparison.mark_shown(lambda: True)
    again = pickle.loads(pickle.dumps(comparison))
    assert [answer.text for answer in again.answers] == ["yes"] * 3
    assert "yes" in again._repr_mimebundle_()["text/html"]


def test_forty_models_are_asked_in_a_running_event_loop(asked):
    """A notebook's loop runs already; the call waits for all of them all the same."""

    async def inside():
        return asked(["yes"] * 40, "Hi", [f"m/{number}" for number in range(40)])

    comparison = asyncio.run(inside())
    assert [answer.status for answer in comparison.answers] == ["ok"] * 40
    assert comparison._repr_mimebundle_()["text/html"].count("<section") == 40


def test_a_lesson_is_recorded_and_replayed(asked, tmp_path):
    """What was recorded is answered again with neither key nor server, each model its own."""
    with record(tmp_path / "lesson.jsonl"):
        asked(lambda request: f"I am {request.json['model']}", ["One?", "Two?"])
    with replay(tmp_path / "lesson.jsonl", speed=math.inf):
        again = compare(["One?", "Two?"], MODELS, display=False)
    assert [answer.text for answer in again.answers] == [f"I am {model}" for model in MODELS] * 2


def test_a_budget_bounds_all_answers_together(asked):
    """Models without a known price are refused under a budget, each in its row."""
    comparison = asked([], "Hi", budget_usd=0.01)
    assert {type(answer.error) for answer in comparison.answers} == {BudgetError}


def test_a_series_is_a_list_of_prompts(asked):
    """A column of a frame can be asked as it is."""
    assert asked(["yes"] * 2, pd.Series(["One?", "Two?"]), "m/a").prompts == ("One?", "Two?")


def test_settings_are_those_configured():
    """Without an address of its own it asks where everything else asks."""
    with testing.ScriptedGateway(["yes"]) as gateway:
        configure(base_url=gateway.base_url, api_key="test", display=False)
        assert compare("Hi", "m/a").answers[0].text == "yes"


def test_a_bar_shows_the_progress_on_a_terminal(asked, capsys):
    """Outside a notebook a progress bar counts the answers."""
    asked(["yes"] * 3, "Hi", display="text")
    assert "3/3" in capsys.readouterr().err


def test_the_html_is_safe_and_complete(asked):
    """What a model says cannot act in the page; every answer and model is there."""
    comparison = asked(["<script>alert(1)</script>", "**bold**", "x"], "<b>Hi</b>", concurrency=1)
    html = comparison._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert "<b>Hi" not in html
    assert "<strong>bold</strong>" in html
    assert all(html.count(model) >= 2 for model in MODELS)
