"""Draws a matplotlib figure, or whatever saves itself as one, without a display.

Knows matplotlib by its methods only, and never touches pyplot.
"""

import io
from typing import Any

from ..errors import ImageError
from ..plain import shorten
from .caps import CAPS

# Subfigures nest, and an object may be its own figure for ever.
_DEEPEST = 8


def find_figure(source: object) -> object | None:
    """Return the figure that `source` is, or is a part of; None when there is none.

    A figure is what has `savefig`; an axes, a line or a subfigure is a part of one. Only the class is asked, as
    some objects answer every question about themselves.

    Examples
    --------
    >>> find_figure("no figure") is None
    True
    """
    found: Any = source
    for _ in range(_DEEPEST):
        if callable(getattr(type(found), "savefig", None)):
            return found  # type: ignore[no-any-return]
        if not callable(getattr(type(found), "get_figure", None)):
            return None
        found = getattr(found, "figure", None)
    return None


def draw_figure(figure: Any) -> tuple[bytes, str]:
    """Draw a figure as it would be saved.

    Parameters
    ----------
    figure
        From `find_figure`. Its resolution is lowered where a side would exceed `CAPS.side_pixels`.

    Returns
    -------
    tuple of bytes and str
        A PNG file, and a note on the resolution; "" where it is the figure's own.

    Raises
    ------
    ImageError
        The figure cannot be drawn: something on it, or its size.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> data, note = draw_figure(Figure(figsize=(2, 1)))
    >>> data[1:4], note
    (b'PNG', '')
    """
    file = io.BytesIO()
    try:
        chosen, drawn = _resolution(figure)
        figure.savefig(file, format="png", dpi=drawn)
    except Exception as error:
        # What is on a figure is anyone's code.
        reason = shorten(f"{type(error).__name__}: {error}", 300)
        message = f"The figure cannot be drawn ({reason}). Check that figure.savefig(...) works."
        raise ImageError(message) from error
    note = f"drawn at {drawn:,.6g} instead of {chosen:,.6g} dots an inch" if drawn < chosen else ""
    return file.getvalue(), note


def _resolution(figure: Any) -> tuple[float, float]:
    """Return the dots an inch that are chosen, and those that keep the longest side within what can be sent."""
    from matplotlib import rcParams

    # A grid of seaborn holds its figure; a figure of matplotlib is its own.
    sheet = getattr(figure, "figure", None) or figure
    setting = rcParams["savefig.dpi"]
    # A window on a dense screen raises the figure's resolution by its ratio.
    ratio = getattr(sheet.canvas, "device_pixel_ratio", 1)
    chosen = float(sheet.dpi / ratio if setting == "figure" else setting)
    # Lowered before it is drawn: a figure of 100 inches at 300 dots would take gigabytes first.
    return chosen, min(chosen, CAPS.side_pixels / float(max(sheet.get_size_inches())))
