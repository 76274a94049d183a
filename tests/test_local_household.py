"""The one owner of a process, and what becomes of its server when the process ends or forks."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from processes import wait_until_gone

from toprouter_nb.local import household

ROOT = Path(__file__).parents[1]
OCR = "local/ocr"  # loads nothing until it is asked, so its server starts fastest
HOLD = """
import sys, time
from toprouter_nb.local import address
from toprouter_nb.local.household import process_owner
address({model!r})
print(process_owner().child_pid, flush=True)
{then}
"""


def hold(then, model=OCR):
    """Run a Python process that owns a server to its end; return the pid of the server and what was said after it."""
    code = HOLD.format(model=model, then=then)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        pid = int(holder.stdout.readline())
        return pid, holder.stdout.read().split()


def test_there_is_one_owner_however_many_ask(monkeypatch):
    """Threads that ask at the same time get the same owner."""
    made, found = [], []

    class Slow:
        def __init__(self):
            time.sleep(0.05)
            made.append(self)

        def stop(self):
            """Nothing runs."""

    household._make_owner.cache_clear()
    monkeypatch.setattr(household, "Owner", Slow)
    threads = [threading.Thread(target=lambda: found.append(household.process_owner())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    household._make_owner.cache_clear()
    assert found == made * 8


@pytest.mark.parametrize("then", ["import os; os.kill(os.getpid(), 9)", "sys.exit(0)", "raise RuntimeError"])
def test_the_server_dies_with_its_owner(then):
    """Killed, finished or failed: three seconds later the server is gone."""
    pid, _said = hold(then)
    wait_until_gone(pid, seconds=3)


def test_the_server_dies_with_its_owner_even_when_a_fork_lives_on():
    """A forked worker that survives its killed parent does not keep the parent's server alive."""
    then = (
        "import os\nif os.fork() == 0:\n    os.close(1)\n    time.sleep(20)\n    os._exit(0)\nos.kill(os.getpid(), 9)"
    )
    pid, _said = hold(then)
    wait_until_gone(pid, seconds=3)


def test_a_fork_has_a_server_of_its_own():
    """A fork neither ends its parent's server nor shares it: its own has another address."""
    then = """
import os
from urllib.request import urlopen
mine = address("local/ocr")
if os.fork() == 0:
    other = address("local/ocr")
    print(other[0] != mine[0], urlopen(other[0] + "/health").status, flush=True)
    sys.exit(0)
os.wait()
print(address("local/ocr") == mine, urlopen(mine[0] + "/health").status, flush=True)
"""
    _pid, said = hold(then)
    assert said == ["True", "200", "True", "200"]
