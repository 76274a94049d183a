"""Asking: what is sent, what comes back, and what is refused before anything is sent."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from chats import chat_of, chat_with, said

import toprouter_nb as tr
from toprouter_nb import asking, errors, history
from toprouter_nb.testing import Script, ScriptedGateway
from toprouter_nb.wire.request import encode_turn


def test_ask_sends_the_history_and_keeps_the_reply(gateway):
    """Every question carries all turns before it, the system turn first."""
    chat = chat_with(gateway, system="Be terse.", temperature=0.5)
    assert chat.ask("One?").text == "Answer 1."
    assert chat.ask("Two?", max_tokens=7).text == "Answer 2."
    assert said(chat) == ["Be terse.", "One?", "Answer 1.", "Two?", "Answer 2."]
    assert gateway.requests[-1].json == {
        "model": "any/model",
        "messages": [
            {"role": "system", "content": "Be terse."},
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "Answer 1."},
            {"role": "user", "content": "Two?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 7,
    }


def test_a_plain_request_gives_the_same_reply(gateway):
    """`stream=False` differs on the wire only."""
    chat = chat_with(gateway)
    reply = chat.ask("One?", stream=False)
    assert (reply.text, reply.finish_reason, reply.first_token_seconds) == ("Answer 1.", "stop", None)
    assert gateway.requests[0].json["stream"] is False
    assert reply.usage.total_tokens == 3
    assert said(chat) == ["One?", "Answer 1."]


def test_a_stream_that_is_neither_true_nor_false_is_refused():
    """`stream="yes"` is told before anything is sent, and an empty model id is no model."""
    with ScriptedGateway(["One."]) as gateway:
        chat = tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        with pytest.raises(errors.ParameterError, match="stream is True or False, not 'yes'"):
            chat.ask("One?", stream="yes")
        with pytest.raises(errors.ParameterError, match="A model id is a text without spaces"):
            chat.ask("One?", model="")
        assert not gateway.requests
    assert chat.turns == ()


def test_a_reply_tells_all_that_is_known(gateway):
    """Model, id, times, usage and the raw answer are there; what was not reported is None."""
    reply = chat_with(gateway).ask("One?")
    assert (reply.requested_model, reply.served_model, reply.is_partial, reply.attempts) == (
        "any/model",
        "any/model",
        False,
        1,
    )
    assert 0 < reply.first_token_seconds <= reply.seconds < 10
    assert reply.cost_usd is None
    assert reply.usage.cached_tokens is None
    assert reply.raw["choices"][0]["message"]["content"] == "Answer 1."
    assert reply.turn == tr.assistant("Answer 1.")
    assert (str(reply), repr(reply)) == ("Answer 1.", "Reply('Answer 1.', model='any/model', finish_reason='stop')")


def test_billed_cost_is_kept_exactly():
    """What the gateway says it billed is a Decimal, and the conversation adds it up."""
    bill = {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.1}
    with ScriptedGateway([Script("a", usage=bill), Script("b", usage=bill), "c"]) as gateway:
        chat = chat_with(gateway)
        chat.ask("1")
        chat.ask("2")
        assert (chat.last.cost_usd, chat.cost_usd) == (Decimal("0.1"), Decimal("0.2"))
        chat.ask("3")
        assert chat.cost_usd is None


def test_stream_gives_the_text_as_it_arrives(gateway):
    """The pieces are the deltas of the server, and the reply stands in the conversation afterwards."""
    chat = chat_with(gateway)
    assert list(chat.stream("One?")) == ["Answer ", "1."]
    assert chat.last.text == "Answer 1."


def test_stream_gives_typed_deltas_on_demand():
    """`events=True` shows reasoning, text, finish reason and usage."""
    with ScriptedGateway([Script("Yes.", reasoning="Hm.")]) as gateway:
        deltas = list(chat_with(gateway).stream("?", events=True))
    assert [delta.reasoning for delta in deltas if delta.reasoning] == ["Hm."]
    assert "".join(delta.text for delta in deltas) == "Yes."
    assert deltas[-1].usage is not None


def test_the_async_twins_do_the_same(gateway):
    """`ask_async` and `stream_async` work inside a running loop, one loop after another."""

    async def talk(chat):
        reply = await chat.ask_async("One?")
        return reply.text, [text async for text in chat.stream_async("Two?")]

    chat = chat_with(gateway)
    assert asyncio.run(talk(chat)) == ("Answer 1.", ["Answer ", "2."])
    assert asyncio.run(talk(chat)) == ("Answer 3.", ["Answer ", "4."])
    assert len(chat.turns) == 8


def test_the_blocking_form_works_inside_a_running_loop(gateway):
    """`ask` needs no tricks where a loop runs already, as in a notebook."""

    async def cell():
        return chat_with(gateway).ask("One?").text

    assert asyncio.run(cell()) == "Answer 1."


def test_images_go_along_as_parts():
    """Text and image parts are sent in their order."""
    with ScriptedGateway(["A dot."]) as gateway:
        chat = chat_with(gateway)
        chat.ask("What is it?", tr.image("https://example.com/image.jpg"))
        assert gateway.requests[0].json["messages"][0]["content"] == [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": "https://example.com/image.jpg"}},
        ]


# --- what is refused before anything is sent


@pytest.mark.parametrize(
    ("parts", "options", "kind"),
    [
        ((), {}, errors.ParameterError),
        (("",), {}, errors.ParameterError),
        ((" \n",), {}, errors.ParameterError),
        (("Hi",), {"temperature": 3}, errors.ParameterError),
        (("Hi",), {"temprature": 1}, errors.ParameterError),
        (("Hi",), {"model": "two words"}, errors.ParameterError),
        (("Hi",), {"model": "local/unknown"}, errors.UnknownModelError),
        (("Hi",), {"extra": {"x": {1, 2}}}, errors.ParameterError),
        ((b"",), {}, errors.ImageError),
        ((Path("/nowhere/at-all.png"),), {}, errors.ImageError),
        ((object(),), {}, errors.ImageError),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_lost(gateway, parts, options, kind):
    """Each wrong input is a typed error; no request is made and the history is as before."""
    chat = chat_with(gateway)
    chat.ask("One?")
    with pytest.raises(kind):
        chat.ask(*parts, **options)
    assert len(gateway.requests) == 1
    assert said(chat) == ["One?", "Answer 1."]


def test_wrong_parameters_are_refused_when_the_conversation_is_made():
    """Nobody has to ask to learn that a value is out of range."""
    with pytest.raises(errors.ParameterError, match="temperature must be a number from 0 to 2"):
        tr.Conversation("any/model", temperature=3)


def test_a_model_that_cannot_see_is_not_shown_a_picture():
    """The refusal names models that can."""
    chat = tr.Conversation("local/smollm2-135m", display=False)
    with pytest.raises(errors.ImageError, match=r"local/smollm2-135m takes no images\. .+local/ocr"):
        chat.ask("What?", tr.image("https://example.com/image.jpg"))


def test_a_picture_that_is_not_sent_is_no_hindrance():
    """A picture in what is edited away is nothing the model would have to see; one before the question is."""
    picture = tr.image("https://example.com/image.jpg")
    with ScriptedGateway(["Blue.", "Two."]) as gateway:
        chat = tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        chat.ask("What?", picture)
        with pytest.raises(errors.ImageError, match=r"local/smollm2-135m takes no images"):
            chat.ask("And?", model="local/smollm2-135m")
        chat.model = "local/smollm2-135m"
        assert chat.edit(0, "1 + 1?", max_tokens=2).text


def test_without_a_key_a_remote_model_is_refused_with_three_ways_on(monkeypatch):
    """A remote model is never silently replaced by a local one."""
    monkeypatch.delenv("TOPROUTER_API_KEY", raising=False)
    with pytest.raises(errors.SettingsError) as caught:
        tr.Conversation("google/gemini-3.5-flash", display=False).ask("Hi")
    for way in ("TOPROUTER_API_KEY", "configure(api_key=...)", "local/smollm2-135m"):
        assert way in str(caught.value)


def test_a_key_never_goes_to_another_server(gateway):
    """A key configured for one address is not used for another."""
    tr.configure(api_key="sk-configured-for-one-server")
    chat = tr.Conversation("any/model", base_url=gateway.base_url, display=False)
    with pytest.raises(errors.SettingsError):
        chat.ask("Hi")
    assert gateway.requests == ()


# --- what is left after a bad end


def test_a_model_listed_as_blind_is_not_shown_a_picture(gateway):
    """Once the gateway's list was fetched, images are refused before they are sent, and models that see are named."""
    tr.configure(base_url=gateway.base_url)
    tr.models()
    chat = tr.Conversation("scripted/text", api_key="test", display=False)
    with pytest.raises(errors.ImageError, match="scripted/vision"):
        chat.ask("What?", tr.image("https://example.com/image.jpg"))
    assert [request.path for request in gateway.requests] == ["/models"]


def test_a_long_conversation_does_not_encode_its_turns_again(gateway, monkeypatch):
    """The second question of a long conversation encodes one turn, the new one."""
    turns = [{"role": role, "content": "x" * 50} for _ in range(100) for role in ("user", "assistant")]
    chat = chat_of(turns, gateway)
    chat.ask("One?")
    encoded = []
    for module in (asking, history):
        monkeypatch.setattr(module, "encode_turn", lambda turn: encoded.append(turn) or encode_turn(turn))
    body = chat._turnstile._pieces(chat._question(("Two?",), {}))
    assert len(body) == 203
    assert [turn.text for turn in encoded] == [chat.last.text, "Two?"]


def test_settings_that_are_none_and_a_display_that_is_no_word_are_refused():
    """Both are typed errors, before anything is asked."""
    with pytest.raises(errors.SettingsError, match="takes a Settings object"):
        tr.Conversation("any/model", settings={"api_key": "x"})
    with pytest.raises(errors.SettingsError, match="display must be one of"):
        tr.Conversation("any/model", display="loud")
    assert tr.Conversation("any/model", display="text").display == "text"
