"""A key in the environment of a real kernel comes to light in nothing that the kernel shows, saves or remembers."""

import nbformat
import pytest
from canaries import CANARIES, Search
from nbclient import NotebookClient

import toprouter_nb as tr
from toprouter_nb.testing import ErrorEvent, Fault, Script, ScriptedGateway

WALK = """
import sys
from ended import reachable

frame, found = sys.last_traceback, []
while frame:
    if "toprouter_nb" in frame.tb_frame.f_code.co_filename:
        found += reachable(dict(frame.tb_frame.f_locals))
    frame = frame.tb_next
for text in found:
    print(text if isinstance(text, str) else bytes(text))
"""
CELLS = [
    "import toprouter_nb as tr\nchat = tr.Conversation('any/model')\nchat.ask('What is my key?')",
    "for text in chat.stream('Spell it!'):\n    print(text, end='', flush=True)",
    "import ipywidgets\nbox = ipywidgets.Text()\nbox.value = chat.last.text\nbox",
    "display(chat, chat.last, chat.tree(), chat.usage_table())",
    "chat.ask('Fail!')",
    "%xmode Verbose\nchat.ask('Fail!')",
    "tr.configure(api_key=__import__('os').environ['TOPROUTER_API_KEY'], idle_seconds=-1)",
    "%xmode Context\nawait chat.ask_async('Fail!')",
    "vars(chat), vars(tr.configure()), chat.last.raw, chat.turns, chat._turnstile, chat._settings_now()",
    WALK,
    "import rich.traceback\nrich.traceback.install(show_locals=True)\nchat.ask('Fail!')",
    "from toprouter_nb.doctor import report\n[finding for finding in report() if finding.name != 'key']",
    "%history -o\n%store\n%who_ls",
]


def scripted(key):
    """Return what the gateway plays: answers and errors that repeat the key."""
    refusal = Fault(401, {"error": {"message": f"Incorrect API key provided: {key}", "code": key}})
    steps = [key[place : place + 4] for place in range(0, len(key), 4)]
    broken = Script(deltas=["It is ", ErrorEvent({"message": f"key {key}"})])
    return [Script(f"Your key is {key}."), Script(deltas=steps), refusal, refusal, broken, refusal]


@pytest.mark.parametrize("canary", range(2))
def test_a_saved_notebook_holds_no_key(canary, tmp_path, monkeypatch, request):
    """Outputs, tracebacks of every mode, widget state, the kernel's history and its files have no piece of it."""
    key = CANARIES[canary]
    tests = str(request.path.parents[1])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    with ScriptedGateway(scripted(key)) as gateway:
        monkeypatch.setenv("TOPROUTER_API_KEY", key)
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
        monkeypatch.setenv("PYTHONPATH", tests)
        client = NotebookClient(notebook, allow_errors=True, store_widget_state=True, timeout=60, kernel_name="python3")
        client.execute(cwd=str(tmp_path))
        assert len(gateway.requests) >= 6
    path = tmp_path / "lesson.ipynb"
    nbformat.write(notebook, path)
    check_outputs(notebook)
    search = Search(key)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            trace = search.find(file.read_bytes())
            assert trace is None, (file, trace)
    tr.configure(api_key=key)
    assert not tr.check_notebook(path)


def check_outputs(notebook):
    """See that what was to be searched is there: answers, errors, a widget's state."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    errors = [output["ename"] for output in outputs if output["output_type"] == "error"]
    assert sorted(set(errors)) == ["AuthenticationError", "SettingsError", "StreamInterruptedError"], errors
    assert "[key hidden]" in str(notebook.metadata["widgets"])
    assert "[key hidden]" in str(outputs)
