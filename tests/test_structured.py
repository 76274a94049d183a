"""Answers of a shape: what is sent for each kind of data model, what comes back, and what where it does not fit."""

import asyncio
import dataclasses
import datetime as dt
import enum
import json
import typing

import pytest
from pydantic import BaseModel, Field, field_validator

from toprouter_nb import Conversation
from toprouter_nb.errors import ParameterError, StructuredReplyError, ToprouterError
from toprouter_nb.structured import Shape, shape_of
from toprouter_nb.testing import Script, ScriptedGateway


class City(BaseModel):
    name: str
    people: int = Field(gt=0)


@dataclasses.dataclass
class Visit:
    city: City
    day: dt.date


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Row(typing.TypedDict):
    name: str
    mood: Mood | None


HERE = City(name="Paris", people=2_100_000)
PARIS = '{"name": "Paris", "people": 2100000}'


def chat_with(gateway, **options):
    """Return a conversation with the gateway."""
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False, **options)


def asked(gateway, place=-1):
    """Return the schema of a request."""
    return gateway.requests[place].json["response_format"]["json_schema"]


@pytest.mark.parametrize(
    ("data_model", "answer", "data"),
    [
        (City, PARIS, HERE),
        (
            Visit,
            f'{{"city": {PARIS}, "day": "2024-05-01"}}',
            Visit(HERE, dt.date(2024, 5, 1)),
        ),
        (Row, '{"name": "x", "mood": "bad"}', {"name": "x", "mood": Mood.BAD}),
        (list[City], f'{{"value": [{PARIS}]}}', [HERE]),
        (list[Row], '{"value": [{"name": "x", "mood": null}]}', [{"name": "x", "mood": None}]),
        (City | Row, '{"value": {"name": "x", "mood": "good"}}', {"name": "x", "mood": Mood.GOOD}),
        (typing.Literal["yes", "no"], '{"value": "no"}', "no"),
        (Mood, '{"value": "good"}', Mood.GOOD),
        (int, '{"value": 3}', 3),
        (bool, '{"value": false}', False),
        (dict[str, int], '{"value": {"a": 1}}', {"a": 1}),
        (City, f"```json\n{PARIS}\n```", HERE),
    ],
)
def test_an_answer_becomes_an_instance_of_the_data_model(data_model, answer, data):
    """Models, dataclasses, TypedDicts, lists, unions, literals, enums and plain types come back as themselves."""
    with ScriptedGateway([answer]) as gateway:
        reply = chat_with(gateway).ask("?", data_model=data_model)
        assert reply.data == data
        assert type(reply.data) is type(data)
        assert reply.text == answer
        assert asked(gateway)["schema"]["type"] == "object"


def test_the_request_asks_for_the_schema_strictly():
    """The option is a closed schema with a name, and nothing else of the request changes."""
    with ScriptedGateway([PARIS, "plain"]) as gateway:
        chat = chat_with(gateway)
        chat.ask("?", data_model=City, temperature=0)
        chat.ask("?")
        properties = {"name": {"type": "string"}, "people": {"exclusiveMinimum": 0, "type": "integer"}}
        schema = {
            "type": "object",
            "properties": properties,
            "required": ["name", "people"],
            "additionalProperties": False,
        }
        assert gateway.requests[0].json["response_format"] == {
            "type": "json_schema",
            "json_schema": {"name": "City", "schema": {**schema, "additionalProperties": False}, "strict": True},
        }
        assert "response_format" not in gateway.requests[1].json
        assert chat.last.data is None


def test_an_answer_as_data_is_shown_as_code():
    """In a notebook the JSON stands laid out in a block of code, and Markdown in it is not drawn."""
    with ScriptedGateway(['{"name":"**Par```is**","people":1}', "**bold**"]) as gateway:
        chat = chat_with(gateway)
        html = chat.ask("?", data_model=City)._repr_mimebundle_()["text/html"]
        assert "tr-code" in html
        assert "<strong>" not in html
        assert "<strong>" in chat.ask("?")._repr_mimebundle_()["text/html"]


def test_every_way_of_asking_takes_a_data_model():
    """`ask_async`, a plain request, `retry`, `edit` and `stream` read the answer alike."""
    with ScriptedGateway([PARIS] * 5) as gateway:
        chat = chat_with(gateway)
        chat.ask("?", data_model=City, stream=False)
        asyncio.run(chat.ask_async("?", data_model=City))
        chat.retry(data_model=City)
        chat.edit(0, "??", data_model=City)
        assert "".join(chat.stream("?", data_model=City)) == PARIS
        assert [reply.data.name for reply in chat.replies] == ["Paris"] * 5


@pytest.mark.parametrize("data_model", [City(name="x", people=1), "City", 3, print, lambda: 1, object()])
def test_what_is_no_type_is_refused_before_anything_is_sent(data_model):
    """Something without a schema is a parameter error that says what is allowed."""
    with ScriptedGateway(["x"]) as gateway:
        with pytest.raises(ParameterError, match="data_model takes a type with a JSON schema"):
            chat_with(gateway).ask("?", data_model=data_model)
        assert not gateway.requests


MISFITS = {
    "no JSON": "Paris has 2 million people.",
    "nothing": "",
    "cut": '{"name": "Par',
    "another shape": '{"town": "Paris"}',
    "a wrong value": '{"name": "Paris", "people": -1}',
    "a list": "[1, 2]",
    "two values": PARIS + PARIS,
    "deep": "[" * 5_000,
    "surrogate": '{"name": "\\ud800", "people": 1}',
}


@pytest.mark.parametrize("answer", MISFITS.values(), ids=MISFITS)
def test_an_answer_that_does_not_fit_is_a_typed_error_and_is_kept(answer):
    """The error says what is wrong, carries the reply, and the turn stays in the conversation, whole."""
    with ScriptedGateway([answer, "fine"]) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(StructuredReplyError, match="The answer is no City: ") as caught:
            chat.ask("?", data_model=City)
        assert (caught.value.kind, caught.value.attempts) == ("unexpected_response", 1)
        assert caught.value.partial is chat.last
        assert (chat.last.text, chat.last.data, chat.last.is_partial) == (answer, None, False)
        assert len(chat.turns) == 2
        assert chat.ask("And now in words").text == "fine"


def test_the_error_names_the_field_and_the_next_step():
    """The whole message, for a wrong value and for a cut answer."""
    with ScriptedGateway(
        ['{"name": "Paris", "people": -1}', Script('{"name": "Pa', finish_reason="length")]
    ) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(StructuredReplyError) as wrong:
            chat.ask("?", data_model=City)
        assert str(wrong.value) == (
            "The answer is no City: people: Input should be greater than 0. The reply stays in the conversation and is "
            "on error.partial; ask(..., repair=True) tells the model what was wrong and asks once more."
        )
        with pytest.raises(StructuredReplyError) as cut:
            chat.ask("?", data_model=City)
        assert str(cut.value) == (
            "The answer was cut at the token limit before its JSON was a whole City. Raise max_tokens, or ask for less."
        )


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(deltas=[{"refusal": "I cannot "}, {"refusal": "say that."}]), "I cannot say that."),
        (Script("", finish_reason="content_filter"), "a content filter held the answer back."),
    ],
)
def test_a_refusal_is_told_apart(script, words):
    """A refusal, streamed in pieces, is an error of its own kind, and is never asked again."""
    with ScriptedGateway([script]) as gateway:
        with pytest.raises(StructuredReplyError) as caught:
            chat_with(gateway).ask("?", data_model=City, repair=True)
        assert caught.value.kind == "moderation"
        assert words in str(caught.value)
        assert len(gateway.requests) == 1


def test_repair_asks_once_more_and_says_what_was_wrong():
    """The second question names the fault, asks for the same shape, and both answers stay as turns."""
    with ScriptedGateway(['{"name": "Paris", "people": "many"}', PARIS]) as gateway:
        chat = chat_with(gateway)
        assert chat.ask("How many?", data_model=City, repair=True).data.people == 2_100_000
        assert [turn.role for turn in chat.turns] == ["user", "assistant"] * 2
        assert "people: Input should be a valid integer" in gateway.requests[1].json["messages"][-1]["content"]
        assert asked(gateway, 1) == asked(gateway, 0)
        assert len(chat.replies) == 2


def test_repair_is_one_round_only():
    """A second misfit is the error; a cut answer is not asked again; async does the same."""
    with ScriptedGateway(["no", "still no"]) as gateway:
        with pytest.raises(StructuredReplyError):
            asyncio.run(chat_with(gateway).ask_async("?", data_model=City, repair=True))
        assert len(gateway.requests) == 2
    with ScriptedGateway([Script('{"name":', finish_reason="length"), PARIS]) as gateway:
        with pytest.raises(StructuredReplyError, match="token limit"):
            chat_with(gateway).ask("?", data_model=City, repair=True)
        assert len(gateway.requests) == 1


def test_a_stream_that_does_not_fit_says_so_at_its_end():
    """All text is handed out first; `repair` is refused where nothing could be asked again."""
    with ScriptedGateway(["no JSON"]) as gateway:
        chat = chat_with(gateway)
        texts = []
        with pytest.raises(StructuredReplyError):
            texts.extend(text for text in chat.stream("?", data_model=City))
        with pytest.raises(ParameterError, match="There is no parameter repair"):
            chat.stream("?", data_model=City, repair=True)
        assert chat.last.text == "no JSON"


def test_a_check_of_the_callers_own_that_fails_loses_nothing():
    """Any exception from a validator becomes the typed error, and the reply stays."""

    class Odd(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def look(cls, name):
            raise RuntimeError(name)

    with ScriptedGateway(['{"name": "x"}']) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(StructuredReplyError, match="RuntimeError: x"):
            chat.ask("?", data_model=Odd)
        assert chat.last.text == '{"name": "x"}'


def test_what_a_model_says_cannot_act_in_the_error():
    """Control bytes and endless keys of an answer come escaped and cut into the message."""
    hostile = json.dumps({"\x1b[31m" + "k" * 5_000: 1})

    class Closed(BaseModel, extra="forbid"):
        name: str

    with ScriptedGateway([hostile]) as gateway:
        with pytest.raises(ToprouterError) as caught:
            chat_with(gateway).ask("?", data_model=Closed)
        assert "\x1b" not in str(caught.value)
        assert len(str(caught.value)) < 900


def test_a_local_model_keeps_lengths_and_a_remote_one_is_not_asked_for_them():
    """Only the grammar of this machine takes lengths of texts; a strict mode may refuse them."""

    class Short(BaseModel):
        word: str = Field(max_length=9)

    def schema(model):
        return shape_of(Short).response_format(model)["json_schema"]["schema"]["properties"]["word"]

    assert schema("local/smollm2-135m") == {"type": "string", "maxLength": 9}
    assert schema("any/model") == {"type": "string"}


@pytest.mark.parametrize(
    ("data_model", "name"),
    [(City, "City"), (list[City], "list_City"), (typing.Literal["a b"], "Literal_a_b"), (int | None, "int_None")],
)
def test_the_schema_has_a_name_servers_take(data_model, name):
    """Letters, digits and underscores, made from the type."""
    assert Shape(data_model).name == name


def test_the_embedded_model_answers_in_shape(local_address):
    """The grammar holds a small model to a model, a list and a choice, whatever it knows."""
    chat = Conversation("local/smollm2-135m", display=False, temperature=0, max_tokens=200)

    class Place(BaseModel):
        city: str = Field(max_length=20)
        country: typing.Literal["France", "Italy"]

    place = chat.fork().ask("Paris is the capital of France.", data_model=Place).data
    assert isinstance(place, Place)
    assert place.country == "France"
    numbers = chat.fork().ask("Name two numbers.", data_model=typing.Annotated[list[int], Field(max_length=2)]).data
    assert all(isinstance(number, int) for number in numbers)
    assert chat.fork().ask("Is the sky green?", data_model=typing.Literal["yes", "no"]).data in ("yes", "no")
