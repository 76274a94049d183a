"""The real OpenAI SDK works with the local server, with only base_url and api_key changed.

The requests are the examples of the Chat Completions reference: streaming, several turns, an image.
"""

import asyncio

import openai
import pydantic
import pytest
from openai import OpenAI
from picture import data_address, draw

MODEL = "local/smollm2-135m"


@pytest.fixture
def client(local_address):
    """Return a client as the reference makes one."""
    with OpenAI(api_key=local_address[1], base_url=local_address[0], max_retries=0) as client:
        yield client


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_every_form_of_the_base_url_works(local_address, ending):
    """The base URL may be written with and without /v1, with and without a slash."""
    with OpenAI(api_key=local_address[1], base_url=local_address[0] + ending, max_retries=0) as client:
        reply = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}], max_tokens=1)
    assert reply.usage.completion_tokens == 1


def test_streaming_example(client):
    """The streaming example prints a reply piece by piece."""
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Write a haiku about coding"}],
        stream=True,
        max_tokens=24,
    )
    pieces = [chunk.choices[0].delta.content for chunk in stream if chunk.choices[0].delta.content]
    assert len(pieces) > 5
    assert "".join(pieces).strip()


def test_streaming_with_usage(client):
    """The last chunk of a stream carries the counts when asked for."""
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        stream_options={"include_usage": True},
        max_tokens=3,
    )
    *_, last = stream
    assert last.choices == []
    assert last.usage.completion_tokens == 3


def test_conversation_example(client):
    """The example with earlier messages is answered, with model, finish reason and counts."""
    messages = [
        {"role": "system", "content": "You are a helpful coding assistant."},
        {"role": "user", "content": "What is a Python decorator?"},
        {"role": "assistant", "content": "A Python decorator is a function that modifies another function..."},
        {"role": "user", "content": "Can you show me an example?"},
    ]
    response = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=16)
    assert response.model == MODEL
    assert response.choices[0].message.role == "assistant"
    assert response.choices[0].finish_reason == "length"
    assert response.usage.total_tokens == response.usage.prompt_tokens + 16


def vision(address):
    """Return the messages of the vision example, about one image."""
    image = {"type": "image_url", "image_url": {"url": address}}
    return [{"role": "user", "content": [{"type": "text", "text": "What's in this image?"}, image]}]


def test_vision_example_on_a_text_model(client):
    """A text model refuses the vision example as a bad request that names who reads images."""
    with pytest.raises(openai.BadRequestError, match="Ask local/ocr") as caught:
        client.chat.completions.create(model=MODEL, messages=vision("https://example.com/image.jpg"))
    assert caught.value.code == "image_not_supported"


def test_vision_example_on_text_recognition(client):
    """The vision example with the image itself is answered by local/ocr."""
    response = client.chat.completions.create(model="local/ocr", messages=vision(data_address(draw(["Room 42"]))))
    assert response.choices[0].message.content == "Text found in the image:\nRoom 42"
    assert response.usage is None


def test_structured_answers(client):
    """A Pydantic model comes back filled."""

    class Place(pydantic.BaseModel):
        capital: str

    messages = [{"role": "user", "content": "What is the capital of France? Answer in JSON."}]
    completion = client.chat.completions.parse(
        model=MODEL, messages=messages, response_format=Place, temperature=0, max_tokens=60
    )
    assert isinstance(completion.choices[0].message.parsed, Place)


def test_models_are_listed(client):
    """models.list and models.retrieve know the local ids."""
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"model": "local/smollm3"}, openai.NotFoundError),
        ({"temperature": 3}, openai.BadRequestError),
        ({"messages": []}, openai.BadRequestError),
        ({"messages": [{"role": "user", "content": "word " * 5000}]}, openai.BadRequestError),
    ],
)
def test_errors_are_the_sdks_own(client, changes, error):
    """Errors arrive as the SDK's own classes, with the server's words and a request id."""
    request = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1} | changes
    with pytest.raises(error) as caught:
        client.chat.completions.create(**request)
    assert caught.value.request_id.startswith("req-")
    assert caught.value.type == "invalid_request_error"


def test_a_wrong_key_is_an_authentication_error(local_address):
    """A wrong key is the SDK's AuthenticationError."""
    wrong = OpenAI(api_key="sk-wrong", base_url=local_address[0], max_retries=0)
    with wrong as client, pytest.raises(openai.AuthenticationError, match="Send the key"):
        client.models.list()


async def ask_many(address, count):
    """Ask several questions at once."""
    async with openai.AsyncOpenAI(api_key=address[1], base_url=address[0], max_retries=0) as client:
        asked = [
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}], max_tokens=2)
            for _ in range(count)
        ]
        return await asyncio.gather(*asked)


def test_async_client(local_address):
    """The asynchronous client gets all its answers."""
    replies = asyncio.run(ask_many(local_address, 6))
    assert [reply.usage.completion_tokens for reply in replies] == [2] * 6
