"""A chat stays in the notebook it was held in: JupyterLab saves what a reply leaves in its output's metadata."""

from pathlib import Path

import toprouter_nb as tr

GOLDEN = Path(__file__).parents[1] / "data" / "conversation_v1.json"

SETUP = """
from toprouter_nb import Conversation, testing
gateway = testing.ScriptedGateway(["Paris.", "Rome.", "Madrid."]).start()
chat = Conversation("any/model", base_url=gateway.base_url, api_key="test")
"""


def test_a_chat_is_rebuilt_from_the_file_jupyterlab_saved(notebook):
    """Cells run by hand and saved, opened and saved again, hold the whole chat, its branch too."""
    book = notebook("hw1.ipynb", [SETUP, "chat.ask('France?')", "chat.ask('Italy?')", "chat.retry()"])
    for place in range(4):
        book.run(place)
    book.save()
    book.reopen()
    book.save()
    chat = tr.Conversation.from_notebook(book.path, display=False)
    assert [turn.text for turn in chat.turns] == ["France?", "Paris.", "Italy?", "Madrid."]
    assert "assistant: Rome." in repr(chat.tree())
    assert tr.collect(book.path).text.tolist() == [
        "France?", "Paris.", "Italy?", "Rome.", "Italy?", "Madrid.",
    ]  # fmt: skip


def test_an_exported_notebook_is_readable_before_it_is_trusted(notebook, tmp_path):
    """JupyterLab takes the style away from what it does not trust; text, question and small print stay apart."""
    golden = tr.Conversation.load(GOLDEN, display=False)
    golden.name = "A *tutor* for $5"
    golden.export(tmp_path / "chat.ipynb")
    book = notebook("exported.ipynb", ["1"])
    book.path.write_bytes((tmp_path / "chat.ipynb").read_bytes())
    book.reopen()
    book.page.get_by_role("heading", name="A *tutor* for $5").wait_for()
    shown = book.output(1)
    shown.get_by_text("Paris.").wait_for()
    assert "12 tokens in, 3 out · $0.00042" in shown.inner_text()
    assert book.page.get_by_text("chat.ask('Capital of France?')").count() == 1
