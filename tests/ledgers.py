"""Rows for the tests of the ledger, and processes that write them."""

import os
import subprocess
import sys
import time
from pathlib import Path

from toprouter_nb.call_log import CallLog, CallRow

PROJECT = Path(__file__).parents[1]


def begun(name, **known):
    """Return a row as it is before its call is sent."""
    return CallRow(name, time.time(), "started", requested_model="any/model", **known)


def write(log, *names):
    """Write whole calls, start and end."""
    for name in names:
        row = begun(name)
        log.start(row)
        log.finish(row._replace(status="ok", cost_usd="0.001", cost_source="billed"))


def statuses(path):
    """Return the status of every call in a file, by id."""
    return dict(CallLog(path).select(["id", "status"]))


def run_python(code, *arguments, **options):
    """Start another interpreter with this code; its output is piped."""
    environment = os.environ | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{Path(__file__).parent}"}
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
