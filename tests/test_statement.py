"""What was used, in a terminal: aligned, safe, with totals and with what is not in them."""

import io

from toprouter_nb.statement import write_statement
from toprouter_nb.tables import LEDGER_COLUMNS, summarise, table_of
from toprouter_nb.terminal import Terminal, screen_columns


def written(by, calls):
    """Return the lines written for calls given as dicts."""
    names = [column.name for column in LEDGER_COLUMNS]
    out = io.StringIO()
    frame = summarise(table_of(LEDGER_COLUMNS, [tuple(call.get(name) for name in names) for call in calls]), by)
    write_statement(Terminal(out), frame)
    return out.getvalue().splitlines()


CALLS = [
    {"requested_model": "any/model", "prompt_tokens": 1200, "cost_usd": "0.00042", "seconds": 1.5, "started_at": 0.0},
    {"requested_model": "日本/モデル", "completion_tokens": 7, "conversation_id": "0123456789", "started_at": 0.0},
]


def test_a_statement_has_a_row_each_group_and_its_totals():
    """Numbers stand below each other, also beside wide letters; unknown figures are dashes."""
    assert written("model", CALLS) == [
        "model        calls  errors  tokens in  out      USD  seconds  tokens/s",
        "any/model        1       0      1,200    -  0.00042     1.50         -",
        "日本/モデル      1       0          -    7        -        -         -",
        "-----------  -----  ------  ---------  ---  -------  -------  --------",
        "total            2       0      1,200    7  0.00042     1.50",
        "Not in these dollars: 1 of 2 calls, whose cost is not known.",
    ]


def test_one_group_needs_no_total():
    """A day is a date; a conversation without a name is known by the beginning of its id."""
    assert [line.split()[0] for line in written("day", CALLS)] == ["day", "1970-01-01", "Not"]
    assert [line.split()[0] for line in written("conversation", CALLS[1:])] == ["conversation", "01234567", "Not"]


def test_names_from_a_server_stay_in_their_cell():
    """Line breaks and control characters neither act nor break the table."""
    lines = written("model", [{"requested_model": "a\nb\x1b[2J\t\u202ec"}, {"requested_model": "x"}])
    assert [screen_columns(line) for line in lines[1:3]] == [screen_columns(lines[1])] * 2
    assert lines[1].startswith("a b\\x1b[2J \\u202ec ")
