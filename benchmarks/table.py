"""The figures of all rounds as one Markdown table, and the bars this package has set itself.

Pure: knows nothing of how the figures were made.
"""

import dataclasses
import statistics

OURS, PEER = "toprouter_nb", "openai"


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table. At most one bar is set, and it is about the median of all rounds.

    Attributes
    ----------
    workload, metric
        Which figure.
    label
        What it is, its unit included.
    to_peer
        Bar: ours by the OpenAI SDK's.
    at_most
        Bar: ours alone.
    """

    workload: str
    metric: str
    label: str
    digits: int = 1
    to_peer: float | None = None
    at_most: float | None = None


ROWS = (
    Row("burst", "cpu_us_per_delta", "20,000 deltas, blocking: CPU a delta, µs", to_peer=1 / 6),
    Row("burst_async", "cpu_us_per_delta", "20,000 deltas, async: CPU a delta, µs", to_peer=1 / 6),
    Row("first", "first_text_us", "kept connection: first text after its sending, µs", 0, to_peer=0.5),
    Row("first", "call_us", "kept connection: a short call, µs", 0, to_peer=1 / 3),
    Row("cold", "call_us", "new client: a short call, µs", 0, to_peer=0.1),
    Row("many", "wall_to_ideal", "1,000 paced streams: wall by ideal", 2, at_most=1.1),
    Row("many", "p99_lag_ms", "1,000 paced streams: 99 % lag, ms", 0, at_most=150),
    Row("many", "cpu_us_per_delta", "1,000 paced streams: CPU a delta, µs"),
    Row("many", "added_mb", "1,000 paced streams: peak over the interpreter, MB", 0, at_most=60),
    Row("short", "cpu_us_per_call", "2,000 plain calls in 64 lanes: CPU a call, µs", 0, to_peer=0.2),
    Row("imports", "import_ms", "import: CPU over the interpreter, ms", at_most=20),
    Row("imports", "first_client_ms", "import and first client: CPU over the interpreter, ms"),
    Row("imports", "heavy_modules", "pandas, numpy, ipywidgets, IPython loaded by then", 0, at_most=0),
    Row("kernel", "first_call_ms", "first call in a live kernel: CPU, ms", at_most=100),
    Row("body", "cpu_ms", "next question after 2,000 turns and 20 MB of images: CPU, ms"),
    Row("body", "own_cpu_ms", "the same without the system's sending: CPU, ms", at_most=2),
    Row("body", "extra_memory_to_body", "the same: extra memory by the body", 3, at_most=0.2),
    Row("event", "seconds", "an event of 8 MiB: seconds", 2, at_most=1),
    Row("event", "ratio_2n_to_n", "the same by one of 4 MiB", 2, at_most=2.6),
)


def render_table(rounds, names):
    """Return the table.

    Parameters
    ----------
    rounds
        For each round, the figures by workload, then by client.
    names
        The clients in the order of the columns.
    """
    heads = ["", *names, f"{OURS} / {PEER}", "bar", "kept"]
    lines = [_line(heads), _line(["---", *["---:"] * (len(names) + 1), "---", "---"])]
    return "\n".join([*lines, *(_line(_cells(row, rounds, names)) for row in ROWS if _values(row, rounds, OURS))])


def _cells(row, rounds, names):
    medians = {name: _median(_values(row, rounds, name)) for name in names}
    ratio = _median([ours / peer for ours, peer in _pairs(row, rounds) if peer])
    shown = ["-" if medians[name] is None else f"{medians[name]:,.{row.digits}f}" for name in names]
    bar, is_kept = _judge(row, medians[OURS], ratio)
    return [row.label, *shown, "-" if ratio is None else f"{ratio:.3f}", bar, is_kept]


def _judge(row, ours, ratio):
    """Return the bar in words, and whether it is kept."""
    if row.to_peer is not None:
        return f"ratio <= {row.to_peer:.3g}", _yes(ratio, row.to_peer)
    if row.at_most is not None:
        return f"<= {row.at_most:g}", _yes(ours, row.at_most)
    return "", ""


def _yes(value, most):
    if value is None:
        return "-"
    return "yes" if value <= most else "**no**"


def _values(row, rounds, name):
    figures = [one.get(row.workload, {}).get(name) for one in rounds]
    return [figure[row.metric] for figure in figures if row.metric in (figure or ())]


def _pairs(row, rounds):
    """Return our figure and the peer's of each round, for a machine is not the same from round to round."""
    both = [(one.get(row.workload, {}).get(OURS), one.get(row.workload, {}).get(PEER)) for one in rounds]
    return [(ours[row.metric], peer[row.metric]) for ours, peer in both if ours and peer]


def _median(values):
    return statistics.median(values) if values else None


def _line(cells):
    return f"| {' | '.join(cells)} |"
