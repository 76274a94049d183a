"""A column of texts as a typed table: aligned, complete, resumable, errors in their rows."""

import _thread
import datetime as dt
import enum
import json
import threading
import typing

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, Field

from toprouter_nb import Conversation
from toprouter_nb.errors import BadRequestError, ParameterError
from toprouter_nb.testing import Fault, Hang, Script, ScriptedGateway


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Review(BaseModel):
    stars: int
    score: float | None
    mood: Mood
    is_long: bool = Field(alias="isLong")
    day: dt.date
    words: list[str]


DATA = {"stars": 3, "score": 0.5, "mood": "bad", "isLong": True, "day": "2024-05-01", "words": ["a", "b"]}


def chat_with(gateway):
    """Return a conversation with the gateway."""
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False, system="S")


def frame_of(*texts, index=None):
    """Return a frame with a column of texts."""
    return pd.DataFrame({"text": texts}, index=index)


def length(request):
    """Answer with the length of the text that was asked."""
    return json.dumps({"value": len(request.json["messages"][-1]["content"])})


def test_fields_become_typed_columns():
    """Each field has a column of its type, an enumeration its value; then tokens, cost and error."""
    with ScriptedGateway([json.dumps(DATA)]) as gateway:
        table = chat_with(gateway).extract(frame_of("x"), "text", Review)
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        "stars": "Int64", "score": "Float64", "mood": "string", "is_long": "boolean", "day": "object",
        "words": "object", "total_tokens": "Int64", "cost_usd": "Float64", "error": "string",
    }  # fmt: skip
    row = table.iloc[0]
    assert (row["stars"], row["score"], row["mood"], row["is_long"]) == (3, 0.5, "bad", True)
    assert (row["day"], row["words"]) == (dt.date(2024, 5, 1), ["a", "b"])


def test_rows_stand_beside_their_texts():
    """The index is that of the frame, however odd; the frame is not changed; the chat stays as it was."""
    frame = frame_of("a", "bbb", "cc", index=["x", "x", "y"])
    with ScriptedGateway(length) as gateway:
        chat = chat_with(gateway)
        table = chat.extract(frame, "text", int)
        assert len(chat.turns) == 1
    assert table.index.tolist() == ["x", "x", "y"]
    assert table["value"].tolist() == [1, 3, 2]
    assert list(frame.columns) == ["text"]


def test_the_prompt_comes_before_each_text():
    """What is asked is the prompt, a blank line and the text, with the options given."""
    with ScriptedGateway(length) as gateway:
        chat_with(gateway).extract(frame_of("Dull."), "text", int, prompt="Stars?", temperature=0)
        body = gateway.requests[0].json
    assert body["messages"][-1]["content"] == "Stars?\n\nDull."
    assert body["temperature"] == 0


def test_a_missing_text_is_not_asked():
    """None, NaN and blanks have no text; numbers are asked as texts."""
    with ScriptedGateway(length) as gateway:
        table = chat_with(gateway).extract(frame_of(None, np.nan, "  ", 1234, pd.NA), "text", int)
        assert len(gateway.requests) == 1
    assert table["error"].fillna("").tolist() == ["there is no text"] * 3 + ["", "there is no text"]
    assert table["value"].iloc[3] == 4


def test_errors_are_rows_and_can_be_asked_again():
    """A row that failed says why; `done` asks it again, and keeps the others as they are."""
    answers = {"a": '{"value": 1}', "b": "no JSON", "c": Fault(400, body={"error": {"message": "odd"}})}
    frame = frame_of("a", "b", "c")
    with ScriptedGateway(lambda request: answers[request.json["messages"][-1]["content"]]) as gateway:
        chat = chat_with(gateway)
        table = chat.extract(frame, "text", int)
        assert table["error"].isna().tolist() == [True, False, False]
        # Of a conversation and of repairs nothing is said: no row is kept in one.
        assert table["error"].iloc[1] == "The answer is no int: Invalid JSON: expected ident at line 1 column 2."
        assert "odd" in table["error"].iloc[2]
        answers.update(b='{"value": 2}', c='{"value": 3}')
        again = chat.extract(frame, "text", int, done=table)
        assert len(gateway.requests) == 5
    assert again["value"].tolist() == [1, 2, 3]
    assert again["error"].isna().all()
    assert again["total_tokens"].notna().all()


def test_a_number_beyond_64_bits_is_kept():
    """No answer is lost because it fits no column of numbers: the column then holds Python's own."""
    numbers = {"a": 2**63 - 1, "b": 10**30}
    with ScriptedGateway(lambda request: f'{{"value": {numbers[request.json["messages"][-1]["content"]]}}}') as gateway:
        chat = chat_with(gateway)
        assert chat.extract(frame_of("a"), "text", int)["value"].dtype == "Int64"
        wide = chat.extract(frame_of("a", "", "b"), "text", int)["value"].tolist()
    assert wide == [2**63 - 1, None, 10**30]


def test_lists_survive_being_done():
    """A table whose cells are lists can be passed as `done` unharmed."""
    with ScriptedGateway(lambda request: '{"value": ["a", "b"]}') as gateway:
        chat = chat_with(gateway)
        table = chat.extract(frame_of("x", "y"), "text", list[str])
        again = chat.extract(frame_of("x", "y"), "text", list[str], done=table)
        assert len(gateway.requests) == 2
    assert again["value"].tolist() == [["a", "b"], ["a", "b"]]


def test_repair_and_other_options_go_along():
    """Options of `ask` hold for each text."""
    replies = iter(["no", '{"value": 5}'])
    with ScriptedGateway(lambda request: next(replies)) as gateway:
        table = chat_with(gateway).extract(frame_of("x"), "text", int, repair=True)
    assert table["value"].tolist() == [5]


def test_where_no_call_succeeds_the_error_is_raised():
    """A key that is refused, or a server that is down, is no table of errors."""
    with ScriptedGateway(lambda request: Fault(400)) as gateway, pytest.raises(BadRequestError):
        chat_with(gateway).extract(frame_of("a", "b"), "text", int)


def test_an_interrupt_carries_the_rows_so_far():
    """`.partial` of the interrupt is the table, and goes on where it stopped."""

    def second_hangs(request):
        if request.json["messages"][-1]["content"] == "a":
            return '{"value": 1}'
        threading.Timer(0.2, _thread.interrupt_main).start()
        return Script(deltas=[Hang()])

    frame = frame_of("a", "b", "c")
    with ScriptedGateway(second_hangs) as gateway, pytest.raises(KeyboardInterrupt) as caught:
        chat_with(gateway).extract(frame, "text", int, concurrency=1)
    table = caught.value.partial
    assert table["value"].fillna(0).tolist() == [1, 0, 0]
    assert table["error"].fillna("").tolist() == ["", "not asked", "not asked"]
    assert "1 of 3 rows ended" in caught.value.__notes__[0]
    with ScriptedGateway(lambda request: '{"value": 7}') as gateway:
        assert chat_with(gateway).extract(frame, "text", int, done=table)["value"].tolist() == [1, 7, 7]
        assert len(gateway.requests) == 2


class Erring(BaseModel):
    error: str


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        ([1], {}, "extract takes a pandas DataFrame, not list"),
        (frame_of("a"), {"column": ["text"]}, r"There is no one column \['text'\]"),
        (frame_of("a"), {"column": "txt"}, "There is no one column 'txt' in the frame, which has 'text'"),
        (frame_of("a"), {"data_model": object()}, "data_model takes a type"),
        (frame_of("a"), {"data_model": Erring}, "may not have a field of that name"),
        (frame_of("a"), {"done": frame_of("a")}, "done takes a table that extract"),
        (frame_of("a"), {"concurrency": 0}, "concurrency must be"),
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), {}, "There is no one column"),
    ],
)
def test_what_cannot_be_extracted_is_refused(frame, options, words):
    """No frame, no such column, no data model, a name that is taken, another table: nothing is sent."""
    given = {"column": "text", "data_model": int, **options}
    with ScriptedGateway(["x"]) as gateway:
        with pytest.raises(ParameterError, match=words):
            chat_with(gateway).extract(frame, **given)
        assert not gateway.requests


def test_an_empty_frame_gives_an_empty_table():
    """The columns and types are the same without a row."""
    with ScriptedGateway(["x"]) as gateway:
        table = chat_with(gateway).extract(frame_of(), "text", int)
    assert table.shape == (0, 4)
    assert str(table["value"].dtype) == "Int64"


def test_the_embedded_model_fills_a_table(local_address):
    """The model of this machine reads a column into a choice and a number, row by row."""

    class Verdict(BaseModel):
        mood: typing.Literal["good", "bad"]
        stars: int = Field(ge=1, le=5)

    chat = Conversation("local/smollm2-135m", display=False, temperature=0, max_tokens=60)
    table = chat.extract(frame_of("A dull film.", "A great film!"), "text", Verdict, prompt="Rate this review.")
    assert table["error"].isna().all()
    assert table["mood"].isin(["good", "bad"]).all()
    assert table["stars"].between(1, 5).all()
