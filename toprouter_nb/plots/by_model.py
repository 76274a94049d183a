"""Models side by side: what they cost, and how long they take.

Knows tables by the names of their columns only.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .figure import (
    Inks,
    add_remark,
    dress,
    format_usd,
    label_numbers,
    label_usd,
    name_rows,
    need,
    say_nothing,
    take_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More rows do not fit a screen; more dots are one stripe.
_MOST_MODELS, _MOST_DOTS = 12, 300
_WHOLE_FROM = 1_000
_TAIL_MEDIANS = 30  # a value so many times the median leaves no room for the others
_LABEL_SHARE = 0.05  # of the axis: half of what a number over a ring takes
_UNNAMED = "not named"


def cost_by_model(frame: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """Plot what each model cost, the dearest first.

    Parameters
    ----------
    frame
        With `requested_model` and `cost_usd`: calls, or `usage_table(by="model")`.
    ax
        Where to draw; None = a new figure.

    Returns
    -------
    Axes
        A bar each model, in US dollars; beyond 12 the others together.

    Raises
    ------
    ParameterError
        A column is missing, or matplotlib is.

    Examples
    --------
    >>> from toprouter_nb.tables import usage_frame
    >>> cost_by_model(usage_frame([])).get_title("left")
    'Cost by model'
    """
    need(frame, "requested_model", "cost_usd")
    names = frame["requested_model"].astype(object).fillna(_UNNAMED)
    costs = frame["cost_usd"].groupby(names.to_numpy()).sum(min_count=1).astype(object)
    ordered = sorted(costs.items(), key=lambda item: (item[1] is pd.NA, 0 if item[1] is pd.NA else -item[1], item[0]))
    shown = _with_others(ordered)
    ax, inks = take_axes(ax, rows=max(2, len(shown)))
    dress(ax, inks, title="Cost by model", x="US dollars", grid="x")
    if all(cost is pd.NA for _, cost in shown):
        say_nothing(ax, inks, "The cost of no call is known." if shown else "No calls.")
        return ax
    # Shown with no bar and in words: a cost that is not known is not 0.
    lengths = [0.0 if cost is pd.NA else float(cost) for _, cost in shown]
    ax.barh(range(len(shown)), lengths, height=0.62, color=inks.first)
    name_rows(ax, inks, [name for name, _ in shown])
    for place, (length, (_, cost)) in enumerate(zip(lengths, shown, strict=True)):
        text = "cost not known" if cost is pd.NA else format_usd(length)
        ax.annotate(text, (length, place), (5, 0), textcoords="offset points", va="center", color=inks.soft, fontsize=9)
    ax.set_xlim(0, max(lengths) * 1.18 or 1)
    ax.locator_params(axis="x", nbins=5)
    label_usd(ax.xaxis)
    return ax


def latency_distribution(frame: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """Plot how long answers took, from the call to the end, model by model.

    Parameters
    ----------
    frame
        Calls, with `requested_model` and `seconds`.
    ax
        Where to draw; None = a new figure.

    Returns
    -------
    Axes
        A row each model, the quickest first: every call as a dot (of more than 300 some), the middle half as a bar,
        the median with its value. Calls without the figure are left out. Where a few calls are far from all others,
        the axis goes in steps of ten.

    Raises
    ------
    ParameterError
        A column is missing, or matplotlib is.

    Examples
    --------
    >>> from toprouter_nb.tables import usage_frame
    >>> latency_distribution(usage_frame([])).get_title("left")
    'Time to the whole answer'
    """
    return _distribution(frame, "seconds", "Time to the whole answer", "seconds", ax)


def first_text_distribution(frame: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """Plot how long it took until the first text, model by model; as `latency_distribution`.

    Parameters
    ----------
    frame
        Calls, with `requested_model` and `first_token_seconds`.
    ax
        Where to draw; None = a new figure.

    Examples
    --------
    >>> from toprouter_nb.tables import usage_frame
    >>> first_text_distribution(usage_frame([])).get_title("left")
    'Time to the first text'
    """
    return _distribution(frame, "first_token_seconds", "Time to the first text", "seconds", ax)


def tokens_per_second(frame: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """Plot how quickly answers came, once they came, model by model; as `latency_distribution`.

    Parameters
    ----------
    frame
        Calls, with `requested_model` and `tokens_per_second`.
    ax
        Where to draw; None = a new figure.

    Examples
    --------
    >>> from toprouter_nb.tables import usage_frame
    >>> tokens_per_second(usage_frame([])).get_title("left")
    'Speed of the answers'
    """
    return _distribution(frame, "tokens_per_second", "Speed of the answers", "tokens a second", ax)


def _distribution(frame: pd.DataFrame, column: str, title: str, unit: str, ax: "Axes | None") -> "Axes":
    need(frame, "requested_model", column)
    known = pd.DataFrame(frame)[["requested_model", column]].dropna(subset=[column])
    names = known["requested_model"].astype(object).fillna(_UNNAMED).to_numpy()
    groups = [(str(name), values.to_numpy(np.float64)) for name, values in known[column].groupby(names)]
    most = sorted(groups, key=lambda group: -len(group[1]))[:_MOST_MODELS]
    shown = sorted(most, key=lambda group: float(np.median(group[1])), reverse=column == "tokens_per_second")
    ax, inks = take_axes(ax, rows=max(2, 1.3 * len(shown)))
    dress(ax, inks, title=title, x=f"{unit}  (dots: calls; bar: their middle half; ring: median)", grid="x")
    if not shown:
        say_nothing(ax, inks, "No calls." if frame.empty else "Not known of any call.")
        return ax
    room = _set_scale(ax, [values for _, values in shown])
    for place, (_, values) in enumerate(shown):
        _draw_row(ax, place, values, inks, room=room)
    name_rows(ax, inks, [name for name, _ in shown])
    if len(shown) < len(groups):
        add_remark(ax, inks, f"{len(shown)} of {len(groups)} models")
    return ax


def _set_scale(ax: "Axes", groups: list[Any]) -> float:
    """Choose the numbers of the axis; return up to where a label would stand in the names.

    In steps of ten where a few calls are far from all others, who would else be one line at the edge.
    """
    values = np.concatenate(groups)
    right, positive = float(values.max()) * 1.06 or 1, values[values > 0]
    is_long = len(positive) > 0 and right > _TAIL_MEDIANS * float(np.median(positive))
    left = float(positive.min()) * 0.8 if is_long else 0.0
    if is_long:
        ax.set_xscale("log")
    ax.set_xlim(left, right)
    label_numbers(ax.xaxis)
    return left * (right / left) ** _LABEL_SHARE if is_long else right * _LABEL_SHARE


def _draw_row(ax: "Axes", place: int, values: Any, inks: Inks, *, room: float) -> None:
    """Draw one model's values: dots below, their middle half and their median on the line."""
    # Quartiles and not mean and deviation: times have long tails, which both would follow.
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    dots = np.sort(values)[np.linspace(0, len(values) - 1, min(len(values), _MOST_DOTS)).astype(int)]
    # Spread evenly rather than by chance, so that the same table makes the same picture.
    spread = place + 0.24 + 0.1 * np.modf(np.arange(len(dots)) * 0.618)[0]
    ax.scatter(dots, spread, s=9, color=inks.first, alpha=0.6, linewidths=0)
    ax.hlines(place, low, high, color=inks.first, linewidth=7, alpha=0.55)
    ax.plot([middle], [place], "o", color=inks.second, markersize=7, markeredgecolor=inks.text, markeredgewidth=0.8)
    text = f"{middle:,.3g}" if middle < _WHOLE_FROM else f"{middle:,.0f}"
    side = "center" if middle > room else "left"  # at the edge it would stand in the names
    ax.annotate(text, (middle, place), (0, 7), textcoords="offset points", ha=side, color=inks.text, fontsize=9)


def _with_others(ordered: list[tuple[Any, Any]]) -> list[tuple[str, Any]]:
    if len(ordered) <= _MOST_MODELS:
        return ordered
    rest = [cost for _, cost in ordered[_MOST_MODELS - 1 :] if cost is not pd.NA]
    count = len(ordered) - _MOST_MODELS + 1
    return [*ordered[: _MOST_MODELS - 1], (f"{count} others", sum(rest) if rest else pd.NA)]
