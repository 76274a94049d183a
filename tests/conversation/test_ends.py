"""What is left after every kind of end, and that one question at a time gets in."""

import asyncio
import threading

import pytest
from chats import chat_with, said, wait_until

import toprouter_nb as tr
from toprouter_nb import errors
from toprouter_nb.testing import Cut, ErrorEvent, Fault, Hang, Script, ScriptedGateway, Stall


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
