"""Comparisons of models: prompts by models by options by repeats, run to the end, judged with honest statistics.

Knows nothing of conversations; it is loaded when one of its public names is first used.

::

    grid     prompts     what is asked: arithmetic over cells, and where prompts come from
    study    results     what people touch: an experiment, and what came of it
    run_*    rates       the engine: which cells are missing, lanes, limits, the cap
    store_*  manifest    one SQLite file a run: rows, scores, and where they came from
    scorers/ judge       how good an answer is; which of two is better
    summary  contrasts   what the rows say: one line a model, one line a pair, and sentences
    rating_*             a person compares answers without names: pairs, votes, the view
    ranking  verdicts    what comparisons say: of the models, and of the judge
    interval difference  the statistics below them: bootstrap, pass_at, bradley_terry, agreement, sample_size
    draw_*   pictures    the same as pictures
"""

from . import scorers as scorers
