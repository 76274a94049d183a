"""What a judge said of a run's answers: its verdicts, whom they rank, and how far it can be trusted.

Knows nothing of calls; a run asks the judge and keeps its answers.
"""

import pandas as pd

from .agreement import Agreement
from .finding import Finding
from .ranking import rank
from .verdicts import judge_agreement, judge_bias, pair_verdicts


class Pairs:
    """Pairs of answers with their verdicts.

    Made by `Results.judge`.

    Parameters
    ----------
    verdicts
        One line a verdict; see `verdicts.pair_verdicts`.
    """

    def __init__(self, verdicts: pd.DataFrame) -> None:
        self._verdicts = verdicts

    def verdicts(self) -> pd.DataFrame:
        """Return one line for each time the judge was asked.

        Columns: `prompt_id`, `cluster`, `repeat`, `model_a`, `model_b`, `is_swapped` (b was shown first), `verdict`
        ("first", "second", "tie"; missing where none could be read), `reasons` (the judge's answer), `status`,
        `cost_usd` (missing = not known).
        """
        return self._verdicts.copy()

    def df(self) -> pd.DataFrame:
        """Return one line a pair, both orders joined; the columns are those of `verdicts.pair_verdicts`."""
        return pair_verdicts(self._verdicts)

    def rank(self, *, level: float = 0.95) -> Finding:
        """Rank the models by who wins against whom; see `rank`."""
        return rank(self.df(), level=level)

    def bias(self, *, level: float = 0.95) -> Finding:
        """Say how far the judge can be trusted: flips, ties, a liking for one place; see `verdicts.judge_bias`."""
        return judge_bias(self._verdicts, level=level)

    def agreement(self, human: pd.DataFrame, *, level: float = 0.95) -> Agreement:
        """Compare the judge with a person on the pairs both have; see `verdicts.judge_agreement`."""
        return judge_agreement(self.df(), human, level=level)

    def __repr__(self) -> str:
        """Show how many verdicts there are."""
        said = int(self._verdicts["verdict"].notna().sum())
        return f"Pairs({len(self.df()):,} pairs, {said:,} of {len(self._verdicts):,} verdicts)"
