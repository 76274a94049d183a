"""Pictures of how good models are: means with intervals, quality against cost, differences of each two.

Knows the columns of rows; the numbers are those of `summary` and `contrasts`.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..plots.figure import Inks, add_remark, dress, format_usd, label_usd, name_rows, say_nothing, take_axes
from .contrasts import contrast_frame
from .drawn import Drawn, draw_points, floats, label, pad_limits, pair_labels
from .summary import summary_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NARROW = 10  # times; a wider range of costs gets a logarithmic axis


def draw_means(rows: pd.DataFrame, score: str, *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
    """Draw each model's mean score with its interval, the best at the top.

    Parameters
    ----------
    rows
        As `Results.df()` gives them.
    score
        The column of scores.
    ax
        Where to draw; None makes a new figure.
    level
        Of confidence.

    Returns
    -------
    Drawn
        The axes, and a frame with `variant`, `mean`, `low`, `high`, `method`, `prompts`, `ok`.

    Raises
    ------
    ParameterError
        As `summary_frame`; or matplotlib is not installed.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a", "b"] * 2, "prompt_id": list("ppqq"), "exact": [1, 0, 1, 1]})
    >>> draw_means(rows, "exact")
    Drawn('exact', 2 lines)
    """
    table = summary_frame(rows, score, level=level)
    frame = table[["variant", "mean", "low", "high", "method", "prompts", "ok"]].dropna(subset="mean")
    frame = frame.sort_values("mean", ascending=False, ignore_index=True)
    ax, inks = take_axes(ax, rows=max(len(frame), 2))
    dress(ax, inks, title=label(score), x="Mean score", grid="x")
    if frame.empty:
        say_nothing(ax, inks, "No scores")
        return Drawn(ax, frame)
    draw_points(ax, frame, ("mean", "low", "high"), [inks.first] * len(frame))
    name_rows(ax, inks, frame["variant"].tolist())
    add_remark(ax, inks, f"{100 * level:g} % intervals, {int(frame['prompts'].max()):,} prompts")
    return Drawn(ax, frame)


def draw_quality_cost(rows: pd.DataFrame, score: str, *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
    """Draw each model's mean score against what a row costs, and the front: models that none beats in both.

    Parameters
    ----------
    rows, score, ax, level
        As for `draw_means`. Models whose cost is not known are left out, and counted in a remark.

    Returns
    -------
    Drawn
        The axes, and a frame with `variant`, `mean`, `low`, `high`, `cost_usd_per_row`, `is_on_front`.

    Raises
    ------
    ParameterError
        As `summary_frame`; or matplotlib is not installed.
    """
    table = summary_frame(rows, score, level=level)[["variant", "mean", "low", "high", "cost_usd_per_row"]]
    frame = table.dropna(subset=["mean", "cost_usd_per_row"]).sort_values("cost_usd_per_row", ignore_index=True)
    cost, mean = floats(frame, "cost_usd_per_row"), floats(frame, "mean")
    frame["is_on_front"] = _front(cost, mean)
    ax, inks = take_axes(ax, rows=7)
    dress(ax, inks, title=f"{label(score)} against cost", x="US dollars a row", y="Mean score")
    left_out = len(table) - len(frame)
    if left_out:
        add_remark(ax, inks, f"{left_out} without a known cost left out")
    if frame.empty:
        say_nothing(ax, inks, "No costs are known")
        return Drawn(ax, frame)
    if cost.min() > 0 and cost.max() / cost.min() > _NARROW:
        ax.set_xscale("log")
    _draw_front(ax, frame, inks)
    _draw_models(ax, frame, inks)
    return Drawn(ax, frame)


def draw_differences(rows: pd.DataFrame, score: str, *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
    """Draw the paired difference of each two models with its interval; those that are separated stand out.

    Parameters
    ----------
    rows, score, ax, level
        As for `draw_means`.

    Returns
    -------
    Drawn
        The axes, and the frame of `contrast_frame`, the largest difference first, turned so that it is positive.

    Raises
    ------
    ParameterError
        As `contrast_frame`; or matplotlib is not installed.
    """
    frame = _turned(contrast_frame(rows, score, level=level).dropna(subset="difference"))
    ax, inks = take_axes(ax, rows=max(len(frame), 2))
    dress(ax, inks, title=f"Differences in {label(score)}", x="Difference of the mean scores", grid="x")
    if frame.empty:
        say_nothing(ax, inks, "Nothing to compare")
        return Drawn(ax, frame)
    is_apart = frame["is_separated"].fillna(value=False).tolist()
    ax.axvline(0, color=inks.soft, linewidth=1)
    draw_points(ax, frame, ("difference", "low", "high"), [inks.first if apart else inks.soft for apart in is_apart])
    name_rows(ax, inks, pair_labels(frame["first"].tolist(), frame["second"].tolist(), " - "))
    add_remark(ax, inks, f"{sum(is_apart)} of {len(frame)} separated at {100 * level:g} %, Holm")
    return Drawn(ax, frame)


def _front(cost: np.ndarray, mean: np.ndarray) -> list[bool]:
    """Say which models no other beats: none is as cheap and better, or as good and cheaper."""
    return [
        not any((cost <= cost[place]) & (mean >= mean[place]) & ((cost < cost[place]) | (mean > mean[place])))
        for place in range(len(cost))
    ]


def _draw_front(ax: "Axes", frame: pd.DataFrame, inks: Inks) -> None:
    front = frame[frame["is_on_front"]]
    x, y = floats(front, "cost_usd_per_row"), floats(front, "mean")
    ax.step(x, y, where="post", color=inks.third, linewidth=1.4, zorder=1)


def _draw_models(ax: "Axes", frame: pd.DataFrame, inks: Inks) -> None:
    x, y = floats(frame, "cost_usd_per_row"), floats(frame, "mean")
    low, high = floats(frame, "low"), floats(frame, "high")
    for place, name in enumerate(frame["variant"]):
        colour = inks.third if frame["is_on_front"].iloc[place] else inks.soft
        if not np.isnan(low[place] + high[place]):
            ax.plot([x[place]] * 2, [low[place], high[place]], color=colour, linewidth=1.6, alpha=0.55)
        ax.plot(x[place], y[place], "o", color=colour, markersize=7.5)
        # By turns above and below, so that neighbours seldom meet.
        ends = (low, -6, "top") if place % 2 else (high, 6, "bottom")
        spot = (x[place], y[place] if np.isnan(ends[0][place]) else ends[0][place])
        side = "left" if place == 0 else "right" if place == len(frame) - 1 else "center"
        text = ax.annotate(
            label(name),
            spot,
            xytext=(0, ends[1]),
            textcoords="offset points",
            ha=side,
            va=ends[2],
            color=inks.text,
            fontsize=9,
        )
        text.set_parse_math(False)
    ax.set_ylim(*pad_limits(np.concatenate([low, high, y]), share=0.14))
    ax.margins(x=0.12)
    if ax.get_xscale() == "log":
        ax.xaxis.set_major_formatter(lambda amount, _place: format_usd(amount))
    else:
        label_usd(ax.xaxis)


def _turned(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn each pair so that the better one is first, and put the largest difference first."""
    turned = frame.copy()
    swap = floats(frame, "difference") < 0
    for one, other in (("first", "second"), ("wins", "losses")):
        turned[one], turned[other] = frame[one].where(~swap, frame[other]), frame[other].where(~swap, frame[one])
    turned["difference"] = frame["difference"].abs()
    # Turned round, the lower end is the old upper one; the same holds for inverted ratios below.
    turned["low"] = frame["low"].where(~swap, -frame["high"])
    turned["high"] = frame["high"].where(~swap, -frame["low"])
    for name in ("cost_ratio", "latency_ratio"):
        inverse = {end: 1 / frame[f"{name}{end}"] for end in ("", "_low", "_high")}
        for end, other in (("", ""), ("_low", "_high"), ("_high", "_low")):
            turned[f"{name}{end}"] = frame[f"{name}{end}"].where(~swap, inverse[other])
    return turned.sort_values("difference", ascending=False, ignore_index=True)
