"""The workloads of a beginning: what an import, the first client and the first call cost.

Knows nothing of streams. Each import is measured in an interpreter of its own.
"""

import importlib
import os
import statistics
import subprocess
import sys
import time

_ROUNDS = 9
_HEAVY = ("pandas", "numpy", "ipywidgets", "IPython")
_COUNT = f"import sys; sys.exit(len(set({_HEAVY}) & set(sys.modules)))"


def imports(make, _address):
    """CPU above a bare interpreter of the import, and of the import and the first client; heavy packages loaded.

    The floor is that interpreter itself.
    """
    if make.package is None:
        return {"import_ms": statistics.median(_process_seconds("pass") for _ in range(_ROUNDS)) * 1e3}
    statement = f"import {make.package}"
    heavy = subprocess.run([sys.executable, "-c", f"{statement}; {make.first}; {_COUNT}"], check=False).returncode
    return {
        "import_ms": _added_seconds(statement) * 1e3,
        "first_client_ms": _added_seconds(f"{statement}; {make.first}") * 1e3,
        "heavy_modules": heavy,
    }


def kernel(make, address):
    """CPU of the first call in a live kernel, all that it loads included; IPython and ipywidgets are there already."""
    for name in ("ipykernel.kernelapp", "ipywidgets"):
        importlib.import_module(name)
    begun = time.process_time()
    texts = list(make(f"{address}/burst-20").stream())
    return {"first_call_ms": (time.process_time() - begun) * 1e3, "deltas": len(texts)}


def _added_seconds(statement):
    _process_seconds(statement)
    added = [_process_seconds(statement) - _process_seconds("pass") for _ in range(_ROUNDS)]
    return statistics.median(added)


def _process_seconds(statement):
    """Return the CPU seconds of an interpreter that runs a statement."""
    process = subprocess.Popen([sys.executable, "-c", statement])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, statement
    return used.ru_utime + used.ru_stime
