"""A panel that is stopped, looked at, shown and ended at odd moments loses nothing and leaves nothing behind."""

import math
import pickle
import threading
import time

import pytest
from panels import listened, settled

from toprouter_nb import record, replay
from toprouter_nb.errors import ParameterError
from toprouter_nb.panel.settings_bar import fetched_models
from toprouter_nb.testing import Fault, Hang, Script


def test_a_question_that_was_stopped_at_once_comes_back(opened):
    """Stop before the first word leaves no turn, and the question stands again where it was typed."""
    panel, chat, gateway = opened([Script(deltas=[Hang()])])
    panel.hear({"t": "send", "a": "view-7", "text": "Never mind"})
    until = time.monotonic() + 5
    while not gateway.requests and time.monotonic() < until:
        time.sleep(0.01)
    panel.hear({"t": "stop", "a": "view-8"})
    state = settled(panel)["state"]
    assert (state["returned"], state["alert"], chat.turns) == ("view-7", "", ())


def test_looking_leaves_what_went_wrong_to_be_read(opened):
    """An error stays until the next thing is done; a question that stands in the conversation is not given back."""
    panel, _, _ = opened(["one", Fault(404)])
    panel.hear({"t": "send", "a": "view-1", "text": "Hello?"})
    settled(panel)
    panel.hear({"t": "retry", "a": "view-2"})
    assert settled(panel)["state"]["returned"] == ""
    for kind in ("look", "resync", "earlier"):
        panel.hear({"t": kind, "a": "view-3"})
        assert "NotFoundError" in panel.snapshot()["state"]["alert"]
    panel.hear({"t": "undo"})
    assert panel.snapshot()["state"]["alert"] == ""


def test_every_message_is_answered_and_nothing_is_said_twice(opened):
    """A view knows that it was heard; what it has already is not sent again."""
    panel, _, _ = opened(["one"])
    sent = listened(panel)
    panel.hear({"t": "look", "a": "view-1"})
    panel.hear({"t": "look", "a": "view-2"})
    panel.hear({"t": "resync", "a": "view-3", "n": panel._post.sent})
    assert [set(message) - {"state"} for message in sent] == [{"a"}] * 3
    assert "state" not in sent[1]
    panel.hear({"t": "resync", "a": "view-4", "n": 0})
    assert sent[-1]["snap"]["turns"] == []


def test_an_answer_that_replaces_turns_says_which(opened):
    """While it grows, retry stands behind the question, and an edited question where it was."""
    panel, _, _ = opened(["one", "two", "three", "four"])
    for text in ("First", "Second"):
        panel.hear({"t": "send", "text": text})
        settled(panel)
    sent = listened(panel)
    panel.hear({"t": "retry"})
    settled(panel)
    panel.hear({"t": "edit", "i": 0, "text": "Else"})
    settled(panel)
    assert [message["live"]["keep"] for message in sent if message.get("live")] == [3, 0]


def test_a_silent_model_is_waited_for_visibly(opened):
    """Where nothing comes, the seconds go on, so that a view knows that Python is there."""
    panel, _, _ = opened([Script(deltas=[Hang()])])
    sent = listened(panel)
    panel.hear({"t": "send", "text": "Hello?"})
    until = time.monotonic() + 20
    while (told := sum("change" in message for message in sent)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    panel.hear({"t": "stop"})
    settled(panel)
    assert told >= 2


def test_another_system_text_is_never_taken_for_the_old_one(opened):
    """Each system turn is drawn anew, also where it stands in the memory of one that is gone."""
    panel, chat, _ = opened([], system="Terse 0.")
    for number in range(1, 50):
        chat.system = f"Terse {number}."
        panel.hear({"t": "look"})
        assert f"Terse {number}." in panel.snapshot()["turns"][0]["html"]


def test_a_conversation_has_one_panel(opened):
    """Every cell shows the same one, until it is closed; forks and pickles have none of it."""
    _, chat, _ = opened([])
    panel = chat.panel(prompts=["Explain tides"])
    assert chat.panel() is panel
    assert chat.panel(prompts=["Explain moons"]).snapshot()["state"]["prompts"] == ["Explain moons"]
    assert chat.fork().panel() is not panel
    assert pickle.loads(pickle.dumps(chat)).panel() is not panel
    panel.close()
    panel.hear({"t": "send", "text": "Hello?"})
    assert chat.turns == ()
    assert chat.panel() is not panel


def test_no_thread_is_left(opened):
    """A panel keeps no thread, and one with an answer keeps two until it has ended."""
    panel, _, _ = opened(["one", Script(deltas=[Hang()])])
    before = set(threading.enumerate())
    panel.hear({"t": "send", "text": "Hello"})
    settled(panel)
    panel.hear({"t": "send", "text": "And?"})
    panel.close()
    until = time.monotonic() + 5
    while (left := _ours(set(threading.enumerate()) - before)) and time.monotonic() < until:
        time.sleep(0.01)
    assert left == []


def _ours(threads):
    """Return the names of threads that are ours, not the server's."""
    return [thread.name for thread in threads if thread.name.startswith("toprouter_nb-")]


def test_cells_and_panel_at_once(opened):
    """While the panel answers, a cell is refused; what it asks in a fork is not told to the panel."""
    panel, chat, _ = opened([Script(deltas=["half ", Hang()]), "cell"])
    panel.hear({"t": "send", "text": "Count!"})
    until = time.monotonic() + 5
    while panel._answering.column.status == "waiting" and time.monotonic() < until:
        time.sleep(0.01)
    assert chat._told is None
    with pytest.raises(ParameterError, match="still answering another question"):
        chat.ask("From a cell")
    assert chat.fork().ask("From a fork").text == "cell"
    panel.hear({"t": "stop"})
    assert [turn["text"] for turn in settled(panel)["turns"]] == ["Count!", "half "]


def test_outside_a_notebook_it_says_what_to_do(opened, capsys):
    """A script or a terminal is told how to ask there."""
    panel, _, _ = opened([])
    assert repr(panel).endswith("It is shown in a notebook; here ask with chat.ask(...).")
    panel._ipython_display_()
    assert "chat.ask(...)" in capsys.readouterr().out


def test_calls_are_in_the_ledger_and_under_the_budget(opened):
    """A question typed is counted and refused as one asked in a cell."""
    panel, chat, gateway = opened(["one"], budget_usd=1)
    panel.hear({"t": "send", "a": "view-1", "text": "Hello"})
    state = settled(panel)["state"]
    assert "BudgetError" in state["alert"]
    assert state["returned"] == "view-1"
    assert all(request.path == "/models" for request in gateway.requests)
    chat.budget_usd = None
    panel.hear({"t": "send", "text": "Hello"})
    settled(panel)
    assert len(chat.usage_table(by="conversation")) == 1


def test_a_replayed_lesson_asks_no_server_for_its_models(opened, tmp_path):
    """Under replay the list is what is known; nothing leaves this process."""
    panel, chat, gateway = opened(["one"])
    with record(tmp_path / "lesson.jsonl"):
        panel.hear({"t": "send", "text": "Hello"})
        settled(panel)
    with replay(tmp_path / "lesson.jsonl", speed=math.inf):
        assert fetched_models(chat.settings) == []
    assert len(gateway.requests) == 1


def test_huge_and_empty_answers(opened):
    """Five MiB, one line of 200,000 letters, a script only, and nothing at all: each is a turn."""
    texts = ["word " * 2**20, "x" * 200_000, "<script>alert(1)</script>", ""]
    panel, chat, _ = opened([Script(deltas=[text]) for text in texts])
    for number in range(4):
        panel.hear({"t": "send", "text": f"Question {number}"})
        settled(panel)
    assert [turn.text for turn in chat.turns[1::2]] == texts
    assert "<script" not in "".join(turn["html"] for turn in panel.snapshot()["turns"])
