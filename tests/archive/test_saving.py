"""What is saved comes back, nobody's file is lost, and no key is in it."""

import json
import os
import stat
from pathlib import Path

import pytest
from chat_samples import random_chat, rows_of
from PIL import Image

import toprouter_nb as tr
from toprouter_nb.archive.decode import decode_document
from toprouter_nb.archive.encode import encode_document
from toprouter_nb.errors import ParameterError, StorageError
from toprouter_nb.testing import ScriptedGateway

GOLDEN = Path(__file__).parents[1] / "data" / "conversation_v1.json"
KEY = "sk-canary-0f1e2d3c4b5a"


def saved(chat, path):
    """Save a conversation and return what loading gives."""
    chat.save(path)
    return tr.Conversation.load(path, display=False)


@pytest.mark.parametrize("seed", range(60))
def test_every_branch_turn_and_reply_comes_back(seed, tmp_path):
    """load(save(x)) is x: turns, images, branches, replies with usage and cost, where it stands, and how it asks."""
    chat = random_chat(seed)
    loaded = saved(chat, tmp_path / "chat.json")
    assert rows_of(loaded) == rows_of(chat)
    assert (loaded.model, loaded.system, loaded.params) == (chat.model, chat.system, chat.params)
    assert (loaded.id, loaded.name) == (chat.id, chat.name)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_conversations_come_back():
    """The same, for 10,000 of them, without the disk between."""
    for seed in range(10_000):
        chat = random_chat(seed)
        document = decode_document(encode_document(chat._document(), str), "'f'")
        assert rows_of(tr.Conversation._from_document(document, {})) == rows_of(chat), seed


def test_a_file_of_version_1_loads_for_ever():
    """The golden file means what it meant when it was written."""
    chat = tr.Conversation.load(GOLDEN, display=False)
    assert [turn.text for turn in chat.turns] == [
        "Be terse.", "Capital of France?", "Paris.", "Of Switzerland? é😀", "Bern.", "Colour?", "A blue ",
    ]  # fmt: skip
    assert repr(chat.tree()).count("Italy") == 1
    assert (chat.name, chat.id) == ("tutor", "58c02c65f95d1dca419b6e27ed6cb568")
    assert (chat.model, chat.params) == ("any/model", {"temperature": 0.5, "extra": {"top_k": 40}})
    first = chat.replies[0]
    assert (first.usage.cached_tokens, str(first.cost_usd), first.reasoning) == (4, "0.00042", "A capital.")
    assert (first.served_model, first.raw["object"]) == ("any/model-2026", "chat.completion")
    assert chat.turns[-2].images == (
        tr.image(Image.new("RGB", (4, 4), "blue")),
        tr.image("https://example.com/cat.jpg"),
    )
    assert chat.last.is_partial
    assert chat.turns[-1].is_partial


def test_a_golden_file_is_saved_again_as_it_was(tmp_path):
    """Nothing is lost, added or moved by loading and saving."""
    tr.Conversation.load(GOLDEN, display=False).save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == GOLDEN.read_bytes()


def test_fields_of_a_later_release_survive(tmp_path):
    """What another release of the same version added to the file, a turn or a reply is there after the next save."""
    whole = json.loads(GOLDEN.read_text())
    whole["mood"] = {"a": 1}
    whole["turns"][1]["rating"] = 5
    whole["turns"][1]["reply"]["provider"] = "P"
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(whole))
    saved(tr.Conversation.load(path), path)
    assert json.loads(path.read_text()) == whole


def test_a_loaded_conversation_goes_on(tmp_path):
    """It can be asked at once, with the address and the key of now; options given at loading come first."""
    with ScriptedGateway(["Madrid."]) as gateway:
        chat = tr.Conversation.load(
            GOLDEN, display=False, base_url=gateway.base_url, api_key="test", temperature=1, model="other/model"
        )
        chat.ask("Of Spain?")
    sent = gateway.requests[0].json
    assert (sent["model"], sent["temperature"], sent["top_k"], len(sent["messages"])) == ("other/model", 1, 40, 8)


def test_each_image_is_kept_once(tmp_path):
    """The same picture in several turns takes its room once."""
    picture = tr.image(Image.effect_noise((200, 200), 90))
    chat = tr.Conversation.from_messages(
        tr.Conversation.from_messages([{"role": "user", "content": "x"}]).to_openai(), model="any/model"
    )
    chat._history.add([(tr.user("a", picture), None), (tr.assistant("b"), None), (tr.user("c", picture), None)])
    chat.save(tmp_path / "chat.json")
    assert (tmp_path / "chat.json").stat().st_size < 1.5 * len(picture.data) * 4 / 3
    assert tr.Conversation.load(tmp_path / "chat.json").turns == chat.turns


def test_no_key_is_saved(tmp_path, monkeypatch):
    """A key that was said, is in an option, or is only known to the process is in no file; nor is the address."""
    monkeypatch.setenv("TOPROUTER_API_KEY", "env-canary-99887766554433")
    with ScriptedGateway(lambda request: "As you said: env-canary-99887766554433.") as gateway:
        chat = tr.Conversation(
            "any/model", base_url=gateway.base_url, api_key=KEY, display=False, extra={"note": f"x{KEY}x"}
        )
        chat.ask(f"My key is {KEY}, and this \\n{KEY}")
        for suffix in ("json", "md", "html", "ipynb"):
            chat.export(tmp_path / f"chat.{suffix}")
            text = (tmp_path / f"chat.{suffix}").read_text()
            assert "canary" not in text
            assert "0f1e2d" not in text
            assert "99887766" not in text
            assert "127.0.0.1" not in text
    assert "[key hidden]" in tr.Conversation.load(tmp_path / "chat.json").turns[0].text


def test_another_file_is_left_alone(tmp_path):
    """Neither notes nor a notebook nor a newer version is written over; an empty file is."""
    chat = tr.Conversation.from_messages([{"role": "user", "content": "Hi"}])
    for content in (
        "my notes",
        '{"cells": []}',
        "[1]",
        '{"format": "toprouter_nb conversation", "version": 2}',
        "\x00",
    ):
        path = tmp_path / "file"
        path.write_text(content)
        with pytest.raises(StorageError):
            chat.save(path)
        assert path.read_text() == content
    path.write_text(" \n")
    chat.save(path)
    assert tr.Conversation.load(path).turns == chat.turns


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    """Saving over a link writes where it leads, also where nothing is there yet; the mode stays."""
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(target)
    chat = tr.Conversation.from_messages([{"role": "user", "content": "Hi"}])
    chat.save(link)
    target.chmod(0o640)
    chat.save(link)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert tr.Conversation.load(link).turns == chat.turns
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "real.json"]


def test_a_new_file_has_the_usual_mode(tmp_path):
    """As any file the user makes: by the process's mask."""
    before = os.umask(0o027)
    try:
        tr.Conversation().save(tmp_path / "chat.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "chat.json").stat().st_mode) == 0o640


def test_what_is_no_path_is_told(tmp_path):
    """A missing file, a folder, a loop of links and what is no path at all are errors of ours with a way on."""
    chat = tr.Conversation()
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, kind in ((tmp_path, StorageError), (loop, StorageError), (tmp_path / "no" / "x", StorageError)):
        with pytest.raises(kind):
            chat.save(path)
    for path in (None, 3, "", "a\0b"):
        with pytest.raises(ParameterError, match="A file is named by its path"):
            chat.save(path)
    with pytest.raises(ParameterError, match=r"There is no file '.*missing\.json'\."):
        tr.Conversation.load(tmp_path / "missing.json")


def test_a_conversation_of_thousands_of_turns_is_saved(tmp_path):
    """Neither saving nor loading recurses over the turns."""
    chat = tr.Conversation.from_messages(
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}] * 3_000
    )
    assert len(saved(chat, tmp_path / "chat.json").turns) == 6_000


def test_what_is_nested_too_deeply_is_refused_before_anything_is_written(tmp_path):
    """The old file stands."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    chat = tr.Conversation.load(GOLDEN)
    chat._history.head.reply.raw["deep"] = deep
    with pytest.raises(ParameterError, match="nested too deeply"):
        chat.save(tmp_path / "chat.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".md", ".html", ".IPYNB"])
def test_a_name_that_promises_another_form_is_refused(tmp_path, suffix):
    """JSON is never written where a reader would look for Markdown, a page or a notebook."""
    file = tmp_path / f"chat{suffix}"
    with pytest.raises(ParameterError, match=r"save\(path\) writes JSON.*use export\("):
        tr.Conversation.from_messages([{"role": "user", "content": "Hi"}]).save(file)
    assert not file.exists()
