"""What a plot gives back, axes and frame, and what the plots of a comparison share: labels, series, points with ends.

Knows nothing of scores; the style is `plots.figure`'s.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ..plain import render_plain, shorten
from ..plots.figure import Inks
from .interval import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABEL_CHARACTERS = 36
# Where the colours are used up they come again, with other dashes.
_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))


class Drawn(NamedTuple):
    """What a plot gives back.

    Attributes
    ----------
    ax
        The axes drawn on; `ax.figure` is the figure.
    frame
        The numbers that were drawn.
    """

    ax: "Axes"
    frame: pd.DataFrame

    def __repr__(self) -> str:
        """Show the title, not the whole frame: this stands under the picture in a notebook."""
        return f"Drawn({self.ax.get_title('left')!r}, {len(self.frame):,} lines)"


def series_style(place: int, inks: Inks) -> dict[str, Any]:
    """Return colour and dashes of the series of that place."""
    colours = (inks.first, inks.second, inks.third, *inks.more)
    turn, place_in_turn = divmod(place, len(colours))
    return {"color": colours[place_in_turn], "linestyle": _DASHES[turn % len(_DASHES)]}


def label(name: str) -> str:
    """Return a name that may come from a server as a short label that acts on nothing."""
    return shorten(render_plain(name), LABEL_CHARACTERS)


def pair_labels(firsts: Sequence[str], seconds: Sequence[str], between: str) -> list[str]:
    """Return labels of pairs, both names cut alike; the makers' names are left out where the rest says enough.

    Examples
    --------
    >>> pair_labels(["maker/one", "maker/one"], ["maker/two", "other/three"], " - ")
    ['one - two', 'one - three']
    """
    names = list(dict.fromkeys([*firsts, *seconds]))
    ends = {name: name.rpartition("/")[2] for name in names}
    # Two makers with a model of one name: without the makers both would read the same.
    if len(set(ends.values())) < len(names):
        ends = {name: name for name in names}
    room = (LABEL_CHARACTERS - len(between)) // 2
    short = {name: shorten(render_plain(end), room) for name, end in ends.items()}
    return [f"{short[first]}{between}{short[second]}" for first, second in zip(firsts, seconds, strict=True)]


def draw_points(ax: "Axes", frame: pd.DataFrame, columns: Sequence[str], colours: Sequence[str]) -> None:
    """Draw one point with its interval in each row, the first at the top.

    Parameters
    ----------
    ax
        The axes.
    frame
        One line a row.
    columns
        Of the estimate, and of the ends; an end that is missing is not drawn.
    colours
        One a row.
    """
    middle, low, high = (floats(frame, name) for name in columns)
    for row, colour in enumerate(colours):
        if not np.isnan(low[row] + high[row]):
            ax.plot([low[row], high[row]], [row, row], color=colour, linewidth=2.2, solid_capstyle="round")
        ax.plot(middle[row], row, "o", color=colour, markersize=7)


def floats(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column as floats, NaN where something is missing."""
    found: Floats = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def pad_limits(values: Floats, *, share: float = 0.08) -> tuple[float, float]:
    """Return the ends of an axis with a little room on both sides.

    Examples
    --------
    >>> pad_limits(np.array([0.0, 1.0, np.nan]), share=0.1)
    (-0.1, 1.1)
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = share * (high - low) or 0.05 * max(abs(high), 1.0)
    return low - room, high + room
