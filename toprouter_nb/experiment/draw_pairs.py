"""Pictures of comparisons of two answers: strengths with intervals, and what a judge does when the order changes.

Knows the columns of rankings and of verdicts.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..plots.figure import add_remark, dress, name_rows, say_nothing, take_axes
from .drawn import Drawn, draw_points, floats, pad_limits, pair_labels
from .finding import Finding
from .ranking import rank
from .verdicts import pair_verdicts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OUTCOMES = ("same winner", "tie", "first shown", "second shown")


def draw_strengths(comparisons: "pd.DataFrame | Finding", *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
    """Draw each model's strength with its interval, the strongest at the top.

    Parameters
    ----------
    comparisons
        As for `rank`, or what it found.
    ax
        Where to draw; None makes a new figure.
    level
        Of confidence; of what `rank` found, the intervals are drawn as they are.

    Returns
    -------
    Drawn
        The axes, and the table of `rank`. A model without a bound is drawn hollow, without an interval.

    Raises
    ------
    ParameterError
        As `rank`; or matplotlib is not installed.

    Examples
    --------
    >>> lines = [("m", "n", "a")] * 5 + [("m", "n", "b")] * 2
    >>> draw_strengths(pd.DataFrame(lines, columns=["model_a", "model_b", "winner"]))
    Drawn('Strength', 2 lines)
    """
    found = comparisons if isinstance(comparisons, Finding) else rank(comparisons, level=level)
    frame = found.df()
    ax, inks = take_axes(ax, rows=max(len(frame), 2))
    dress(ax, inks, title="Strength", x="Log odds against the average model", grid="x")
    ax.axvline(0, color=inks.soft, linewidth=1)
    draw_points(ax, frame, ("strength", "low", "high"), [inks.first] * len(frame))
    for row in frame.index[frame["is_unbounded"].tolist()]:
        ax.plot(floats(frame, "strength")[row], row, "o", color=ax.get_facecolor(), markersize=3.5, zorder=5)
    name_rows(ax, inks, frame["model"].tolist())
    ax.set_xlim(*pad_limits(np.concatenate([floats(frame, name) for name in ("strength", "low", "high")])))
    # Each comparison stands in the lines of two models.
    counted = f"{int(frame['comparisons'].sum() / 2):,} comparisons"
    add_remark(ax, inks, counted if found is comparisons else f"{counted}, {100 * level:g} % intervals")
    return Drawn(ax, frame)


def draw_flips(verdicts: pd.DataFrame, *, ax: "Axes | None" = None) -> Drawn:
    """Draw what a judge says of each pair in both orders: the same winner, a tie, or always one place.

    Parameters
    ----------
    verdicts
        As for `pair_verdicts`.
    ax
        Where to draw; None makes a new figure.

    Returns
    -------
    Drawn
        The axes, and a frame with `model_a`, `model_b`, `pairs`, and the shares `same winner`, `tie` (in one order or
        both), `first shown`, `second shown` (the winner changed with the order).

    Raises
    ------
    ParameterError
        It is no frame of verdicts; or matplotlib is not installed.
    """
    frame = _shares(pair_verdicts(verdicts))
    ax, inks = take_axes(ax, rows=max(len(frame), 2) + 1)
    dress(ax, inks, title="The judge, in both orders", x="Share of pairs", grid="x")
    if frame.empty:
        say_nothing(ax, inks, "No pair was judged in both orders")
        return Drawn(ax, frame)
    colours = (inks.first, inks.line, inks.second, inks.third)
    left = floats(frame, "pairs") * 0
    paper = ax.get_facecolor()
    for outcome, colour in zip(_OUTCOMES, colours, strict=True):
        width = floats(frame, outcome)
        ax.barh(
            range(len(frame)),
            width,
            left=left,
            height=0.58,
            color=colour,
            edgecolor=paper,
            linewidth=1.5,
            label=outcome,
        )
        left = left + width
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _place: f"{share:.0%}")
    name_rows(ax, inks, pair_labels(frame["model_a"].tolist(), frame["model_b"].tolist(), " / "))
    legend = ax.legend(frameon=False, fontsize=9, ncols=4, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    # The legend stands between title and bars: four names beside the axes would halve the picture.
    ax.set_title(ax.get_title("left"), loc="left", pad=26, color=inks.text, fontsize=11, fontweight="bold")
    for text in legend.get_texts():
        text.set(color=inks.text)
    return Drawn(ax, frame)


def _shares(pairs: pd.DataFrame) -> pd.DataFrame:
    both = pairs[pairs["is_flip"].notna()]
    is_flip = both["is_flip"].astype(bool)
    is_tie = both["tie_orders"] > 0
    marks = both[["model_a", "model_b"]].assign(
        pairs=1,
        **{
            "same winner": ~is_flip & ~is_tie,
            "tie": is_tie,
            "first shown": is_flip & (both["first_orders"] > both["second_orders"]),
            "second shown": is_flip & (both["second_orders"] > both["first_orders"]),
        },
    )
    frame = marks.groupby(["model_a", "model_b"], sort=False).sum().astype(float).reset_index()
    for outcome in _OUTCOMES:
        frame[outcome] = frame[outcome] / frame["pairs"]
    return frame
