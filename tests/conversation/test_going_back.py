"""Going back loses nothing: undo, retry, edit, fork, copies, and conversations made of messages."""

import copy
import pickle

import pytest
from chats import chat_of, chat_with, said

import toprouter_nb as tr
from toprouter_nb import errors
from toprouter_nb.testing import Fault, ScriptedGateway


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


def test_retry_answers_a_history_that_ends_with_a_question(gateway):
    """Messages that end with the user's can be answered without asking anew."""
    chat = chat_of([{"role": "user", "content": "One?"}], gateway)
    chat.retry()
    assert said(chat) == ["One?", "Answer 1."]


# --- what is sent is encoded once


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
