"""Many answers to one question: drawn, counted, laid out, errors as rows, nothing lost."""

import _thread
import threading

import pytest

from toprouter_nb import Conversation
from toprouter_nb.errors import BadRequestError, ParameterError
from toprouter_nb.sampling import DISTINCT_COLUMNS, SAMPLE_COLUMNS
from toprouter_nb.testing import Fault, Hang, Script, ScriptedGateway


def chat_with(gateway):
    """Return a conversation with the gateway."""
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)


def by_temperature(request):
    """Answer by the temperature: always the same, in turns, or not at all."""
    temperature = request.json.get("temperature")
    if temperature == 2:
        return Fault(400, body={"error": {"message": "too hot & high"}})
    return " Blue.\n" if not temperature or request.json["seed"] % 2 else "<i>Red."


@pytest.fixture
def samples():
    """Return samples at three temperatures, of which one fails."""
    with ScriptedGateway(by_temperature) as gateway:
        return chat_with(gateway).sample("A colour?", temperatures=(0, 1, 2), n=4, seed=11)


def test_each_sample_is_a_row(samples):
    """Every temperature has n rows in order; a failure is a row with its error; columns are as declared."""
    frame = samples.to_frame()
    assert frame["temperature"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert frame["sample"].tolist() == [1, 2, 3, 4] * 3
    assert frame["text"].tolist()[4:8] == [" Blue.\n", "<i>Red.", " Blue.\n", "<i>Red."]
    assert frame["error_kind"].isna().tolist() == [True] * 8 + [False] * 4
    assert "too hot & high" in frame["error"].iloc[-1]
    assert [str(kind) for kind in frame.dtypes] == [column.dtype for column in SAMPLE_COLUMNS]


def test_different_answers_are_counted(samples):
    """White space around an answer makes no difference, shares are of what succeeded, the most frequent is first."""
    frame = samples.distinct()
    assert frame.values.tolist() == [[0, "Blue.", 4, 1.0], [1, "Blue.", 2, 0.5], [1, "<i>Red.", 2, 0.5]]
    assert list(frame.columns) == [column.name for column in DISTINCT_COLUMNS]


def test_the_views_say_the_same(samples):
    """Text and HTML name each temperature, how many differ and what failed, and nothing in them acts."""
    bundle = samples._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[1:4] == [
        "  temperature 0: 1 different of 4",
        "    4 x Blue.",
        "  temperature 1: 2 different of 4",
    ]
    assert "temperature 2: 0 different of 4, 4 failed" in bundle["text/plain"]
    assert bundle["text/html"].count("too hot &amp; high") == 1
    assert "<i>" not in bundle["text/html"]


def test_the_conversations_own_seed_counts_up_too():
    """A seed that was given to the conversation would draw the same answer each time."""
    with ScriptedGateway(["Red."] * 2) as gateway:
        chat = chat_with(gateway)
        chat.params = {"seed": 7}
        chat.sample("A?", temperatures=[1], n=2, concurrency=1)
        assert [request.json["seed"] for request in gateway.requests] == [7, 8]


def test_the_request_is_the_same_but_for_temperature_and_seed():
    """Options and history go along, the seed counts up, a temperature of None is not sent, and the chat stays."""
    with ScriptedGateway(lambda request: "ok") as gateway:
        chat = chat_with(gateway)
        chat.ask("before")
        chat.sample("A?", temperatures=[None, 0.5, 0.5], n=2, seed=5, max_tokens=7, concurrency=1)
        sent = [request.json for request in gateway.requests[1:]]
        assert [(body.get("temperature"), body["seed"]) for body in sent] == [(None, 5), (None, 6), (0.5, 5), (0.5, 6)]
        assert {(body["max_tokens"], len(body["messages"])) for body in sent} == {(7, 3)}
        assert len(chat.turns) == 2


def test_where_all_fail_the_first_error_is_raised():
    """A grid of errors only is no result."""
    with ScriptedGateway(lambda request: Fault(400)) as gateway, pytest.raises(BadRequestError):
        chat_with(gateway).sample("A?", temperatures=[1], n=3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperatures": []}, "at least one temperature"),
        ({"temperatures": [3]}, "temperature must be a number from 0 to 2"),
        ({"n": 0}, "n of 1 or more"),
        ({"n": 10_001}, "at most 10,000 samples"),
        ({"n": True}, "n of 1 or more"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"colour": 1}, "There is no parameter colour"),
    ],
)
def test_what_cannot_be_sampled_is_refused_before_anything_is_sent(options, words):
    """Numbers out of range and unknown options are parameter errors."""
    with ScriptedGateway(["x"]) as gateway:
        with pytest.raises(ParameterError, match=words):
            chat_with(gateway).sample("A?", **options)
        assert not gateway.requests


def test_an_interrupt_carries_the_samples_so_far():
    """`.partial` of the interrupt holds what had been drawn."""

    def second_hangs(request):
        if request.json["seed"] == 1:
            return "Blue."
        threading.Timer(0.2, _thread.interrupt_main).start()
        return Script(deltas=[Hang()])

    with ScriptedGateway(second_hangs) as gateway, pytest.raises(KeyboardInterrupt) as caught:
        chat_with(gateway).sample("A?", temperatures=[1], n=2, seed=1, concurrency=1)
    assert caught.value.partial.to_frame()["text"].tolist() == ["Blue."]


def test_the_bar_counts_and_is_silent_without_display(capsys):
    """With display the bar says how many samples and tokens there are; without it nothing is written."""
    with ScriptedGateway(lambda request: "ok") as gateway:
        chat = chat_with(gateway)
        chat.sample("A?", temperatures=[1], n=2)
        assert capsys.readouterr().err == ""
        chat.display = True
        chat.sample("A?", temperatures=[1], n=2)
        assert "2/2" in capsys.readouterr().err


def test_the_embedded_model_is_sampled(local_address):
    """At temperature 0 its answers are one; hot ones differ; each is free."""
    chat = Conversation("local/smollm2-135m", display=False)
    samples = chat.sample("Name a colour.", temperatures=(0, 2), n=3, max_tokens=8)
    counted = samples.distinct().groupby("temperature").size()
    assert counted[0] == 1
    assert counted[2] > 1
    assert (samples.to_frame()["cost_usd"] == 0).all()
