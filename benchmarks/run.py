"""The one command: every client does the same work in turn, and the table of README.md says what came of it.

Knows nothing of the work itself; each client works in a process of its own, against one replay server.
"""

import argparse
import contextlib
import datetime as dt
import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from clients import CLIENTS
from table import render_table
from work import WORKLOADS

_HERE = Path(__file__).parent
_README = _HERE / "README.md"
_MARKS = ("<!-- table -->\n", "<!-- end of table -->\n")
# Longer is a client that hangs, which is a result, too.
_SECONDS = 300
# Who has no part in a workload: the floor reads one event a line; chatlas and litellm go through openai's body.
_ABSENT = {"kernel": ("floor",), "event": ("floor",), "body": ("chatlas", "litellm")}


def main():
    """Measure, print the table, and write it where that is asked for."""
    options = _options()
    interpreters = dict(given.split("=", 1) for given in options.python)
    rounds, versions = [], {}
    with _replay_server() as address, _environment() as environment:
        work = functools.partial(_work, address=address, environment=environment)
        names = [name for name in options.clients if work(interpreters.get(name, sys.executable), _first(name), name)]
        for _ in range(options.rounds):
            rounds.append({})
            for workload in options.workloads:
                for name in names:
                    if name in _ABSENT.get(workload, ()):
                        continue
                    done = work(interpreters.get(name, sys.executable), workload, name)
                    if done is not None:
                        print(workload, name, done["figures"], file=sys.stderr)
                        rounds[-1].setdefault(workload, {})[name] = done["figures"]
                        versions[name] = done["versions"]
    text = f"{render_table(rounds, names)}\n\n{_circumstances(rounds, versions)}\n"
    print(text)
    if options.write:
        _write(text)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--clients", nargs="+", choices=CLIENTS, default=list(CLIENTS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", action="append", default=[], metavar="CLIENT=PATH", help="its own interpreter")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    return parser.parse_args()


def _first(name):
    """Return what is done once and not counted: it tells who is installed, and compiles what is not compiled yet."""
    return "first" if name in _ABSENT["kernel"] else "kernel"


@contextlib.contextmanager
def _replay_server():
    command = [sys.executable, str(_HERE / "replay.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


@contextlib.contextmanager
def _environment():
    """Give what each process sees: compiled modules, as an installed package has them, and a ledger of its own."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        yield {**kept, "TOPROUTER_DATA_DIR": folder}


def _work(interpreter, workload, name, *, address, environment):
    """Return what one process found out; None where it failed, which is told."""
    command = [interpreter, str(_HERE / "work.py"), workload, name, address]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True, env=environment)
    except subprocess.TimeoutExpired:
        print(f"{workload} {name}: more than {_SECONDS} s", file=sys.stderr)
        return None
    except subprocess.CalledProcessError as error:
        print(f"{workload} {name}: {error.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def _circumstances(rounds, versions):
    parts = {part: version for one in versions.values() for part, version in one.items()}
    if "openai" in versions.get("litellm", {}):
        parts["openai under litellm"] = versions["litellm"]["openai"]
    parts |= versions.get("openai", {})
    listed = ", ".join(f"{part} {version}" for part, version in parts.items())
    system = f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}"
    return f"{dt.datetime.now(dt.UTC).date()}, {len(rounds)} rounds, medians. {system}. {listed}."


def _write(text):
    before, mark, rest = _README.read_text(encoding="utf-8").partition(_MARKS[0])
    _, end, after = rest.partition(_MARKS[1])
    _README.write_text(f"{before}{mark}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
