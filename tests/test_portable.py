"""What a conversation is taken along as; `archive/` has the files themselves."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.testing import ScriptedGateway

GOLDEN = Path(__file__).parent / "data" / "conversation_v1.json"


def test_options_at_loading_come_before_the_file():
    """The system turn, the model and the request options can be given anew; what is not given is the file's."""
    chat = tr.Conversation.load(GOLDEN, system=None, model="other/model", top_p=0.5)
    assert (chat.system, chat.model) == (None, "other/model")
    assert chat.params == {"temperature": 0.5, "extra": {"top_k": 40}, "top_p": 0.5}
    with pytest.raises(ParameterError, match="There is no parameter temprature"):
        tr.Conversation.load(GOLDEN, temprature=1)


def test_a_loaded_conversation_is_of_the_class_it_was_loaded_with():
    """A subclass loads as itself, and copies, forks and pickles go on."""

    class Mine(tr.Conversation):
        pass

    chat = Mine.load(GOLDEN, display=False)
    assert type(chat) is Mine
    assert chat.fork().id != chat.id
    loaded = tr.Conversation.load(GOLDEN, display=False)
    assert pickle.loads(pickle.dumps(loaded)).turns == loaded.turns


def test_a_conversation_can_be_saved_while_it_answers(tmp_path):
    """What stands in the history is saved, whole; the answer under way is not part of it."""
    with ScriptedGateway(["One.", "Two words."]) as gateway:
        chat = tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        chat.ask("a")
        stream = chat.stream("b")
        next(stream)
        chat.save(tmp_path / "chat.json")
        list(stream)
    assert [turn.text for turn in tr.Conversation.load(tmp_path / "chat.json").turns] == ["a", "One."]


def test_files_bring_their_packages_only_when_they_are_used():
    """A conversation that is never saved does not load pydantic."""
    code = (
        "import sys, toprouter_nb as tr; tr.Conversation('a/b', api_key='x').fork(); print('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
