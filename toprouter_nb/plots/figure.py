"""How every plot of ours looks: its axes, its inks on light and on dark paper, its words.

Knows nothing of what is plotted, and changes no setting of matplotlib's: all is said to the axes themselves.
"""

import dataclasses
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_CENTS_FROM = 0.1  # US dollars; below it cents would hide too much
# Inches, as wide as a notebook's cell shows without scaling.
_WIDTH, _LABEL_CHARACTERS, _LABEL_HEAD_CHARACTERS = 7.0, 36, 14
_DARK_BELOW = 0.4  # of the paper's brightness, 0 to 1


@dataclasses.dataclass(frozen=True, slots=True)
class Inks:
    """The colours on one kind of paper; the first three are told apart by people who see fewer colours, too.

    They are out of the set of Okabe and Ito, "Color Universal Design", 2008.

    Attributes
    ----------
    first, second, third
        Of what is drawn.
    text, soft, line
        Of words, of small print and of grids.
    more
        Of further series, where three do not do; the same set, then a grey.
    """

    first: str
    second: str
    third: str
    text: str
    soft: str
    line: str
    more: tuple[str, ...]


_ON_LIGHT = Inks("#0072B2", "#E69F00", "#009E73", "#1f2328", "#59636e", "#d1d9e0", ("#CC79A7", "#D55E00", "#5B6770"))
_ON_DARK = Inks("#56B4E9", "#E69F00", "#2CC295", "#e6e9ec", "#9aa4ae", "#3b444d", ("#E39BC4", "#F2864B", "#AAB4BE"))


def take_axes(ax: "Axes | None", *, rows: float = 5.0) -> "tuple[Axes, Inks]":
    """Return the axes to draw on, new ones where none are given, and the inks for their paper.

    Parameters
    ----------
    ax
        Of the caller; None = a new figure.
    rows
        How much there is to show; makes a new figure as high as it needs.

    Raises
    ------
    ParameterError
        matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot as plt
        from matplotlib import colors
    except ImportError as error:
        message = "Plots need matplotlib: pip install 'toprouter_nb[plot]'."
        raise ParameterError(message) from error
    if ax is None:
        _, ax = plt.subplots(figsize=(_WIDTH, 1.1 + 0.42 * rows), layout="constrained")
    red, green, blue, alpha = colors.to_rgba(ax.get_facecolor())
    if not alpha:
        red, green, blue, _ = colors.to_rgba(ax.figure.get_facecolor())
    # Luma as of ITU-R BT.601: the eye takes most of a paper's brightness from green.
    return ax, _ON_DARK if 0.299 * red + 0.587 * green + 0.114 * blue < _DARK_BELOW else _ON_LIGHT


def need(frame: object, *names: str) -> None:
    """Check that a table has what a plot needs.

    Raises
    ------
    ParameterError
        It is no table, or lacks one of these columns.
    """
    if not isinstance(frame, pd.DataFrame):
        message = f"A plot takes a table, as chat.usage_table() and tr.ledger() give, not {type(frame).__name__}."
        raise ParameterError(message)
    missing = [name for name in names if name not in frame]
    if missing:
        message = f"The plot needs a column {missing[0]!r}, and the table has none. tr.ledger() has all."
        raise ParameterError(message)


def dress(ax: "Axes", inks: Inks, *, title: str, x: str = "", y: str = "", grid: str = "y") -> None:
    """Write title and labels, and take away what says nothing."""
    ax.set_title(title, loc="left", color=inks.text, fontsize=11, fontweight="bold", pad=10)
    ax.set_xlabel(x, color=inks.soft, fontsize=9)
    ax.set_ylabel(y, color=inks.soft, fontsize=9)
    ax.tick_params(colors=inks.soft, labelcolor=inks.soft, labelsize=9, length=0)
    ax.xaxis.get_offset_text().set(color=inks.soft, fontsize=9)
    for side, spine in ax.spines.items():
        spine.set_visible(side == ("bottom" if grid == "y" else "left"))
        spine.set_color(inks.line)
    ax.grid(visible=False)
    ax.grid(visible=True, axis="y" if grid == "y" else "x", color=inks.line, linewidth=0.8)
    ax.set_axisbelow(True)


def say_nothing(ax: "Axes", inks: Inks, text: str) -> None:
    """Say in the middle of empty axes why they are empty."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=inks.soft)


def add_remark(ax: "Axes", inks: Inks, text: str) -> None:
    """Write a remark in small print at the right, level with the title."""
    ax.set_title(text, loc="right", color=inks.soft, fontsize=8.5, pad=10)


def name_rows(ax: "Axes", inks: Inks, names: Sequence[str]) -> None:
    """Name the rows of a plot, the first at the top; the names may come from a server."""
    ax.set_yticks(range(len(names)), [_shorten_inside(render_plain(name)) for name in names])
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
        label.set_color(inks.text)
    ax.set_ylim(len(names) - 0.4, -0.6)


def _shorten_inside(name: str) -> str:
    """Cut what is in the middle: the end of a model's name tells it from its sisters."""
    if len(name) <= _LABEL_CHARACTERS:
        return name
    return shorten(name, _LABEL_HEAD_CHARACTERS) + name[_LABEL_HEAD_CHARACTERS - _LABEL_CHARACTERS :]


def label_numbers(axis: "Axis") -> None:
    """Write the numbers of an axis out, thousands apart, few enough to stand beside each other."""
    axis.set_major_formatter(lambda number, _place: f"{number:,.10g}")
    if axis.get_scale() == "linear":
        axis.get_major_locator().set_params(nbins=6)  # type: ignore[call-arg]  # MaxNLocator's own


def format_usd(amount: float, decimals: int | None = None) -> str:
    """Spell US dollars with cents, or with two digits where there is less than a cent; or with so many decimals.

    Examples
    --------
    >>> format_usd(12.5), format_usd(0.0006), format_usd(0), format_usd(0.1, 3)
    ('$12.50', '$0.00060', '$0', '$0.100')
    """
    if amount == 0:
        return "$0"
    if decimals is None:
        decimals = 2 if abs(amount) >= _CENTS_FROM else 1 - math.floor(math.log10(abs(amount)))
    return f"${amount:,.{decimals}f}"


def label_usd(axis: "Axis") -> None:
    """Label an axis with US dollars, all with as many decimals."""

    def spell(amount: float, _place: object) -> str:
        # Ticks are multiples with noise in the last digits, 0.30000000000000004, which would ask for 17 decimals.
        ticks = [float(f"{tick:.6g}") for tick in axis.get_majorticklocs()]
        decimals = max((-int(Decimal(repr(tick)).normalize().as_tuple().exponent) for tick in ticks), default=2)
        return format_usd(amount, max(2, decimals)) if amount >= 0 else ""

    axis.set_major_formatter(spell)
