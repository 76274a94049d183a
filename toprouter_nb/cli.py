"""The command line: reads arguments, calls what does the work, and turns errors into one line and an exit code.

Knows nothing of how anything is done.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from . import __version__
from .errors import ToprouterError
from .plain import render_plain
from .terminal import Terminal

_PROGRAM = "toprouter-nb"
# 128 + SIGINT, as shells have it.
_INTERRUPTED = 130
_LAST_PORT = 65_535
_MARKS = {True: ("ok  ", "good"), False: ("FAIL", "bad"), None: ("-   ", "warn")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        What follows the program's name; None takes the process's own.

    Returns
    -------
    int
        0 where all is well, 1 after an error, which stands on standard error in one line, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With 2 where the arguments cannot be used, with 0 after `--help` and `--version`.

    Examples
    --------
    >>> import contextlib
    >>> with contextlib.suppress(SystemExit):
    ...     main(["--version"])  # doctest: +ELLIPSIS
    toprouter-nb ...
    """
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options, Terminal(sys.stdout)))
        sys.stdout.flush()  # here, where a reader that has left is no surprise
    except ToprouterError as error:
        print(f"{_PROGRAM}: {' '.join(render_plain(str(error)).split())}", file=sys.stderr)
        return 1
    except OSError as error:
        # What is left may not be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # there whoever read the output has enough, as `head` does
            print(f"{_PROGRAM}: The output cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return _INTERRUPTED
    else:
        return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM, description="Conversations with language models, made for notebooks.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    demo = commands.add_parser("demo", help="hold a conversation with a model on this machine; no key is needed")
    demo.set_defaults(run=_demo)
    models = commands.add_parser("models", help="list the models that can be asked")
    models.add_argument("search", nargs="*", help="words that shall all be in the id or the name")
    models.add_argument("--images", action="store_true", help="only models that take images")
    models.add_argument("--refresh", action="store_true", help="ask the gateway even if the list is of today")
    models.add_argument("--csv", action="store_true", help="all columns, comma separated")
    models.set_defaults(run=_models)
    usage = commands.add_parser("usage", help="say what the calls of this machine used and cost")
    usage.add_argument("--by", choices=("model", "day", "conversation"), default="model", help="a row each (model)")
    usage.add_argument("--since", metavar="WHEN", help="a date such as 2026-11-23, or a span such as 12h, 7d, 2w")
    usage.add_argument("--model", metavar="ID", help="only calls that asked for this model, or were answered by it")
    usage.add_argument("--csv", metavar="PATH", help="write all columns to a file, or with - to standard output")
    usage.set_defaults(run=_usage)
    doctor = commands.add_parser("doctor", help="say what is there, what is missing, and what to do about it")
    doctor.set_defaults(run=_doctor)
    serve = commands.add_parser("serve", help="serve the models of this machine to any client")
    serve.add_argument("--port", type=_port, metavar="N", help="1 to 65535; 0, or none given, takes a free one")
    serve.set_defaults(run=_serve)
    new = commands.add_parser("new", help="write a notebook to begin with; never over a file that is there")
    new.add_argument("name", metavar="NAME", help="the file, with or without .ipynb")
    new.set_defaults(run=_new)
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _LAST_PORT:
        message = f"a port is a number from 0 to {_LAST_PORT}, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _demo(_options: argparse.Namespace, terminal: Terminal) -> int:
    from .demo import run_demo

    run_demo(terminal)
    return 0


def _models(options: argparse.Namespace, terminal: Terminal) -> int:
    from .shelf import models

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = models(" ".join(options.search), images=options.images or None, refresh=options.refresh)
    for warning in caught:
        print(f"{_PROGRAM}: {render_plain(str(warning.message))}", file=sys.stderr)
    if options.csv:
        frame.to_csv(sys.stdout, index=False)
        return 0
    if frame.empty:
        terminal.paragraph("No such model.")
        return 0
    rows = [_model_cells(row) for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]
    terminal.table(("id", "context", "images", "$/M in", "$/M out"), rows, numbers=(1, 3, 4))
    return 0


def _model_cells(row: Mapping[Hashable, Any]) -> tuple[str, ...]:
    numbers = [row[name] for name in ("context_tokens", "prompt_usd_per_million", "completion_usd_per_million")]
    context, prompt, completion = ("?" if number is None else f"{number:,.10g}" for number in numbers)
    return row["id"], context, {True: "yes", False: "no", None: "?"}[row["takes_images"]], prompt, completion


def _usage(options: argparse.Namespace, terminal: Terminal) -> int:
    from .accounts import usage_table
    from .statement import write_statement
    from .tables.files import save_csv

    frame = usage_table(options.by, since=options.since, model=options.model)
    if options.csv == "-":
        sys.stdout.write(frame.to_csv(index=False))
    elif options.csv is not None:
        save_csv(frame, options.csv)
    else:
        write_statement(terminal, frame)
    return 0


def _doctor(_options: argparse.Namespace, terminal: Terminal) -> int:
    from .doctor import report

    findings = report()
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark, style = _MARKS[finding.is_ok]
        terminal.write(mark, style)
        terminal.paragraph(f"  {finding.name:<{width}}  {finding.text}", indent=" " * (width + 4))
    return int(any(finding.is_ok is False for finding in findings))


def _serve(options: argparse.Namespace, _terminal: Terminal) -> int:
    from .local.serve import serve

    serve(options.port)
    return 0


def _new(options: argparse.Namespace, terminal: Terminal) -> int:
    from .starter import write_starter

    terminal.paragraph(f"Written: {write_starter(options.name)}. Open it with jupyter lab, and run it from the top.")
    return 0
