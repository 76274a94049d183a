"""`serve` prints an address and a key that any client can use, until Ctrl-C."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from processes import wait_until_gone
from raw_http import ask, get

from toprouter_nb.errors import LocalModelError
from toprouter_nb.local.serve import serve

ROOT = Path(__file__).parents[1]
RUN = [sys.executable, "-c", "from toprouter_nb.local.serve import serve; serve()"]


@pytest.fixture
def served(local_address):
    """Run the command; return its process and what it printed."""
    with subprocess.Popen(RUN, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        printed = [process.stdout.readline().split(maxsplit=1) for _ in range(3)]
        yield process, {name: value.strip() for name, value in printed}
        process.kill()


def test_it_prints_what_a_client_needs(served):
    """With the printed address, key and model a request is answered."""
    _process, printed = served
    assert ask((printed["address"], printed["key"]), "Hi", max_tokens=1, model=printed["model"]).status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_everything(served, number):
    """Ctrl-C ends it quietly with code 0; whatever ends it, the server goes with it and nothing is printed."""
    process, _printed = served
    (child,) = psutil.Process(process.pid).children()
    os.kill(process.pid, number)
    assert process.wait(5) == (0 if number == signal.SIGINT else -number)
    assert process.stderr.read() == ""
    wait_until_gone(child.pid, seconds=3)


def test_a_fixed_port_is_used_and_a_crash_is_told(local_address):
    """The port asked for is the port served; a server that dies by itself is an error."""
    out, ended = io.StringIO(), []

    def run():
        with pytest.raises(LocalModelError, match="ended with code -9"):
            serve(47_823, out=out)
        ended.append(True)

    before = set(psutil.Process().children())
    thread = threading.Thread(target=run)
    thread.start()
    while "key" not in out.getvalue():
        time.sleep(0.02)
    key = out.getvalue().split()[3]
    assert get(("http://127.0.0.1:47823", key), "/models").status == 200
    (child,) = set(psutil.Process().children()) - before
    child.kill()
    thread.join(10)
    assert ended == [True]


def test_a_taken_port_is_an_error(local_address):
    """A port in use is said at once."""
    port = int(local_address[0].rpartition(":")[2])
    with pytest.raises(LocalModelError, match=f"port {port} cannot be used"):
        serve(port, out=io.StringIO())
