"""What tables cost: a million calls out of the ledger beside pandas alone, their sums, and a long conversation's table.

Run it with `python benchmarks/tables.py [ROWS]`. Floor and ours take turns in one run, each in a process of its own;
times are of CPU.
"""

import json
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import pandas as pd

import toprouter_nb as tr
from toprouter_nb.call_log import COLUMNS, CallLog, CallRow
from toprouter_nb.tables import find_columns, summarise
from toprouter_nb.testing import Script, ScriptedGateway

ROUNDS, ROWS, TURNS = 3, 1_000_000, 2_000


def main():
    """Make a ledger, read it both ways in turn, and print the figures beside their bars."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        _fill(path, rows)
        found = {}
        for _ in range(ROUNDS):
            for work in WORK:
                for name, figure in _run(work, path).items():
                    found.setdefault(name, []).append(figure)
    medians = {name: statistics.median(figures) for name, figures in found.items()}
    ratio = statistics.median(ours / floor for ours, floor in zip(found["read_s"], found["floor_s"], strict=True))
    _print(rows, medians, ratio)


def _print(rows, medians, ratio):
    lines = (
        (f"{rows:,} calls, every column: pandas alone, s of CPU", medians["floor_s"], None),
        (f"{rows:,} calls, every column: ledger(), s of CPU", medians["read_s"], None),
        ("ratio", ratio, 1.3),
        ("pandas alone: peak memory by the frame", medians["floor_memory"], None),
        ("ledger(): peak memory by the frame", medians["memory"], 3),
        ("the frame, MB", medians["frame_mb"], None),
        ("summary by model, ms of CPU", medians["model_ms"], 250),
        ("summary by day, ms of CPU", medians["day_ms"], None),
        (f"usage_table of {TURNS:,} turns, ms of CPU", medians["turns_ms"], 20),
        ("its view in HTML, ms of CPU", medians["view_ms"], None),
    )
    print("| | median | bar | kept |\n| --- | ---: | --- | --- |")
    for label, figure, bar in lines:
        kept = "" if bar is None else "yes" if figure <= bar else "**no**"
        print(f"| {label} | {figure:,.2f} | {'' if bar is None else f'<= {bar:g}'} | {kept} |")
    print(f"\n{ROUNDS} rounds, medians. CPython {platform.python_version()}, {platform.system()}, {_versions()}.")


def _versions():
    return ", ".join(f"{name} {metadata.version(name)}" for name in ("pandas", "numpy", "pyarrow"))


def _fill(path, rows):
    """Write calls as the ledger does, in one transaction."""
    log = CallLog(path)
    log.start(CallRow("first", 1.0, "started"))
    log.close()
    made = (
        CallRow(
            f"{place:032x}", 1.7e9 + place, "ok" if place % 50 else "error", f"{place // 20:032x}", None,
            "https://toprouter.cc", f"vendor/model-{place % 7}", f"vendor/model-{place % 7}-001", "Vendor",
            100 + place % 900, place % 700, 100 + place % 900 + place % 700, None, place % 5, f"0.{place % 9973:08d}",
            "billed", 1.5 + place % 10, 0.25, 100.0, "stop", None if place % 50 else "rate_limit", 1, 1, None,
        )
        for place in range(rows - 1)
    )  # fmt: skip
    with sqlite3.connect(path) as connection:
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"INSERT INTO calls ({', '.join(COLUMNS)}) VALUES ({marks})", made)
    connection.close()


def _run(work, path):
    ended = subprocess.run([sys.executable, __file__, "--work", work, str(path)], capture_output=True, check=True)
    return json.loads(ended.stdout)


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def _frame_mb(frame):
    return frame.memory_usage(deep=True).sum() / 2**20


def _timed(function):
    """Return the seconds of CPU a function took, and what it returned; the clock on the wall is others' too."""
    began = time.process_time()
    value = function()
    return time.process_time() - began, value


def _read_floor(path):
    names = ", ".join(column.name for column in find_columns(None))
    before = _peak_mb()
    connection = sqlite3.connect(path)
    seconds, frame = _timed(lambda: pd.read_sql_query(f"SELECT {names} FROM calls ORDER BY rowid", connection))
    return {"floor_s": seconds, "floor_memory": (_peak_mb() - before) / _frame_mb(frame)}


def _read_ours(path):
    tr.configure(ledger_path=path)
    tr.ledger(["id"], since="1m")
    before = _peak_mb()
    seconds, frame = _timed(tr.ledger)
    found = {"read_s": seconds, "memory": (_peak_mb() - before) / _frame_mb(frame), "frame_mb": _frame_mb(frame)}
    summarise(frame.head(10), "model")
    return found | {f"{by}_ms": _timed(lambda by=by: summarise(frame, by))[0] * 1e3 for by in ("model", "day")}


def _read_turns(_path):
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "cost": 0.00012}
    tr.configure(ledger_path=False)
    with ScriptedGateway([Script("Yes.", usage=usage)], repeat=True) as gateway:
        chat = tr.Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False)
        chat.usage_table()
        for _ in range(TURNS // 2):
            chat.ask("Well?")
    seconds, frame = _timed(chat.usage_table)
    assert len(frame) == TURNS // 2
    return {"turns_ms": seconds * 1e3, "view_ms": _timed(frame._repr_html_)[0] * 1e3}


WORK = {"floor": _read_floor, "ours": _read_ours, "turns": _read_turns}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(WORK[sys.argv[2]](sys.argv[3])))
    else:
        main()
