"""Tables as pictures: tokens, cost and times, on matplotlib's axes.

::

    over_time      along the time      tokens_over_time, cost_over_time
    by_model       models compared     cost_by_model, latency_distribution, first_text_distribution, tokens_per_second
    figure         the one style

Each takes a table and, if wanted, axes (`ax=`), and returns axes. They look right on light and on dark paper, whichever
the axes have, and change none of matplotlib's settings. Needs the extra `plot`.

Examples
--------
>>> from toprouter_nb import plots
>>> from toprouter_nb.tables import usage_frame
>>> plots.cost_over_time(usage_frame([])).get_title("left")
'Cost'
"""

from .by_model import cost_by_model, first_text_distribution, latency_distribution, tokens_per_second
from .over_time import cost_over_time, tokens_over_time

__all__ = [
    "cost_by_model",
    "cost_over_time",
    "first_text_distribution",
    "latency_distribution",
    "tokens_over_time",
    "tokens_per_second",
]
