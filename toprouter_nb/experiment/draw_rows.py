"""Pictures of single rows: which prompts which model gets right, and how long answers take.

Knows the columns of rows; nothing of intervals.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..plots.figure import Inks, add_remark, dress, name_rows, say_nothing, take_axes
from .drawn import Drawn, label, series_style
from .summary_parts import column
from .variants import each_variant, is_answer, read_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Names of more prompts would overlap, at the tallest a figure gets.
_MOST_NAMED = 40
# Points of a curve beyond this fall on the same pixels, and an SVG of them takes megabytes.
_MOST_POINTS = 2_000
_WIDE = 8  # times; a wider range of seconds gets a logarithmic axis


def draw_heatmap(rows: pd.DataFrame, score: str, *, ax: "Axes | None" = None) -> Drawn:
    """Draw the mean score of each model on each prompt: the hardest prompt at the top, the best model at the left.

    Parameters
    ----------
    rows
        As `Results.df()` gives them.
    score
        The column of scores.
    ax
        Where to draw; None makes a new figure.

    Returns
    -------
    Drawn
        The axes, and a frame with one line a prompt and one column a model; missing where nothing is scored.

    Raises
    ------
    ParameterError
        A column is missing or holds what is no number; or matplotlib is not installed.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a", "b"] * 2, "prompt_id": list("ppqq"), "exact": [1, 0, 1, 1]})
    >>> draw_heatmap(rows, "exact").frame.values.tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    scored = read_rows(rows, score)
    frame = scored.pivot_table(index="prompt_id", columns="variant", values="score", aggfunc="mean", observed=True)
    if not frame.empty:
        frame = frame.loc[frame.mean(axis=1).sort_values(kind="stable").index]
        frame = frame[frame.mean().sort_values(ascending=False, kind="stable").index]
    ax, inks = take_axes(ax, rows=min(max(len(frame) * 0.55, 5), 18))
    dress(ax, inks, title=f"{label(score)} by prompt", grid="x")
    ax.grid(visible=False)
    if frame.empty:
        say_nothing(ax, inks, "No scores")
        return Drawn(ax, frame)
    _draw_cells(ax, frame, inks)
    return Drawn(ax, frame)


def draw_latency(rows: pd.DataFrame, *, ax: "Axes | None" = None) -> Drawn:
    """Draw which share of answers came within how many seconds; where they were streamed, their first text too.

    Parameters
    ----------
    rows
        As `Results.df()` gives them. Answers taken from other rows were not waited for, and are left out.
    ax
        Where to draw; None makes a new figure.

    Returns
    -------
    Drawn
        The axes, and a frame with `variant`, `what` ("answer" or "first text"), `seconds`, `share`: at most 2,000
        points a line.

    Raises
    ------
    ParameterError
        A column is missing or holds what is no number; or matplotlib is not installed.
    """
    answers = read_rows(rows)
    answers = answers[is_answer(answers) & (column(answers, "cache_hit") != 1)]
    lines = []
    for name, part in each_variant(answers):
        for what, source in (("answer", "latency_s"), ("first text", "ttft_s")):
            lines.append(_steps(column(part, source)).assign(variant=name, what=what))
    empty = pd.DataFrame({"variant": [], "what": [], "seconds": [], "share": []})
    frame = pd.concat([line for line in lines if not line.empty] or [empty], ignore_index=True)[list(empty)]
    ax, inks = take_axes(ax, rows=7)
    dress(ax, inks, title="Time to the answer", x="Seconds", y="Share of answers")
    if frame.empty:
        say_nothing(ax, inks, "No times are known")
        return Drawn(ax, frame)
    _draw_steps(ax, frame, inks)
    return Drawn(ax, frame)


def _draw_cells(ax: "Axes", frame: pd.DataFrame, inks: Inks) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    paper = ax.get_facecolor()
    shades = LinearSegmentedColormap.from_list("scores", [inks.line, inks.first]).with_extremes(bad=paper)
    values = frame.to_numpy(dtype=np.float64)
    # From 0 to 1 even where all scores are between: a pale cell must mean the same in two pictures.
    low, high = min(np.nanmin(values), 0.0), max(np.nanmax(values), 1.0)
    cells = ax.imshow(
        np.ma.masked_invalid(values), aspect="auto", cmap=shades, vmin=low, vmax=high, interpolation="none"
    )
    # A thin line of paper between cells, so that neighbours can be told apart.
    for place in range(1, frame.shape[1]):
        ax.axvline(place - 0.5, color=paper, linewidth=2)
    if len(frame) <= _MOST_NAMED:
        for place in range(1, len(frame)):
            ax.axhline(place - 0.5, color=paper, linewidth=1)
        name_rows(ax, inks, [str(name) for name in frame.index])
        ax.set_ylim(len(frame) - 0.5, -0.5)
    else:
        ax.set_yticks([])
        ax.set_ylabel(f"{len(frame):,} prompts, the hardest at the top", color=inks.soft, fontsize=9)
    names = ax.set_xticks(range(frame.shape[1]), [label(str(name)) for name in frame.columns])
    for tick in names:
        tick.label1.set(color=inks.text, parse_math=False)
    if frame.shape[1] > 4 or max(len(label(str(name))) for name in frame.columns) > 18:  # noqa: PLR2004  # too wide side by side
        ax.tick_params(axis="x", rotation=30)
        for tick in names:
            tick.label1.set(ha="right", rotation_mode="anchor")
    for spine in ax.spines.values():
        spine.set_visible(False)
    bar = ax.figure.colorbar(cells, ax=ax, shrink=0.6, aspect=24, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=inks.soft, labelsize=8, length=0)


def _steps(seconds: np.ndarray) -> pd.DataFrame:
    """Return the share of answers within each time, thinned to so many points."""
    known = np.sort(seconds[~np.isnan(seconds)])
    shares = np.arange(1, len(known) + 1) / max(len(known), 1)
    # First and last stay: where a curve starts and that it reaches its top is what is read off.
    kept = np.unique(np.linspace(0, len(known) - 1, min(len(known), _MOST_POINTS)).astype(int))
    return pd.DataFrame({"seconds": known[kept], "share": shares[kept]})


def _draw_steps(ax: "Axes", frame: pd.DataFrame, inks: Inks) -> None:
    names = list(dict.fromkeys(frame["variant"]))
    for place, name in enumerate(names):
        style = series_style(place, inks)
        for what, width, alpha in (("answer", 2.0, 1.0), ("first text", 1.0, 0.75)):
            line = frame[(frame["variant"] == name) & (frame["what"] == what)]
            ax.step(
                line["seconds"],
                line["share"],
                where="post",
                linewidth=width,
                alpha=alpha,
                label=label(name) if what == "answer" else "_",
                **style,
            )
    known = frame["seconds"][frame["seconds"] > 0]
    if len(known) == len(frame) and known.max() / known.min() > _WIDE:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(lambda seconds, _place: f"{seconds:g}")
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(lambda share, _place: f"{share:.0%}")
    if (frame["what"] == "first text").any():
        add_remark(ax, inks, "thin: to the first text")
    legend = ax.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for text in legend.get_texts():
        text.set(color=inks.text, parse_math=False)
