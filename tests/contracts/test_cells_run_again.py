"""Cells that are run again, in a real kernel told their ids as JupyterLab and VS Code tell them."""

import pytest
from kernels import Kernel

SETUP = """
from toprouter_nb import testing
from toprouter_nb.notebook import Conversation
def new_chat():
    gateway = testing.ScriptedGateway(lambda request: f"answer {len(gateway.requests)}").start()
    return Conversation("any/model", base_url=gateway.base_url, api_key="test", display="static")
def show(chat):
    print(*(turn.text for turn in chat.turns), sep=" | ")
"""
SAID = "This cell asks again: its earlier exchange stays in chat.tree(); append=True adds instead.\n"


@pytest.fixture(scope="module")
def kernel():
    """Give one kernel for all tests of this file."""
    with Kernel() as started:
        assert started.run(SETUP) == []
        yield started


def printed(messages):
    """Return what a cell printed."""
    assert [content["evalue"] for kind, content in messages if kind == "error"] == []
    return "".join(content["text"] for kind, content in messages if kind == "stream")


@pytest.fixture
def turns(kernel):
    """Begin a conversation, and give a function that says what stands in it."""
    kernel.run("chat = new_chat()")
    return lambda: printed(kernel.run("show(chat)")).strip()


@pytest.mark.parametrize("ask", ["chat.ask", "await chat.ask_async"])
def test_a_cell_run_again_replaces_its_exchange(kernel, turns, ask):
    """The new exchange stands where the old one stood, and the old one in the tree; it is said once."""
    assert printed(kernel.run(f"{ask}('one')", "a")) == ""
    assert printed(kernel.run(f"{ask}('two')", "a")) == SAID
    assert printed(kernel.run(f"{ask}('three')", "a")) == ""
    assert turns() == "three | answer 3"
    assert printed(kernel.run("print(len(chat.tree().children))")) == "3\n"


def test_append_adds(kernel, turns):
    """With `append=True` a cell that is run again adds to the end."""
    for _ in range(2):
        kernel.run("chat.ask('one', append=True)", "a")
    assert turns() == "one | answer 1 | one | answer 2"


def test_a_front_end_that_names_no_cells_changes_nothing(kernel, turns):
    """Without a cell id each run adds to the end."""
    for _ in range(2):
        kernel.run("chat.ask('one')")
    assert turns() == "one | answer 1 | one | answer 2"


def test_several_questions_and_other_cells(kernel, turns):
    """All questions of a cell are replaced together; what another cell asked after them stays on the old branch."""
    kernel.run("chat.ask('a1'); chat.ask('a2')", "a")
    kernel.run("chat.ask('b')", "b")
    kernel.run("chat.ask('a1 again'); chat.ask('a2 again')", "a")
    assert turns() == "a1 again | answer 4 | a2 again | answer 5"
    kernel.run("chat.ask('b again')", "b")
    assert turns() == "a1 again | answer 4 | a2 again | answer 5 | b again | answer 6"


def test_a_failed_question_replaces_nothing(kernel):
    """Where the new question cannot be answered, the earlier exchange stands."""
    kernel.run("gateway = testing.ScriptedGateway(['One.', testing.Fault(status=400), 'Three.']).start()")
    kernel.run("chat = Conversation('any/model', base_url=gateway.base_url, api_key='test', display=False)")
    for _ in range(2):
        kernel.run("chat.ask('x')", "a")
    assert printed(kernel.run("show(chat)")) == "x | One.\n"
    kernel.run("chat.ask('x')", "a")
    assert printed(kernel.run("show(chat)")) == "x | Three.\n"


def test_forks_and_pickles_know_nothing_of_cells(kernel, turns):
    """A fork, and a conversation that was pickled, begin without a memory of what cells asked."""
    kernel.run("chat.ask('one')", "a")
    kernel.run("import pickle; chat = pickle.loads(pickle.dumps(chat)); chat._overrides['api_key'] = 'test'")
    kernel.run("chat = chat.fork(); chat.ask('two')", "a")
    assert turns() == "one | answer 1 | two | answer 2"
