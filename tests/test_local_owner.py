"""The server of the local models starts on first use, restarts after a crash, and never outlives its owner."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
from raw_http import MODEL, ask, get

from toprouter_nb.errors import LocalModelError, UnknownModelError
from toprouter_nb.local.owner import Owner
from toprouter_nb.local.weights import SMOLLM2, cache_folder, find_weights

ROOT = Path(__file__).parents[1]
OCR = "local/ocr"  # loads nothing until it is asked, so its server starts fastest


@pytest.fixture
def owner():
    """Own a server of this test's own."""
    owner = Owner()
    yield owner
    owner.stop()


def fakes(code):
    """Return a command that runs `code` in the place of the server."""
    return [sys.executable, "-c", code]


def test_start_is_quick_and_stop_is_clean(owner, local_address):
    """Ready in under two seconds with the model loaded; stopped in under one, twice, and nothing is left."""
    starts = []
    for _ in range(3):  # the machine may be busy with something else
        owner.stop()
        start = time.monotonic()
        address = owner.address(MODEL)
        starts.append(time.monotonic() - start)
    assert min(starts) < 2
    assert ask(address, "Hi", max_tokens=1).status == 200
    pid, start = owner.child_pid, time.monotonic()
    owner.stop()
    owner.stop()
    assert time.monotonic() - start < 1
    assert owner.child_pid is None
    assert not psutil.pid_exists(pid)


def test_the_address_stays_while_the_server_runs(owner):
    """Asking again, and for another model, gives the same address and starts nothing new."""
    first, pid = owner.address(OCR), owner.child_pid
    assert owner.address(OCR) == first
    assert owner.child_pid == pid


def test_starting_and_stopping_leaves_nothing(owner):
    """Twenty cycles: no process, thread or open file more than before, and a new key each time."""
    owner.address(OCR)
    owner.stop()
    own = psutil.Process()
    before, children = (own.num_fds(), threading.active_count()), own.children()
    keys = set()
    for _ in range(20):
        keys.add(owner.address(OCR)[1])
        owner.stop()
    assert own.children() == children
    assert len(keys) == 20
    deadline = time.monotonic() + 2
    while (own.num_fds(), threading.active_count()) != before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_loading_and_stopping_leaves_nothing(owner, tmp_path, monkeypatch):
    """Twenty cycles with the model loaded leave no process and no file behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    owner.address(MODEL)
    places = [tmp_path, cache_folder()]
    owner.stop()
    before, children = [sorted(place.iterdir()) for place in places], psutil.Process().children()
    for _ in range(20):
        assert ask(owner.address(MODEL), "Hi", max_tokens=1).status == 200
        owner.stop()
    assert psutil.Process().children() == children
    assert [sorted(place.iterdir()) for place in places] == before


def test_many_threads_start_one_server(owner):
    """Ten threads that ask at once get one address and one process."""
    found, children = [], len(psutil.Process().children())
    threads = [threading.Thread(target=lambda: found.append(owner.address(OCR))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 10
    assert len(set(found)) == 1
    assert len(psutil.Process().children()) == children + 1


def test_many_servers_have_many_ports():
    """Servers of several owners do not meet."""
    owners = [Owner() for _ in range(8)]
    try:
        assert len({owner.address(OCR)[0] for owner in owners}) == 8
    finally:
        for owner in owners:
            owner.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_crashed_server_is_started_again(owner, number):
    """After a crash the next use starts a new server that answers."""
    first = owner.address(OCR)
    os.kill(owner.child_pid, number)
    while owner.child_pid is not None:
        time.sleep(0.01)
    second = owner.address(OCR)
    assert second != first
    assert get(second, "/health").status == 200


def test_an_interrupt_does_not_reach_the_server(owner):
    """The server is in a session of its own, and ignores interrupts anyway."""
    address = owner.address(OCR)
    assert os.getsid(owner.child_pid) != os.getsid(0)
    os.kill(owner.child_pid, signal.SIGINT)
    assert get(address, "/health").status == 200


def test_an_unknown_model_starts_nothing(owner):
    """A wrong id is an error that names the near ones, before any process is started."""
    with pytest.raises(UnknownModelError, match=r"There is no model 'local/ocrr' here\. Did you mean local/ocr\?"):
        owner.address("local/ocrr")
    assert owner.child_pid is None


@pytest.mark.parametrize(
    ("model", "library", "message"),
    [
        (MODEL, "xllamacpp", r"needs the engine xllamacpp\. Install it with: pip install 'toprouter_nb\[local\]'"),
        (OCR, "rapidocr", r"needs RapidOCR\. Install it with: pip install 'toprouter_nb\[ocr\]'"),
    ],
)
def test_a_missing_library_names_its_install_line(owner, monkeypatch, model, library, message):
    """Without the extra, the error is the line that installs it."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(LocalModelError, match=message):
        owner.address(model)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os.kill(os.getpid(), 4)", r"this processor lacks instructions the engine needs \(AVX2\)"),
        ("import os; os.kill(os.getpid(), 9)", "it was killed, most likely for want of memory"),
        ("import sys; sys.exit('no such thing')", r"it ended with code 1\. Its last words: 'no such thing'"),
        ("""print('{"failed": "port 80 cannot be used"}')""", "does not start: port 80 cannot be used"),
        ("import sys; sys.stdin.read()", "the child did not answer within 1 s"),
    ],
)
def test_a_server_that_does_not_start_says_why(code, message):
    """A crash, a refusal or silence is one error with the reason, the last words and the way on; nothing is left."""
    owner = Owner(command=fakes(code), start_seconds=1.0)
    with pytest.raises(LocalModelError, match=message):
        owner.address(OCR)
    assert owner.child_pid is None


def test_a_taken_port_is_named(owner, local_address):
    """A fixed port that is in use is an error that says so."""
    port = int(local_address[0].rpartition(":")[2])
    with pytest.raises(LocalModelError, match=f"port {port} cannot be used"):
        Owner(port=port).address(OCR)


def test_a_model_file_that_is_broken_says_why(owner, tmp_path):
    """A file that only begins like a GGUF file is refused by the engine, with the engine's reason."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\x00" * 1000)
    with pytest.raises(LocalModelError, match=r"does not start: Failed to init server.*Its last words"):
        owner.address("local/broken", gguf=broken)


def test_an_own_model_file_answers_under_its_name(owner, local_address, tmp_path):
    """With a GGUF file of the user's own there is one more id, named after the file."""
    path = tmp_path / "My Model.gguf"
    path.symlink_to(find_weights(SMOLLM2, cache_folder()))
    address = owner.address("local/My-Model", gguf=path)
    reply = ask(address, "Hi", max_tokens=2, model="local/My-Model").json
    assert (reply["model"], reply["usage"]["completion_tokens"]) == ("local/My-Model", 2)


def test_the_child_has_no_key_of_any_gateway(monkeypatch):
    """The gateway's key is not in the environment of the server."""
    monkeypatch.setenv("TOPROUTER_API_KEY", "sk-canary-0123456789abcdef")
    owner = Owner()
    try:
        owner.address(OCR)
        environment = psutil.Process(owner.child_pid).environ()
    finally:
        owner.stop()
    assert "TOPROUTER_API_KEY" not in environment
    assert environment["OMP_WAIT_POLICY"] == "passive"


def test_modules_beside_the_notebook_do_not_break_the_server(tmp_path):
    """A `random.py` in the working folder is not what the server imports."""
    for name in ("random.py", "json.py", "socket.py"):
        (tmp_path / name).write_text("raise RuntimeError('the wrong module')")
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from toprouter_nb.local import address; address('local/ocr')"
    )
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=True)


def test_an_interrupt_while_it_starts_leaves_nothing():
    """Ctrl-C during the start ends the half-started server, and the next use starts afresh."""
    owner = Owner(command=fakes("import sys; sys.stdin.read()"))
    children = psutil.Process().children()
    threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        owner.address(OCR)
    assert owner.child_pid is None
    assert psutil.Process().children() == children
