"""Tokens and dollars along the time, or call by call where no times are known.

Knows tables by the names of their columns only.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .figure import Inks, add_remark, dress, format_usd, label_usd, need, say_nothing, take_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Bars are this wide, the narrowest that makes not too many of them.
_SPANS = (
    ("a minute", "1min"),
    ("in 5 minutes", "5min"),
    ("in 15 minutes", "15min"),
    ("an hour", "1h"),
    ("in 6 hours", "6h"),
    ("a day", "1D"),
    ("a week", "7D"),
    ("in 30 days", "30D"),
    ("in 365 days", "365D"),
)
# Two days of hours; below four, bars as wide as the picture would say nothing of time.
_MOST_BARS, _FEW_BARS = 48, 4
_ALONE = pd.Timedelta("2min")  # the room on both sides of a moment that stands alone
_TIMES = ("started_at", "day")


def tokens_over_time(frame: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """Plot how many tokens went in and out.

    Parameters
    ----------
    frame
        With `prompt_tokens`, `completion_tokens`, and `started_at` or `day`; without these the calls stand side by
        side in the order of the rows.
    ax
        Where to draw; None = a new figure.

    Returns
    -------
    Axes
        Stacked bars, as wide as a minute up to a year, whichever suits; tokens that were not reported are left out.

    Raises
    ------
    ParameterError
        A column is missing, or matplotlib is.

    Examples
    --------
    >>> from toprouter_nb.tables import usage_frame
    >>> tokens_over_time(usage_frame([])).get_title("left")
    'Tokens'
    """
    need(frame, "prompt_tokens", "completion_tokens")
    ax, inks = take_axes(ax)
    places, span = _places(frame)
    sums = pd.DataFrame({name: _floats(frame[name]) for name in ("prompt_tokens", "completion_tokens")})
    sums = sums.assign(place=getattr(places, "array", places)).dropna(subset="place").groupby("place").sum()
    if sums.empty:
        dress(ax, inks, title="Tokens")
        say_nothing(ax, inks, "No calls.")
        return ax
    prompt, answer = sums["prompt_tokens"], sums["completion_tokens"]
    # A bar of time begins where its time does; one of a call stands on the call's number.
    shape: dict[str, Any] = {"width": 0.8} if span is None else {"width": 0.85 * _width(span), "align": "edge"}
    ax.bar(sums.index, prompt, color=inks.first, label="prompt", **shape)
    ax.bar(sums.index, answer, bottom=prompt, color=inks.second, label="answer", **shape)
    if span is not None and len(sums) < _FEW_BARS:
        ax.set_xlim(sums.index.min() - 2 * _width(span), sums.index.max() + 3 * _width(span))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    dress(ax, inks, title="Tokens", x=_axis(span), y=f"tokens {span[0]}" if span else "tokens a call")
    _legend(ax, inks)
    _count_axes(ax, span, len(frame))
    return ax


def cost_over_time(frame: pd.DataFrame, *, ax: "Axes | None" = None) -> "Axes":
    """Plot how the cost grew, in US dollars.

    Parameters
    ----------
    frame
        With `cost_usd`, and `started_at` or `day`; without these the calls follow each other as the rows do.
    ax
        Where to draw; None = a new figure.

    Returns
    -------
    Axes
        The sum of all costs up to each moment; how many are not known, and so not in it, is said at the top.

    Raises
    ------
    ParameterError
        A column is missing, or matplotlib is.

    Examples
    --------
    >>> from toprouter_nb.tables import usage_frame
    >>> cost_over_time(usage_frame([])).get_title("left")
    'Cost'
    """
    need(frame, "cost_usd")
    ax, inks = take_axes(ax)
    column = _time_column(frame)
    costs = pd.DataFrame({"cost": _floats(frame["cost_usd"]), "place": frame[column] if column else _numbers(frame)})
    known = costs.dropna().sort_values("place", kind="stable")
    if known.empty:
        dress(ax, inks, title="Cost")
        say_nothing(ax, inks, "No calls." if frame.empty else "The cost of no call is known.")
        return ax
    grown = known["cost"].cumsum()
    ax.step(known["place"], grown, where="post", color=inks.first, linewidth=1.8)
    ax.fill_between(known["place"], grown, step="post", color=inks.first, alpha=0.15, linewidth=0)
    ax.plot(known["place"].iloc[-1:], grown.iloc[-1:], "o", color=inks.first, markersize=5)
    dress(ax, inks, title=f"Cost: {format_usd(grown.iloc[-1])}", x=_axis(column), y="US dollars, all so far")
    label_usd(ax.yaxis)
    ax.set_ylim(bottom=0)
    if len(known) < len(frame) and "unpriced_calls" not in frame:
        add_remark(ax, inks, f"without {len(frame) - len(known):,} of {len(frame):,} calls, whose cost is not known")
    if column and known["place"].iloc[0] == known["place"].iloc[-1]:
        ax.set_xlim(known["place"].iloc[0] - _ALONE, known["place"].iloc[0] + _ALONE)
    _count_axes(ax, column, len(frame))
    return ax


def _time_column(frame: pd.DataFrame) -> str | None:
    return next((name for name in _TIMES if name in frame), None)


def _numbers(frame: pd.DataFrame) -> Any:
    return np.arange(1, len(frame) + 1)


def _places(frame: pd.DataFrame) -> tuple[Any, tuple[str, str] | None]:
    """Return where each row stands on the axis, and how wide a bar is; None where calls are only counted."""
    column = _time_column(frame)
    if column is None:
        return _numbers(frame), None
    times = frame[column]
    if column == "day":
        return times, ("a day", "1D")
    length = times.max() - times.min() if times.notna().any() else pd.Timedelta(0)
    span = next((span for span in _SPANS if length / pd.Timedelta(span[1]) < _MOST_BARS), _SPANS[-1])
    return times.dt.floor(span[1]), span


def _width(span: tuple[str, str]) -> Any:
    return pd.Timedelta(span[1]).to_pytimedelta()


def _axis(times: object) -> str:
    return "time (UTC)" if times else "call"


def _floats(column: "pd.Series[Any]") -> Any:
    return column.to_numpy(np.float64, na_value=np.nan)


def _count_axes(ax: "Axes", times: object, calls: int) -> None:
    """Put whole numbers, or times as short as they can be told apart, on the axis of the calls."""
    from matplotlib import dates, ticker

    if times:
        locator = dates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]  # theirs
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]  # theirs
    else:
        ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        ax.set_xlim(0.4, calls + 0.6)


def _legend(ax: "Axes", inks: Inks) -> None:
    ax.legend(
        loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=9, labelcolor=inks.text,
        handlelength=1, handleheight=1, borderaxespad=0.2,
    )  # fmt: skip
