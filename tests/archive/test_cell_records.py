"""A notebook keeps its chat: what a shown reply leaves in the output's metadata, and what is rebuilt from it."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import toprouter_nb as tr
from toprouter_nb.archive.cell_records import MOST_CHARACTERS, cell_record
from toprouter_nb.archive.notebooks import find_exchanges
from toprouter_nb.errors import ParameterError, StorageError

GOLDEN = Path(__file__).parents[1] / "data" / "conversation_v1.json"
CELLS = (
    """
from PIL import Image
from toprouter_nb import Conversation, testing
half = testing.Script(deltas=["Half", testing.Cut()])
gateway = testing.ScriptedGateway(["Paris.", "Rome.", "Madrid.", "A dot.", half])
address = gateway.start().base_url
chat = Conversation("any/model", base_url=address, api_key="sk-canary-" + "0f1e2d3c4b5a", system="S")
chat.name = "tutor"
""",
    "chat.ask('France?')",
    "chat.ask('Italy? ' + 'sk-canary-' + '0f1e2d3c4b5a')",
    "chat.retry()",
    "chat.ask('What is this?', Image.new('RGB', (50, 40)))",
    "try:\n    chat.ask('Cut')\nexcept Exception:\n    pass",
    "Conversation('any/model', base_url=address, api_key='k', display=False)\ngateway.close()",
)


@pytest.fixture(scope="module")
def homework(tmp_path_factory):
    """Run a notebook in a real kernel, as Jupyter would, and save it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    path = tmp_path_factory.mktemp("homework") / "hw1.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_chat_is_rebuilt_from_the_notebook_it_was_held_in(homework):
    """Questions, answers, branches, what was cut, the system turn, the name, the model and the usage are there."""
    chat = tr.Conversation.from_notebook(homework, display=False)
    assert [turn.text for turn in chat.turns] == [
        "S", "France?", "Paris.", "Italy? [key hidden]", "Madrid.",
        "What is this?\n\n[image, image/png, 86 bytes: not kept in the notebook]", "A dot.", "Cut", "Half",
    ]  # fmt: skip
    assert "assistant: Rome." in repr(chat.tree())
    assert (chat.name, chat.model, chat.system) == ("tutor", "any/model", "S")
    assert chat.last.is_partial
    assert chat.replies[0].usage.total_tokens == 3


def test_a_record_is_small_and_holds_no_key(homework):
    """Beside the HTML of the output the record is a small part, and no key is in any output."""
    outputs = [output for cell in json.loads(homework.read_text())["cells"] for output in cell["outputs"]]
    kept = [output for output in outputs if "toprouter_nb" in output["metadata"]]
    assert len(kept) == 5
    for output in kept:
        assert len(json.dumps(output["metadata"])) < len(json.dumps(output["data"])) / 5
    assert "canary" not in json.dumps(outputs)
    assert "0f1e2d" not in json.dumps(outputs)


def test_a_very_long_reply_is_cut_in_the_record():
    """A record cannot make a notebook too large to save; halves of characters do not keep it from being saved."""
    long = dataclasses.replace(tr.Conversation.load(GOLDEN).last, text="x" * 10**6)
    record = cell_record(tr.user("\ud800" * 9), long, place=0, asked_at=dt.datetime.now(dt.UTC))
    assert len(record["reply"]["text"]) == MOST_CHARACTERS
    json.dumps(record, ensure_ascii=False).encode()


def notebook_of(tmp_path, *records):
    """Write a notebook whose outputs keep these records."""
    outputs = [{"output_type": "display_data", "data": {}, "metadata": {"toprouter_nb": record}} for record in records]
    path = tmp_path / "hw.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": outputs}], "metadata": {}, "nbformat": 4}))
    return path


def record(question, answer, **changes):
    """Return a record as an older release could have left it."""
    reply = {"text": answer, "requested_model": "any/model", "seconds": 1.0}
    return {
        "version": 1, "conversation": "a" * 32, "place": 0, "asked_at": "2026-01-01T10:00:00+00:00",
        "question": {"text": question}, "reply": reply,
    } | changes  # fmt: skip


def test_cells_that_ran_out_of_order_are_put_in_the_order_of_asking(tmp_path):
    """The chat is what was said, not how the cells stand."""
    late = record("second", "b", place=2, asked_at="2026-01-01T10:00:09+02:00")
    early = record("first", "a", asked_at="2026-01-01T10:00:08+02:00")
    chat = tr.Conversation.from_notebook(notebook_of(tmp_path, late, early))
    assert [turn.text for turn in chat.turns] == ["first", "a", "second", "b"]


def test_an_exchange_whose_forerunner_is_gone_goes_to_the_end(tmp_path):
    """A cell that was deleted or cleared leaves a gap, and nothing else is lost."""
    chat = tr.Conversation.from_notebook(notebook_of(tmp_path, record("q", "a", place=40)))
    assert [turn.text for turn in chat.turns] == ["q", "a"]


def test_one_of_several_conversations_is_named(tmp_path):
    """By its name, or the beginning of its id; which there are is told."""
    path = notebook_of(tmp_path, record("q1", "a1", name="one"), record("q2", "a2"), record("q3", "a3", name="3"))
    assert tr.Conversation.from_notebook(path, "one").turns[0].text == "q1"
    assert tr.Conversation.from_notebook(path, "aaaa").turns[0].text == "q2"
    with pytest.raises(ParameterError, match=r"several conversations: 'one' \('q1'\), 'aaaaaaaa' \('q2'\), '3'"):
        tr.Conversation.from_notebook(path)
    with pytest.raises(ParameterError, match="not one conversation 'two', but 'one'"):
        tr.Conversation.from_notebook(path, "two")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is no notebook of version 4"),
        ("[]", "is no notebook of version 4"),
        ('{"worksheets": []}', "is no notebook of version 4"),
        ('{"cells": [1, {"outputs": 3}, {"outputs": [4, {"metadata": 5}]}]}', "holds no exchange"),
    ],
)
def test_a_notebook_without_a_chat_is_told_so(content, told, tmp_path):
    """A foreign, damaged or cleared notebook is one kind of error, and says which."""
    path = tmp_path / "hw.ipynb"
    path.write_text(content)
    with pytest.raises(StorageError, match=told):
        tr.Conversation.from_notebook(path)


@pytest.mark.parametrize("damage", [None, 7, {}, {"version": 1}, record("q", "a", place=-1), record("q", 3), []])
def test_a_damaged_exchange_is_told_with_its_place(damage, tmp_path):
    """It is no reason to lose the others: those that are whole can be had one by one."""
    path = notebook_of(tmp_path, record("q", "a"), damage)
    with pytest.raises(StorageError, match="holds an exchange that is damaged: "):
        tr.Conversation.from_notebook(path)
    whole, broken = find_exchanges(path)
    assert whole.reply.text == "a"
    assert isinstance(broken, StorageError)


def test_an_exchange_of_a_newer_version_says_so(tmp_path):
    """The number and the way on are told."""
    with pytest.raises(StorageError, match=r"exchanges of version 9, and this release reads version 1\. Update"):
        tr.Conversation.from_notebook(notebook_of(tmp_path, {"version": 9}))
