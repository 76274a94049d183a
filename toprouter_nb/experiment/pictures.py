"""`run.plot` and `pairs.plot`: the pictures of a run, by name.

Knows which picture needs which table; how each is drawn is in `draw_scores`, `draw_rows` and `draw_pairs`.
"""

from typing import TYPE_CHECKING, Protocol

import pandas as pd

from .drawn import Drawn
from .variants import find_score

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Rows(Protocol):
    """What has the rows of a run."""

    @property
    def scores(self) -> list[str]:
        """The names of the scores."""

    def df(self) -> pd.DataFrame:
        """Return the rows so far."""


class Verdicts(Protocol):
    """What has a judge's verdicts."""

    def verdicts(self) -> pd.DataFrame:
        """Return one line for each time the judge was asked."""

    def df(self) -> pd.DataFrame:
        """Return one line a pair."""


class RunPictures:
    """The pictures of a run's rows. Each returns `(ax, frame)`: the axes, and the numbers that were drawn.

    `score` is the column of scores, None for the only one there is; `ax` is where to draw, None for a new figure.

    Parameters
    ----------
    rows
        What has the rows; they are read anew for each picture.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def means(self, score: str | None = None, *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
        """Draw mean scores with intervals; see `draw_scores.draw_means`."""
        from .draw_scores import draw_means

        return draw_means(*self._scored(score), ax=ax, level=level)

    def quality_cost(self, score: str | None = None, *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
        """Draw quality against cost with the Pareto front; see `draw_scores.draw_quality_cost`."""
        from .draw_scores import draw_quality_cost

        return draw_quality_cost(*self._scored(score), ax=ax, level=level)

    def differences(self, score: str | None = None, *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
        """Draw the paired difference of each two models; see `draw_scores.draw_differences`."""
        from .draw_scores import draw_differences

        return draw_differences(*self._scored(score), ax=ax, level=level)

    def heatmap(self, score: str | None = None, *, ax: "Axes | None" = None) -> Drawn:
        """Draw scores by prompt and model; see `draw_rows.draw_heatmap`."""
        from .draw_rows import draw_heatmap

        return draw_heatmap(*self._scored(score), ax=ax)

    def latency(self, *, ax: "Axes | None" = None) -> Drawn:
        """Draw how long answers take; see `draw_rows.draw_latency`."""
        from .draw_rows import draw_latency

        return draw_latency(self._rows.df(), ax=ax)

    def _scored(self, score: str | None) -> tuple[pd.DataFrame, str]:
        rows = self._rows.df()
        return rows, find_score(rows, score, self._rows.scores)


class PairPictures:
    """The pictures of a judge's verdicts. Each returns `(ax, frame)`: the axes, and the numbers that were drawn.

    Parameters
    ----------
    pairs
        What has the verdicts.
    """

    def __init__(self, pairs: Verdicts) -> None:
        self._pairs = pairs

    def strengths(self, *, ax: "Axes | None" = None, level: float = 0.95) -> Drawn:
        """Draw the ranking with intervals; see `draw_pairs.draw_strengths`."""
        from .draw_pairs import draw_strengths

        return draw_strengths(self._pairs.df(), ax=ax, level=level)

    def flips(self, *, ax: "Axes | None" = None) -> Drawn:
        """Draw what the judge says in both orders; see `draw_pairs.draw_flips`."""
        from .draw_pairs import draw_flips

        return draw_flips(self._pairs.verdicts(), ax=ax)
