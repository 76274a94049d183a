"""The conversation: asking, streaming, going back, and what is left after every kind of end."""

import asyncio
import copy
import pickle
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

import toprouter_nb as tr
from toprouter_nb import asking, errors, history
from toprouter_nb.testing import Cut, ErrorEvent, Fault, Hang, Script, ScriptedGateway, Stall
from toprouter_nb.wire.request import encode_turn


@pytest.fixture
def gateway():
    """Play numbered answers, as many as a test likes."""
    with ScriptedGateway([f"Answer {number}." for number in range(1, 20)]) as playing:
        yield playing


def chat_with(gateway, model="any/model", **options):
    """Return a conversation with a scripted gateway, which shows nothing."""
    return tr.Conversation(model, base_url=gateway.base_url, api_key="test", display=False, **options)


def chat_of(messages, gateway):
    """Return a conversation that holds messages already."""
    options = {"base_url": gateway.base_url, "api_key": "test", "display": False}
    return tr.Conversation.from_messages(messages, model="any/model", **options)


def said(chat):
    """Return the texts of all turns."""
    return [turn.text for turn in chat.turns]


def wait_until(is_so, seconds=5.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


# --- asking


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


def test_a_failed_call_changes_nothing():
    """Before the first delta a failure leaves no trace in the history, and the next question works."""
    with ScriptedGateway([Fault(400, {"error": {"message": "bad"}}), "Fine."]) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(errors.BadRequestError) as caught:
            chat.ask("One?")
        assert (caught.value.partial, said(chat), chat.last) == (None, [], None)
        assert chat.ask("Two?").text == "Fine."
        assert said(chat) == ["Two?", "Fine."]


def test_an_answer_that_breaks_off_is_kept_and_marked():
    """What had arrived stays in the conversation and on the error."""
    with ScriptedGateway([Script(deltas=["Once ", "upon ", Cut()]), "Again."]) as gateway:
        chat = chat_with(gateway)
        with pytest.raises(errors.StreamTruncatedError) as caught:
            chat.ask("Tell!")
        assert caught.value.partial.text == "Once upon "
        assert said(chat) == ["Tell!", "Once upon "]
        assert chat.turns[-1].is_partial
        assert chat.last.is_partial
        assert chat.retry().text == "Again."
        assert said(chat) == ["Tell!", "Again."]


def test_an_error_in_the_stream_is_an_error_with_the_servers_words():
    """The message, code and partial text are on it."""
    steps = ["Par", ErrorEvent({"message": "provider went away", "code": 502})]
    with ScriptedGateway([Script(deltas=steps)]) as gateway, pytest.raises(errors.StreamInterruptedError) as caught:
        chat_with(gateway).ask("?")
    assert (caught.value.kind, caught.value.code, caught.value.partial.text) == ("stream_error", 502, "Par")
    assert "provider went away" in str(caught.value)


def test_leaving_the_loop_keeps_what_came_and_closes_the_connection():
    """A stream left early is a marked partial, the server sees the close, and the next question works."""
    with ScriptedGateway([Script(deltas=["One ", "two ", Hang()]), "Next."]) as gateway:
        chat = chat_with(gateway)
        for text in chat.stream("Count!"):
            if text == "two ":
                break
        assert said(chat) == ["Count!", "One two "]
        assert chat.turns[-1].is_partial
        assert gateway.requests[0].closed_early.wait(5)
        assert chat.ask("And?").text == "Next."


def test_leaving_an_async_loop_keeps_what_came_and_closes_the_connection():
    """The same inside a running loop, though its generator is closed later."""

    async def cell(chat, gateway):
        async for text in chat.stream_async("Count!"):
            if text == "two ":
                break
        first = said(chat)
        reply = await chat.ask_async("And?")
        return first, reply.text, await asyncio.to_thread(gateway.requests[0].closed_early.wait, 5)

    with ScriptedGateway([Script(deltas=["One ", "two ", Hang()]), "Next."]) as gateway:
        chat = chat_with(gateway)
        assert asyncio.run(cell(chat, gateway)) == (["Count!", "One two "], "Next.", True)


def test_a_cancelled_task_keeps_what_came():
    """Cancelling is an interrupt: partial kept and marked, connection closed, and the error carries it."""

    async def cell(chat, gateway):
        task = asyncio.ensure_future(chat.ask_async("Count!"))
        await asyncio.to_thread(
            wait_until, lambda: chat._turnstile._asking and chat._turnstile._asking.call.has_delivered
        )
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value, await asyncio.to_thread(gateway.requests[0].closed_early.wait, 5)

    with ScriptedGateway([Script(deltas=["One ", Hang()])]) as gateway:
        chat = chat_with(gateway)
        error, was_closed = asyncio.run(cell(chat, gateway))
    assert (error.kind, error.partial.text, was_closed) == ("cancelled", "One ", True)
    assert chat.turns[-1] == tr.Turn("assistant", "One ", is_partial=True)


def test_two_questions_at_once_are_refused():
    """A conversation answers one at a time; the message says what to do."""
    with ScriptedGateway([Script(deltas=["One ", "two"]), "Next."]) as gateway:
        chat = chat_with(gateway)
        stream = chat.stream("Count!")
        next(stream)
        with pytest.raises(errors.ParameterError, match="still answering another question"):
            chat.ask("And?")
        assert list(stream) == ["two"]
        assert chat.ask("And?").text == "Next."


def test_two_threads_cannot_both_get_in():
    """Of many threads asking at once, exactly one is let through."""
    with ScriptedGateway([Script(deltas=[Stall(0.3), "ok"])], repeat=True) as gateway:
        chat = chat_with(gateway)
        ends = []

        def ask():
            try:
                ends.append(chat.ask("?").text)
            except errors.ParameterError:
                ends.append("refused")

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(ends) == ["ok", *["refused"] * 7]


def test_a_stream_never_begun_blocks_nothing(gateway):
    """A generator that was made and forgotten sends nothing and holds no place."""
    chat = chat_with(gateway)
    forgotten = chat.stream("One?")
    assert chat.ask("Two?").text == "Answer 1."
    del forgotten
    assert len(gateway.requests) == 1


# --- going back


def test_undo_goes_back_and_keeps_the_branch(gateway):
    """The turns leave the path and stay in the tree; what they cost stays counted."""
    chat = chat_with(gateway)
    chat.ask("One?")
    chat.ask("Two?")
    chat.undo()
    assert said(chat) == ["One?", "Answer 1."]
    chat.ask("Three?")
    assert said(chat) == ["One?", "Answer 1.", "Three?", "Answer 3."]
    assert len(chat.replies) == 3
    assert "user: Two?" in repr(chat.tree())
    chat.undo(2)
    assert said(chat) == []


@pytest.mark.parametrize("n", [0, 2, -1, True, "1"])
def test_undo_of_more_than_there_is_is_refused(gateway, n):
    """The message says how many there are."""
    chat = chat_with(gateway)
    chat.ask("One?")
    with pytest.raises(errors.ParameterError, match="from 1 to 1"):
        chat.undo(n)
    with pytest.raises(errors.ParameterError, match="nothing to undo"):
        chat_with(gateway).undo()


def test_retry_asks_again_and_keeps_both_answers(gateway):
    """The second answer is a sibling of the first, perhaps of another model."""
    chat = chat_with(gateway)
    chat.ask("One?")
    reply = chat.retry("other/model", temperature=1)
    assert (reply.text, reply.requested_model, chat.model) == ("Answer 2.", "other/model", "any/model")
    assert said(chat) == ["One?", "Answer 2."]
    assert gateway.requests[1].json["messages"] == [{"role": "user", "content": "One?"}]
    assert [child.turn.text for child in chat.tree().children[0].children] == ["Answer 1.", "Answer 2."]


def test_a_failed_retry_leaves_the_first_answer_standing():
    """Nothing is lost by trying."""
    with ScriptedGateway(["Good.", Fault(400)]) as gateway:
        chat = chat_with(gateway)
        chat.ask("One?")
        with pytest.raises(errors.BadRequestError):
            chat.retry()
        assert said(chat) == ["One?", "Good."]


def test_edit_replaces_a_question_and_keeps_the_old_branch(gateway):
    """What followed the old question is off the path and in the tree."""
    chat = chat_with(gateway, system="S")
    chat.ask("One?")
    chat.ask("Two?")
    assert chat.edit(1, "Uno?").text == "Answer 3."
    assert said(chat) == ["S", "Uno?", "Answer 3."]
    assert chat.edit(-2, "Eins?").text == "Answer 4."
    assert len(chat.tree().children) == 3


@pytest.mark.parametrize("index", [0, 2, 3, -4, "1", True])
def test_edit_takes_user_turns_only(gateway, index):
    """The message lists the places that can be edited."""
    chat = chat_with(gateway, system="S")
    chat.ask("One?")
    with pytest.raises(errors.ParameterError, match=r"one of \[1\]"):
        chat.edit(index, "x")


def test_a_fork_goes_its_own_way(gateway):
    """A fork shares what was said and nothing that is said later."""
    chat = chat_with(gateway, system="S")
    chat.ask("One?")
    other = chat.fork()
    early = chat.fork(at=1)
    other.ask("Two?")
    assert said(chat) == ["S", "One?", "Answer 1."]
    assert said(other) == ["S", "One?", "Answer 1.", "Two?", "Answer 2."]
    assert said(early) == ["S"]
    assert type(other) is tr.Conversation


@pytest.mark.parametrize("at", ["1", 1.0, True])
def test_a_fork_begins_with_a_whole_number_of_turns(gateway, at):
    """Anything else is refused with what is allowed."""
    with pytest.raises(errors.ParameterError, match=r"fork\(at\) takes a whole number"):
        chat_with(gateway).fork(at)


def test_a_copy_is_a_fork(gateway):
    """`copy.deepcopy`, which people reach for, gives a conversation that works and goes its own way."""
    chat = chat_with(gateway)
    chat.ask("One?")
    other = copy.deepcopy(chat)
    other.ask("Two?")
    assert said(chat) == ["One?", "Answer 1."]
    assert said(other)[-1] == "Answer 2."


def test_a_pickle_holds_the_turns_and_not_the_key(gateway):
    """What is written to a file by a notebook's own means never carries the key."""
    chat = tr.Conversation("any/model", base_url=gateway.base_url, api_key="sk-canary-0123456789", display=False)
    chat.ask("One?")
    pickled = pickle.dumps(chat)
    assert b"canary" not in pickled
    assert said(pickle.loads(pickled)) == ["One?", "Answer 1."]


def test_a_conversation_made_of_messages_gives_them_back(gateway):
    """`from_messages` and `messages` are inverse, the system message included."""
    messages = [
        {"role": "system", "content": "S"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "https://e.org/x"}}],
        },
        {"role": "assistant", "content": "b"},
    ]
    chat = chat_of(messages, gateway)
    assert (chat.messages, chat.system) == (messages, "S")
    chat.ask("c")
    assert gateway.requests[0].json["messages"] == [*messages, {"role": "user", "content": "c"}]


@pytest.mark.parametrize("given", [None, {}, "Hi"])
def test_what_is_no_list_of_messages_is_refused(given):
    """The error says what it takes, also of a dict alone, which would be read as no messages at all."""
    with pytest.raises(errors.ParameterError, match=f"takes a list of message dicts, not {type(given).__name__}"):
        tr.Conversation.from_messages(given)


def test_settings_that_are_none_and_a_display_that_is_no_word_are_refused():
    """Both are typed errors, before anything is asked."""
    with pytest.raises(errors.SettingsError, match="takes a Settings object"):
        tr.Conversation("any/model", settings={"api_key": "x"})
    with pytest.raises(errors.SettingsError, match="display must be one of"):
        tr.Conversation("any/model", display="loud")
    assert tr.Conversation("any/model", display="text").display == "text"


def test_a_model_listed_as_blind_is_not_shown_a_picture(gateway):
    """Once the gateway's list was fetched, images are refused before they are sent, and models that see are named."""
    tr.configure(base_url=gateway.base_url)
    tr.models()
    chat = tr.Conversation("scripted/text", api_key="test", display=False)
    with pytest.raises(errors.ImageError, match="scripted/vision"):
        chat.ask("What?", tr.image("https://example.com/image.jpg"))
    assert [request.path for request in gateway.requests] == ["/models"]


def test_retry_answers_a_history_that_ends_with_a_question(gateway):
    """Messages that end with the user's can be answered without asking anew."""
    chat = chat_of([{"role": "user", "content": "One?"}], gateway)
    chat.retry()
    assert said(chat) == ["One?", "Answer 1."]


# --- what is sent is encoded once


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


def test_an_answer_without_a_word_is_kept_and_not_sent():
    """Servers refuse empty messages: one silent answer, cut short or not, must not end the conversation for good."""
    thought = Script(deltas=[Cut()], reasoning="Let me see.")
    with ScriptedGateway(["", thought, "Ten.", "Eleven."]) as gateway:
        chat = tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False, system="Count.")
        chat.ask("One?")
        with pytest.raises(errors.StreamTruncatedError):
            chat.ask("Two?")
        chat.ask("Three?")
        chat.ask("Four?")
        sent = gateway.requests[-1].json["messages"]
        inside = chat.xray().request["messages"]
    assert [message["content"] for message in sent] == ["Count.", "One?", "Two?", "Three?", "Ten.", "Four?"]
    assert chat.messages == [*sent, {"role": "assistant", "content": "Eleven."}]
    assert inside == sent
    assert [turn.text for turn in chat.turns[2:5]] == ["", "Two?", ""]
    assert chat.turns[4].is_partial
