"""Data that grows with the answer: what is shown on the way, and that the end is checked."""

import asyncio
import time

import pytest
from pydantic import BaseModel

from toprouter_nb import Conversation
from toprouter_nb.errors import ParameterError, StructuredReplyError
from toprouter_nb.structured_growth import LONG_TEXT, GrowingData
from toprouter_nb.testing import Script, ScriptedGateway


class City(BaseModel):
    name: str
    rivers: list[str]


PIECES = ['{"name": "Pa', 'ris", "riv', 'ers": ["Seine", "Mar', 'ne"]}']
STEPS = [{"name": "Pa"}, {"name": "Paris"}, {"name": "Paris", "rivers": ["Seine", "Mar"]}]


def chat_with(gateway):
    """Return a conversation with the gateway."""
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)


def test_data_grows_and_ends_as_the_model():
    """Each step shows what has come; the last is the validated instance; blocking and async alike."""
    whole = City(name="Paris", rivers=["Seine", "Marne"])

    async def steps(chat):
        return [data async for data in chat.stream_data_async("?", data_model=City)]

    with ScriptedGateway([Script(deltas=PIECES)] * 2) as gateway:
        chat = chat_with(gateway)
        seen = list(chat.stream_data("?", data_model=City))
        assert seen == [*STEPS, whole.model_dump(), whole]
        assert asyncio.run(steps(chat)) == seen
        assert chat.last.data == whole


def test_a_list_grows_without_its_wrapping():
    """What travels as the property of an object is shown as itself, and a fence is no hindrance."""
    with ScriptedGateway([Script(deltas=["```json\n", '{"value": [1', ", 2, 3", "]}\n```"])]) as gateway:
        seen = list(chat_with(gateway).stream_data("?", data_model=list[int]))
    assert seen == [[1], [1, 2, 3], [1, 2, 3]]


def test_what_does_not_fit_is_an_error_at_the_end():
    """The steps came, then the error; without a data model nothing is sent."""
    with ScriptedGateway(['{"name": 3}']) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(ParameterError, match="stream_data needs data_model"):
            chat.stream_data("?")
        with pytest.raises(StructuredReplyError):
            list(chat.stream_data("?", data_model=City))
        assert len(gateway.requests) == 1


def test_leaving_early_keeps_what_came():
    """A loop that is left closes the call, and the answer stands as a partial turn."""
    with ScriptedGateway([Script(deltas=PIECES)]) as gateway:
        chat = chat_with(gateway)
        for _ in chat.stream_data("?", data_model=City):
            break
        assert chat.last.is_partial


def test_a_long_answer_costs_linear_time():
    """Twenty times the text takes nowhere near four hundred times as long."""

    def seconds(words):
        growing = GrowingData()
        growing.add('{"text": "')
        start = time.process_time()
        for _ in range(words):
            growing.add("word ")
        return time.process_time() - start

    seconds(LONG_TEXT)
    assert seconds(100_000) < 60 * max(seconds(5_000), 0.01)
