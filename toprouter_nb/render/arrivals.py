"""When the chunks of a stream came, as a small drawing: characters over seconds, and a tick for each chunk.

Takes numbers only; knows nothing of replies.
"""

import itertools
from collections.abc import Sequence

from .fragment import Html, escape

WIDTH, HEIGHT = 560, 96
_TOP, _TICKS, _BOTTOM = 6, 70, 80
# More cannot be told apart on the width of the drawing.
MOST_POINTS = 600


def render_arrivals(arrivals: Sequence[tuple[float, int]]) -> Html:
    """Draw the arrivals of a stream; "" where there are none.

    Parameters
    ----------
    arrivals
        For each chunk the seconds since the call, never falling, and the characters that were new in it.

    Examples
    --------
    >>> render_arrivals([(0.5, 4), (0.75, 6)]).count("<line")
    3
    >>> render_arrivals([])
    ''
    """
    if not arrivals:
        return Html("")
    # A replay without waiting has all chunks at 0.
    end = max(arrivals[-1][0], 1e-6)
    shown = arrivals[:: max(1, -(-len(arrivals) // MOST_POINTS))]
    ticks = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TICKS}" y2="{_BOTTOM}"/>'
        for x in (seconds / end * WIDTH for seconds, _ in shown)
    )
    words = describe_arrivals(arrivals)
    labels = f'<text x="0" y="93">0 s</text><text x="{WIDTH}" y="93" text-anchor="end">{end:.2f} s</text>'
    drawing = (
        f'<svg class="tr-arrivals" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">'
        f'<path class="tr-curve" d="{_curve(arrivals, end)}"/><g class="tr-ticks">{ticks}'
        f'<line x1="0" x2="{WIDTH}" y1="{_BOTTOM}" y2="{_BOTTOM}"/></g>{labels}</svg>'
    )
    return Html(f'{drawing}<div class="tr-caption">{escape(words)}</div>')


def describe_arrivals(arrivals: Sequence[tuple[float, int]]) -> str:
    """Say in words when the chunks came.

    Examples
    --------
    >>> describe_arrivals([(0.5, 4), (0.75, 6)])
    '2 chunks, 10 characters; the first text after 0.50 s, the longest silence after it 0.25 s, the end at 0.75 s'
    """
    texts = [seconds for seconds, characters in arrivals if characters]
    characters = sum(count for _, count in arrivals)
    whole = f"{len(arrivals):,} chunks, {characters:,} characters"
    if not texts:
        return whole
    silence = max((later - earlier for earlier, later in itertools.pairwise(texts)), default=0.0)
    return (
        f"{whole}; the first text after {texts[0]:.2f} s, the longest silence after it {silence:.2f} s, "
        f"the end at {arrivals[-1][0]:.2f} s"
    )


def _curve(arrivals: Sequence[tuple[float, int]], end: float) -> str:
    """Return the path of a line that steps up with each chunk."""
    whole = sum(characters for _, characters in arrivals) or 1
    step = max(1, -(-len(arrivals) // MOST_POINTS))
    height, sofar = _TICKS - _TOP - 6, 0
    points = [f"M0 {_TICKS - 6}"]
    for place, (seconds, characters) in enumerate(arrivals, 1):
        sofar += characters
        if place % step == 0 or place == len(arrivals):
            points.append(f"H{seconds / end * WIDTH:.1f}V{_TICKS - 6 - sofar / whole * height:.1f}")
    return "".join(points)
