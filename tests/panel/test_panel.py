"""A panel does what its buttons say, tells its view what is new, and loses nothing that was typed."""

import time

import pytest
from panels import listened, picture, settled

from toprouter_nb import Conversation, testing
from toprouter_nb.errors import ParameterError
from toprouter_nb.panel import Panel
from toprouter_nb.panel.transcript import WINDOW_TURNS
from toprouter_nb.testing import Fault, Hang, Script


def test_what_is_sent_becomes_two_turns(opened):
    """The question and its answer stand in the conversation, safe to show, with the small print of the answer."""
    panel, chat, _ = opened(["**Paris**<script>"])
    panel.hear({"t": "send", "text": "Capital of <b>France</b>?"})
    snapshot = settled(panel)
    assert [turn["role"] for turn in snapshot["turns"]] == ["user", "assistant"]
    assert "&lt;b&gt;France" in snapshot["turns"][0]["html"]
    assert "<strong>Paris</strong>&lt;script&gt;" in snapshot["turns"][1]["html"]
    assert "any/model" in snapshot["turns"][1]["html"]
    assert snapshot["state"]["facts"][0] == "any/model"
    assert chat.last.text == "**Paris**<script>"


def test_an_answer_under_way_is_in_the_snapshot(opened):
    """Whoever opens the panel in mid-answer sees the question and what has come; Stop ends it and keeps that."""
    panel, chat, _ = opened([Script(deltas=["half ", Hang()]), "again"])
    panel.hear({"t": "send", "text": "Count!"})
    until = time.monotonic() + 5
    while panel._answering.column.status == "waiting" and time.monotonic() < until:
        time.sleep(0.01)
    live = panel.snapshot()["live"]
    assert "Count!" in live["said"]
    panel.hear({"t": "send", "a": "view-2", "text": "And this?"})
    told = panel.snapshot()["state"]
    assert (told["alert"], told["returned"]) == ("An answer is under way. Stop it first, or wait for it.", "view-2")
    panel.hear({"t": "stop"})
    assert not settled(panel)["live"]
    assert (chat.turns[-1].text, chat.turns[-1].is_partial) == ("half ", True)
    panel.hear({"t": "retry"})
    assert settled(panel)["turns"][-1]["text"] == "again"


def test_a_question_that_could_not_be_asked_comes_back(opened):
    """After an error the view is told to put the text back, and the conversation is as it was."""
    panel, chat, _ = opened([Fault(404)])
    panel.hear({"t": "send", "a": "view-1", "text": "Hello?"})
    state = settled(panel)["state"]
    assert state["returned"] == "view-1"
    assert state["alert"].startswith("NotFoundError: The server answered 404")
    assert chat.turns == ()


def test_images_go_along(opened):
    """Uploaded bytes are checked by their content and sent; what is no picture is refused calmly."""
    panel, chat, gateway = opened(["a cat", "a dog"])
    panel.hear({"t": "send", "text": "What is it?"}, [picture()])
    assert "<img" in settled(panel)["turns"][0]["html"]
    panel.hear({"t": "send", "text": ""}, [picture("JPEG")])
    settled(panel)
    assert len(gateway.requests[1].json["messages"][-1]["content"]) == 1
    for wrong in (b"just words", b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
        panel.hear({"t": "send", "a": "view-1", "text": "And this?"}, [wrong])
        state = panel.snapshot()["state"]
        assert state["returned"] == "view-1"
        assert "image" in state["alert"].lower()
    panel.hear({"t": "send", "text": "Many"}, [picture()] * 21)
    assert panel.snapshot()["state"]["alert"] == "A question takes at most 20 images here, not 21."
    assert len(chat.turns) == 4


def test_edit_retry_and_undo_keep_branches(opened):
    """Each leaves what it replaced as a branch, which the arrows go back to."""
    panel, chat, _ = opened(["one", "two", "three"])
    panel.hear({"t": "send", "text": "First"}, [picture()])
    settled(panel)
    panel.hear({"t": "retry"})
    answer = settled(panel)["turns"][1]
    assert (answer["text"], answer["at"], answer["of"]) == ("two", 1, 2)
    panel.hear({"t": "go", "i": 1, "to": 0})
    assert panel.snapshot()["turns"][1]["text"] == "one"
    panel.hear({"t": "edit", "i": 0, "text": "Second"})
    first = settled(panel)["turns"][0]
    assert (first["text"], first["at"], first["of"]) == ("Second", 1, 2)
    assert len(chat.turns[0].images) == 1
    panel.hear({"t": "undo"})
    assert chat.turns == ()


def test_model_and_options_are_the_conversations(opened):
    """What is chosen in the panel is chosen for cells, too; what cannot be is told and changes nothing."""
    panel, chat, _ = opened([], temperature=0.5, stop="END")
    panel.hear({"t": "model", "model": " maker/other "})
    panel.hear({"t": "params", "params": {"temperature": "1.5", "max_tokens": "20", "system": "Terse."}})
    assert (chat.model, chat.system) == ("maker/other", "Terse.")
    assert chat.params == {"temperature": 1.5, "max_tokens": 20, "stop": "END"}
    panel.hear({"t": "params", "params": {"temperature": "warm"}})
    assert panel.snapshot()["state"]["alert"] == "`temperature` is a number, not 'warm'."
    panel.hear({"t": "params", "params": {"temperature": "9"}})
    assert "temperature" in panel.snapshot()["state"]["alert"]
    panel.hear({"t": "model", "model": "two words"})
    assert chat.params["temperature"] == 1.5
    panel.hear({"t": "model", "model": ""})
    assert chat.model is None


def test_what_a_cell_asked_is_shown_when_somebody_looks(opened):
    """The panel and the cells share one conversation."""
    panel, chat, _ = opened(["one"])
    chat.ask("From a cell")
    panel.hear({"t": "look"})
    assert [turn["text"] for turn in panel.snapshot()["turns"]] == ["From a cell", "one"]


def test_a_budget_is_metered(opened):
    """What is used of the budget is there as two numbers."""
    panel, _, _ = opened([], budget_usd=2)
    assert panel.snapshot()["state"]["meter"] == [0.0, 2.0]


def test_prompts_are_offered_until_something_is_said(opened):
    """The buttons go with the first question; texts only are taken."""
    panel, chat, _ = opened(["one"], system="Terse.")
    assert panel.snapshot()["state"]["prompts"] == ["Explain tides"]
    panel.hear({"t": "send", "text": "Hi"})
    assert settled(panel)["state"]["prompts"] == []
    for wrong in ("Explain tides", [1]):
        with pytest.raises(ParameterError, match="takes a list of texts"):
            Panel(chat, wrong)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"t": "nonsense"},
        {"t": "go"},
        {"t": "go", "i": "x", "to": 0},
        {"t": "go", "i": 0, "to": 7},
        {"t": "edit", "i": 99},
        {"t": "params", "params": 3},
        {"t": "undo"},
        {"t": "send", "text": " "},
    ],
)
def test_no_message_of_a_view_breaks_it(opened, message):
    """Whatever a page sends, the panel goes on and nothing is asked."""
    panel, chat, gateway = opened(["fine"])
    panel.hear(message)
    assert not gateway.requests
    panel.hear({"t": "send", "text": "Hello"})
    assert settled(panel)["turns"][-1]["text"] == "fine"
    assert len(chat.turns) == 2


def test_only_the_last_turns_are_sent(opened):
    """Of 2,000 turns a view gets the last 30, and earlier ones in pieces when it asks; changes are sent alone."""
    messages = [
        {"role": role, "content": f"{role} {number}"} for number in range(1000) for role in ("user", "assistant")
    ]
    with testing.ScriptedGateway(["new"]) as gateway:
        chat = Conversation.from_messages(messages, model="any/model", base_url=gateway.base_url, api_key="test")
        panel = Panel(chat)
        snapshot = panel.snapshot()
        assert (snapshot["first"], len(snapshot["turns"])) == (2000 - WINDOW_TURNS, WINDOW_TURNS)
        panel.hear({"t": "earlier"})
        assert panel.snapshot()["first"] == 2000 - 2 * WINDOW_TURNS
        sent = listened(panel)
        panel.hear({"t": "send", "text": "Next"})
        settled(panel)
    told = [turn for message in sent for turn in message.get("turns", ())]
    assert [turn["text"] for turn in told] == ["Next", "new"]
