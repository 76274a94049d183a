"""The command line, run as a person runs it: in a process of its own."""

import csv
import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from toprouter_nb import __version__, configure
from toprouter_nb.call_log import CallRow, current_log
from toprouter_nb.cli import main
from toprouter_nb.testing import Fault, ScriptedGateway

RUN = [sys.executable, "-c", "import sys; from toprouter_nb.cli import main; sys.exit(main())"]


@pytest.fixture
def gateway(tmp_path, monkeypatch):
    """Point the commands at a scripted gateway."""
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("TOPROUTER_API_KEY", raising=False)
    with ScriptedGateway([]) as gateway:
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        yield gateway


def run(*arguments):
    """Run a command to its end."""
    return subprocess.run([*RUN, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_version_and_help_say_what_there_is(capsys):
    """`--version` prints the version, `--help` names every command; both end with 0."""
    for arguments, words in (
        (["--version"], [__version__]),
        (["--help"], ["demo", "models", "usage", "doctor", "serve"]),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        shown = capsys.readouterr().out
        assert all(word in shown for word in words)


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["--vers"], ["serve", "--port", "70000"], ["serve", "--port", "x"],
     ["serve", "--port", "٣"], ["models", "--unknown"], ["demo", "extra"],
     ["usage", "--by", "hour"], ["usage", "extra"], ["usage", "--csv"]],
)  # fmt: skip
def test_bad_arguments_end_with_2(arguments, capsys):
    """What cannot be understood ends with 2, a usage line and nothing on standard output."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert "usage: toprouter-nb" in error


def test_models_are_a_table(gateway, capsys):
    """Each model has a line with its id, context, whether it takes images, and both prices."""
    assert main(["models", "scripted"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "id               context  images  $/M in  $/M out",
        "scripted/text      8,192  no           1        2",
        "scripted/vision  131,072  yes         10       30",
    ]


def test_nothing_found_and_no_path_are_told(gateway, capsys):
    """A search that finds nothing says so, and an empty path for a file is an error, not another command."""
    assert main(["models", "nobody"]) == 0
    assert capsys.readouterr().out == "No such model.\n"
    assert main(["usage", "--csv", ""]) == 1
    assert "path" in capsys.readouterr().err


def test_models_can_be_searched_and_written_as_csv(gateway, capsys):
    """`--images` and words choose; `--csv` writes every column of the public table."""
    assert main(["models", "--images", "--csv", "text", "and"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["id"] == "scripted/vision"
    assert row["completion_usd_per_million"] == "30.0"
    assert set(row) >= {"name", "context_tokens", "takes_images", "is_local", "supported_parameters"}


def test_what_is_not_known_is_a_question_mark(gateway, capsys):
    """A model without facts shows that they are not known, never a 0."""
    assert main(["models", "ocr"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["local/ocr", "?", "yes", "0", "0"]


def test_a_missing_list_is_told_on_standard_error(tmp_path, monkeypatch, capsys):
    """Where the gateway has no list the local models are printed, and the reason stands apart from them."""
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))
    with ScriptedGateway([], models=Fault(404)) as gateway:
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        assert main(["models"]) == 0
    out, error = capsys.readouterr()
    assert "local/smollm2-135m" in out
    assert error.startswith("toprouter-nb: Only the models of this machine are listed.")
    assert error.count("\n") == 1


@pytest.fixture
def books(tmp_path, monkeypatch):
    """Keep a ledger of two calls by two models, in the usual place."""
    monkeypatch.setenv("TOPROUTER_DATA_DIR", str(tmp_path))
    log = current_log(configure())
    for name, cost in (("a/dear", "0.3"), ("=cheap", "0.1")):
        row = CallRow(name, 86_400.0, "ok", requested_model=name, prompt_tokens=1_000, cost_usd=cost, seconds=2.0)
        log.start(row)
        log.finish(row)
    log.close()


@pytest.mark.usefixtures("books")
def test_usage_is_a_table_with_totals(capsys):
    """Each model, or day, has a line, and there is a total; what is chosen is all that counts."""
    assert main(["usage"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "model   calls  errors  tokens in  out   USD  seconds  tokens/s",
        "a/dear      1       0      1,000    -  0.30        2         -",
        "=cheap      1       0      1,000    -  0.10        2         -",
        "------  -----  ------  ---------  ---  ----  -------  --------",
        "total       2       0      2,000    -  0.40        4",
    ]
    assert main(["usage", "--by", "day", "--since", "1970-01-02", "--model", "a/dear"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["1970-01-02", "1", "0", "1,000", "-", "0.30", "2", "-"]
    assert main(["usage", "--since", "1h"]) == 0
    assert capsys.readouterr().out == "No calls.\n"


@pytest.mark.usefixtures("books")
def test_usage_is_written_as_csv(tmp_path, capsys):
    """`--csv -` writes every column to standard output, `--csv PATH` to a file; no cell is a formula."""
    assert main(["usage", "--csv", "-"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["requested_model"], row["cost_usd"]) for row in rows] == [("a/dear", "0.3"), ("'=cheap", "0.1")]
    file = tmp_path / "usage.txt"
    assert main(["usage", "--csv", str(file)]) == 0
    assert capsys.readouterr().out == ""
    assert list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) == rows


def test_a_since_that_is_none_is_one_line(capsys):
    """The error says what is allowed, and the command ends with 1."""
    assert main(["usage", "--since", "yesterday"]) == 1
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("toprouter-nb: `since` is a date or time, such as ")
    assert error.count("\n") == 1


def test_an_error_is_one_line_and_ends_with_1(monkeypatch):
    """A typed error is printed as one line on standard error, without a traceback."""
    monkeypatch.setenv("TOPROUTER_BASE_URL", "http://example.com/\nnot an address")
    ended = run("models")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("toprouter-nb: ")
    assert ended.stderr.count("\n") == 1


def test_the_doctor_prints_a_line_for_each_finding(gateway, capsys):
    """Every finding has its mark and name; without a fault it ends with 0, with one it ends with 1."""
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ok    Python ")
    assert f"{gateway.base_url} lists 2 models" in out
    assert all(len(line) <= 80 or " " not in line.strip() for line in out.splitlines())


def test_the_doctor_ends_with_1_where_something_is_broken(monkeypatch, capsys):
    """A fault is marked, and the exit code says so."""
    monkeypatch.setenv("TOPROUTER_BASE_URL", "http://example.com")
    assert main(["doctor"]) == 1
    assert "FAIL  settings" in capsys.readouterr().out


def test_a_closed_pipe_ends_quietly(gateway):
    """When the reader of the output leaves, nothing is printed about it."""
    with subprocess.Popen(
        [*RUN, "models", "--csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) == 1


def test_an_interrupt_ends_with_130(tmp_path, monkeypatch):
    """Ctrl-C in the middle of a command ends it with 130 and no traceback."""
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))
    called = []

    def wait(request):
        called.append(request)
        request.closed_early.wait(20)
        return Fault(503)

    with ScriptedGateway([], models=wait) as gateway:
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        with subprocess.Popen([*RUN, "models"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while not called:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=10)
            called[0].closed_early.set()
    assert (process.returncode, out, error) == (130, "", "\n")


def test_a_full_disk_behind_the_output_is_one_line(gateway):
    """Output that cannot be written ends a command with one line and 1, however it is written."""
    for command in (["models"], ["models", "--csv"], ["usage", "--csv", "-"], ["doctor"]):
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run([*RUN, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert ended.returncode == 1
        assert ended.stderr == "toprouter-nb: The output cannot be written (No space left on device).\n"


def test_serve_gives_an_address_and_a_key_that_work(local_address):
    """`serve` prints where it listens and its key, answers with them, and ends with 0 on Ctrl-C."""
    with subprocess.Popen([*RUN, "serve"], stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline().split() for _ in range(3)]
        facts = {line[0]: line[1] for line in lines}
        headers = {"Authorization": f"Bearer {facts['key']}"}
        listed = httpx.get(facts["address"] + "/models", headers=headers).json()["data"]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert facts["model"] in [row["id"] for row in listed]


def test_starting_loads_nothing_heavy():
    """`--version` comes at once: it loads neither pandas nor httpx nor the notebook's parts."""
    program = (
        "import sys; sys.argv = ['toprouter-nb', '--help']\n"
        "from toprouter_nb.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({'pandas', 'httpx', 'IPython', 'ipywidgets', 'pydantic', 'PIL', 'numpy'} & set(sys.modules)), "
        "file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == ""
