"""What is written for people shows all that was said, breaks nowhere, and runs nothing."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from chat_samples import TEXTS, random_chat
from markdown_it import MarkdownIt
from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter

import toprouter_nb as tr
from toprouter_nb.archive.fences import code_span, fence, plain_line
from toprouter_nb.errors import ParameterError, StorageError
from toprouter_nb.plain import render_plain

GOLDEN = Path(__file__).parents[1] / "data" / "conversation_v1.json"
PAYLOADS = Path(__file__).parents[1] / "data" / "xss_payloads.json"


def hostile():
    """Return every text of the list of hostile Markdown, and the odd ones."""
    found = re.findall(r'"((?:[^"\\]|\\.)*<(?:[^"\\]|\\.)*)"', PAYLOADS.read_text())
    return [*TEXTS, *(json.loads(f'"{text}"') for text in found)]


def chat_saying(text):
    """Return a conversation in which everybody says a text."""
    chat = tr.Conversation(system=text if text.strip() else None, display=False)
    chat._history.add([(tr.Turn(role, (tr.TextPart(text),)), None) for role in ("user", "assistant")])
    chat.name = text if text.strip() else None
    return chat


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        """Keep one."""
        self.found.append((tag, attributes))


@pytest.mark.parametrize("suffix", [".md", ".html", ".ipynb", ".json"])
def test_an_export_is_replaced_by_the_next_one(suffix, tmp_path):
    """Running the cell again writes the file again."""
    chat = tr.Conversation.load(GOLDEN, display=False)
    path = tmp_path / f"chat{suffix}"
    chat.export(path)
    first = path.read_bytes()
    chat.export(path)
    assert path.read_bytes() == first
    chat.undo()
    chat.export(str(path))
    assert path.read_bytes() != first


@pytest.mark.parametrize("suffix", [".md", ".html", ".ipynb", ".json"])
def test_what_no_export_wrote_is_left_alone(suffix, tmp_path):
    """Neither a README nor the very notebook one works in is written over."""
    path = tmp_path / f"work{suffix}"
    path.write_text('{"cells": [], "metadata": {}}')
    with pytest.raises(StorageError, match="left as it is"):
        tr.Conversation.load(GOLDEN).export(path)
    assert path.read_text() == '{"cells": [], "metadata": {}}'


@pytest.mark.parametrize("name", ["chat.docx", "chat", "chat.json.gz", ".html"])
def test_another_ending_is_told_the_four_that_are(name, tmp_path):
    """The message lists what can be written."""
    with pytest.raises(ParameterError, match=r"export\(path\) writes \.html, \.ipynb, \.json or \.md, by the end"):
        tr.Conversation().export(tmp_path / name)


@pytest.mark.parametrize("text", hostile())
def test_no_text_breaks_out_of_a_fence_or_a_code_span(text):
    """A CommonMark parser finds exactly the one block or span, with the text in it."""
    (block,) = MarkdownIt().parse(fence(text, "text"))
    assert (block.type, block.info) == ("fence", "text")
    assert block.content == render_plain(text).replace("\r\n", "\n") + "\n"
    (_, inline, _) = MarkdownIt().parse(f"# {code_span(text)}")
    assert [child.type for child in inline.children] == ["code_inline"]
    (_, inline, _) = MarkdownIt("gfm-like", {"linkify": False}).parse(f"# {plain_line(text)}x")
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    assert "".join(child.content for child in inline.children) == " ".join(render_plain(text).split()) + "x"


def test_markdown_is_headings_and_fences_only(tmp_path):
    """Whatever is said, the file has a heading for each speaker and nothing else that is alive."""
    for text in hostile():
        chat_saying(text).export(tmp_path / "chat.md")
        tokens = MarkdownIt().parse((tmp_path / "chat.md").read_text().split("\n", 1)[1])
        kinds = {token.type for token in tokens}
        assert kinds <= {"heading_open", "heading_close", "inline", "fence", "paragraph_open", "paragraph_close"}
        assert [token.content for token in tokens if token.type == "inline"][-2:] == ["User", "Assistant"]


def test_a_page_runs_and_fetches_nothing(tmp_path):
    """No script, handler, form or remote address is in the page, and its policy forbids them."""
    for text in hostile():
        chat_saying(text).export(tmp_path / "chat.html")
        found = Elements((tmp_path / "chat.html").read_text()).found
        assert not {tag for tag, _ in found} & {"script", "iframe", "object", "embed", "form", "link", "base", "svg"}
        for tag, attributes in found:
            assert not [name for name, _ in attributes if name.startswith("on")]
            assert not [value for name, value in attributes if name == "src" and not value.startswith("data:image/")]
            assert tag != "a" or dict(attributes)["href"].startswith(("http://", "https://", "mailto:", "#"))
        assert "default-src 'none'" in dict(found[3][1]).get("content", "")


def test_a_page_shows_everything(tmp_path):
    """Every turn of a long chat is there, a long prompt to its last word, pictures, reasoning and the small print."""
    chat = tr.Conversation.load(GOLDEN)
    long = "\n".join(f"line {number}" for number in range(9_000)) + " the very end"
    chat._history.add([(tr.user(f"question {number}"), None) for number in range(60)] + [(tr.user(long), None)])
    chat.export(tmp_path / "chat.html")
    page = (tmp_path / "chat.html").read_text()
    for told in ("A capital.", "12 tokens in, 3 out", "$0.00042", "data:image/png;base64", "example.com", "tutor"):
        assert told in page
    assert all(f"question {number}<" in page for number in range(60))
    assert "the very end" in page
    assert "Cut after" not in page
    assert "Italy" not in page  # another branch


@pytest.mark.parametrize("seed", range(12))
def test_a_notebook_is_valid_and_its_sources_are_python(seed, tmp_path):
    """Nbformat accepts it, every code cell parses, and nothing said stands in a source but as a string."""
    random_chat(seed).export(tmp_path / "chat.ipynb")
    notebook = nbformat.read(tmp_path / "chat.ipynb", 4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, "cell", "exec")
        assert set().union(*(output.data for output in cell.get("outputs", ()))) <= {"text/html", "text/plain"}


@pytest.mark.parametrize("text", hostile())
def test_what_is_said_stays_a_string_in_a_notebooks_sources(text, tmp_path):
    """Running the exported cells asks exactly what was asked."""
    chat_saying(text).export(tmp_path / "chat.ipynb")
    asked = []

    class Conversation:
        def __init__(self, *_names, system=None):
            assert system in (text, None)

        def ask(self, *said):
            asked.extend(said)

    for cell in json.loads((tmp_path / "chat.ipynb").read_text())["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"].replace("from toprouter_nb import Conversation", "")
            exec(source, {"Conversation": Conversation, "chat": Conversation()})
    assert "".join(asked) == text


def test_a_notebook_can_be_read_back(tmp_path):
    """from_notebook gives what was exported: the path, the usage and the costs; images become notes."""
    chat = tr.Conversation.load(GOLDEN, display=False)
    chat.export(tmp_path / "chat.ipynb")
    back = tr.Conversation.from_notebook(tmp_path / "chat.ipynb", display=False)
    assert [turn.text for turn in back.turns][:5] == [turn.text for turn in chat.turns][:5]
    assert "[image, image/png, 77 bytes: not kept in the notebook]" in back.turns[5].text
    assert back.turns[5].images == (tr.image("https://example.com/cat.jpg"),)
    assert (back.name, back.system, back.turns[-1].is_partial) == ("tutor", "Be terse.", True)
    assert back.replies[0].usage == chat.replies[0].usage
    assert back.replies[0].cost_usd == chat.replies[0].cost_usd


def test_messages_are_what_the_openai_sdk_takes():
    """The SDK's own types accept them, and from_messages reads them back."""
    chat = tr.Conversation.load(GOLDEN)
    messages = chat.to_openai()
    TypeAdapter(list[ChatCompletionMessageParam]).validate_python(messages)
    assert tr.Conversation.from_messages(messages).to_openai() == messages
