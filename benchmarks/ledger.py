"""What a call costs in the ledger, beside a plain insert into SQLite and beside nothing durable at all.

    python benchmarks/ledger.py                      # 5 rounds of 2,000 calls each
    python benchmarks/ledger.py --calls 10000 --rounds 3

Each way writes the same calls, in turn, round after round, in one process. Two writes a call, its start and its end,
each in a transaction of its own: that is what a ledger that loses nothing needs. CPU is the process's own.
"""

import argparse
import contextlib
import gc
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from toprouter_nb.call_log import COLUMNS, CallLog, CallRow

BAR_MS = 0.2


def rows(count):
    """Yield the start and the end of so many calls."""
    for number in range(count):
        start = CallRow(
            f"{number:032x}", time.time(), "started", conversation_id="c" * 32, base_url="https://toprouter.cc",
            requested_model="google/gemini-3.5-flash", is_streamed=1,
        )  # fmt: skip
        yield start, start._replace(
            status="ok", served_model="google/gemini-3.5-flash", provider="Some Provider", prompt_tokens=1200,
            completion_tokens=300, total_tokens=1500, cached_tokens=0, reasoning_tokens=0, cost_usd="0.00125",
            cost_source="billed", seconds=2.5, first_token_seconds=0.4, tokens_per_second=142.8, finish_reason="stop",
            attempts=1, request_id="req-0123456789",
        )  # fmt: skip


def write_ledger(folder, count):
    """Write with the package's ledger."""
    log = CallLog(folder / "ledger.sqlite")
    for start, end in rows(count):
        log.start(start)
        log.finish(end)
    log.close()


def write_plain(folder, count, *, wal=True):
    """Write the same table with nothing but sqlite3: no key, no version, no look at the file, no lock of ours."""
    with contextlib.closing(sqlite3.connect(folder / "plain.sqlite", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"CREATE TABLE calls ({', '.join(COLUMNS)})")
        insert = f"INSERT INTO calls VALUES ({', '.join('?' * len(COLUMNS))})"
        update = f"UPDATE calls SET {', '.join(f'{name} = ?' for name in COLUMNS)} WHERE rowid = ?"
        for start, end in rows(count):
            number = connection.execute(insert, start).lastrowid
            connection.execute(update, (*end, number))


def write_defaults(folder, count):
    """Do so with SQLite's own journal, as a new connection has it."""
    write_plain(folder, count, wal=False)


def write_lines(folder, count):
    """Append two lines of JSON a call, each in one write."""
    with (folder / "calls.jsonl").open("ab", buffering=0) as file:
        for start, end in rows(count):
            file.write(json.dumps(start).encode() + b"\n")
            file.write(json.dumps(end).encode() + b"\n")


WAYS = {
    "toprouter_nb": write_ledger,
    "plain sqlite3, WAL": write_plain,
    "plain sqlite3, defaults": write_defaults,
    "JSON lines": write_lines,
    "the rows alone": lambda _, count: [None for _ in rows(count)],
}


def measure(write, count):
    """Return CPU and wall milliseconds a call."""
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = time.process_time(), time.perf_counter()
        write(Path(folder), count)
        return (time.process_time() - cpu) / count * 1000, (time.perf_counter() - wall) / count * 1000


def main():
    """Measure in turn, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found = {name: [] for name in WAYS}
    for _ in range(options.rounds):
        for name, write in WAYS.items():
            found[name].append(measure(write, options.calls))
    print("| way | CPU a call, ms | wall a call, ms |\n| --- | ---: | ---: |")
    for name, figures in found.items():
        cpu, wall = (statistics.median(figure) for figure in zip(*figures, strict=True))
        print(f"| {name} | {cpu:.3f} | {wall:.3f} |")
    own = statistics.median(cpu for cpu, _ in found["toprouter_nb"])
    print(
        f"\nSQLite {sqlite3.sqlite_version}, {options.calls:,} calls, {options.rounds} rounds. Bar: {BAR_MS} ms of CPU."
    )
    return 0 if own <= BAR_MS else 1


if __name__ == "__main__":
    sys.exit(main())
