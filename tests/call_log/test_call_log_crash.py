"""Many processes, kill -9, a full disk and a folder nobody may write: what was acknowledged is there."""

import random
import signal
import sqlite3
import time

import pytest
from ledgers import run_python, statuses

WRITE = """
import sys
from ledgers import write
from toprouter_nb.call_log import CallLog
write(CallLog(sys.argv[1]), *(f"{sys.argv[2]}-{number}" for number in range(int(sys.argv[3]))))
"""

# Each name is printed once its row was written: that is what "acknowledged" means.
WRITE_AND_TELL = """
import itertools, sys
from ledgers import begun
from toprouter_nb.call_log import CallLog
log = CallLog(sys.argv[1])
for number in itertools.count():
    row = begun(f"{sys.argv[2]}-{number}")
    log.start(row)
    print(row.id, "started", flush=True)
    log.finish(row._replace(status="ok"))
    print(row.id, "ok", flush=True)
"""

FORK_AND_WRITE = """
import os, sys
from ledgers import write
from toprouter_nb.call_log import CallLog
log = CallLog(sys.argv[1])
write(log, f"{sys.argv[2]}-before")
child = os.fork()
name = "child" if child == 0 else "parent"
write(log, *(f"{sys.argv[2]}-{name}-{number}" for number in range(int(sys.argv[3]))))
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""

# A file may be no larger than so many bytes: what a full disk looks like to whoever writes.
WRITE_ON_A_FULL_DISK = """
import resource, sys, warnings
from ledgers import write
from toprouter_nb.call_log import CallLog
log = CallLog(sys.argv[1])
write(log, *(f"before-{number}" for number in range(20)))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    write(log, *(f"full-{number}" for number in range(200)))
print(len(caught), caught[0].message)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
write(log, *(f"after-{number}" for number in range(20)))
"""

# For root there is no folder that may not be written.
WRITE_AS_NOBODY = """
import os, sys, warnings
from ledgers import statuses, write
from toprouter_nb.call_log import CallLog
log = CallLog(sys.argv[1])
if os.getuid() == 0:
    os.setuid(65534)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    write(log, "a", "b")
print(len(caught), len(statuses(sys.argv[1])), caught[0].message)
"""


def finish(processes):
    """Wait for processes and return what each wrote to its errors."""
    return [process.communicate(timeout=100)[1].decode() for process in processes]


@pytest.mark.parametrize(("count", "rows"), [(8, 250)])
def test_eight_processes_write_at_once(tmp_path, count, rows):
    """Eight kernels that begin together and write 250 calls each: none is refused, none is lost."""
    path = tmp_path / "ledger.sqlite"
    processes = [run_python(WRITE, path, number, rows) for number in range(count)]
    assert finish(processes) == [""] * count
    assert list(statuses(path).values()) == ["ok"] * (count * rows)


def test_processes_that_fork_write_at_once(tmp_path):
    """Each of four processes forks with the ledger open; parents and children write on, and lose nothing."""
    path = tmp_path / "ledger.sqlite"
    processes = [run_python(FORK_AND_WRITE, path, number, 100) for number in range(4)]
    assert finish(processes) == [""] * 4
    assert list(statuses(path).values()) == ["ok"] * (4 * 201)


def kill_and_look(path, name, seconds):
    """Kill a writing process after so many seconds; return what it acknowledged last of each row."""
    process = run_python(WRITE_AND_TELL, path, name, bufsize=0)  # what is read ahead, communicate() would not see
    first = process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest, errors = process.communicate()
    assert errors == b""
    lines = (first + rest).decode().splitlines()
    return dict(line.split(" ") for line in lines if line.endswith((" started", " ok")))


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_kill_9_loses_no_acknowledged_row(tmp_path, kills):
    """Killed at random moments, the file is sound each time, and every row that was acknowledged is in it."""
    path, chance, told = tmp_path / "ledger.sqlite", random.Random(kills), {}
    for kill in range(kills):
        told |= kill_and_look(path, kill, chance.uniform(0, 0.05))
        found = statuses(path)
        lost = [name for name, status in told.items() if found.get(name) not in (status, "ok")]
        assert lost == []
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
    assert len(told) > kills


@pytest.mark.parametrize("limit", [4096, 40_000, 70_000])
def test_a_full_disk_is_told_once(tmp_path, limit):
    """Where the disk is full, one warning says so and the program goes on; what was written before stays."""
    path = tmp_path / "ledger.sqlite"
    process = run_python(WRITE_ON_A_FULL_DISK, path, limit)
    told, errors = (text.decode() for text in process.communicate(timeout=60))
    assert errors == ""
    assert told.startswith(f"1 Calls are not recorded: the ledger {path} cannot be written (")
    found = statuses(path)
    assert {f"before-{number}" for number in range(20)} <= found.keys()
    assert [name for name in found if name.startswith("after")] == [f"after-{number}" for number in range(20)]


def test_a_folder_nobody_may_write_is_told_once(tmp_path):
    """Without the right to write, one warning says so; what is there can still be read."""
    path = tmp_path / "ledger.sqlite"
    finish([run_python(WRITE, path, "before", 3)])
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    for folder in (tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)  # another user has to reach it
    process = run_python(WRITE_AS_NOBODY, path)
    told, errors = (text.decode() for text in process.communicate(timeout=60))
    tmp_path.chmod(0o755)
    assert errors == ""
    assert told.startswith("1 3 Calls are not recorded")
