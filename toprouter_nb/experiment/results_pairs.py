"""What a judge said of a run's answers: its verdicts, whom they rank, and how far it can be trusted.

Knows nothing of calls; a run asks the judge and keeps its answers.
"""

from collections.abc import Sequence

import pandas as pd

from .agreement import Agreement
from .finding import Finding
from .judge import Judge
from .pictures import PairPictures
from .ranking import rank
from .row import FINAL, NANO, unpack
from .store import Store
from .verdicts import judge_agreement, judge_bias, pair_verdicts


def verdicts_frame(store: Store, pairs: pd.DataFrame, row_keys: Sequence[bytes], judge: Judge) -> pd.DataFrame:
    """Return one line for each pair a judge was asked about; the columns are those of `Pairs.verdicts`."""
    wanted = set(row_keys)
    query = "SELECT row_key, status, answer, cost_nano_usd FROM rows WHERE kind = 'judge'"
    found = {key: line for key, *line in store.select(query) if key in wanted}
    # A pair that was planned and not judged, for a budget or a stop: it stays in the table as such.
    nothing = ("missing", "", None)
    lines = [found.get(key, nothing) for key in row_keys]
    frame = pairs.drop(columns=["row_a", "row_b"]).reset_index(drop=True)
    reasons = [unpack(answer) for _, answer, _ in lines]
    statuses = [status for status, _, _ in lines]
    frame["verdict"] = pd.Series(
        [judge.read(said) if status in FINAL else None for said, status in zip(reasons, statuses, strict=True)],
        dtype=object,
    )
    frame["reasons"], frame["status"] = reasons, statuses
    costs = pd.Series([cost for _, _, cost in lines], dtype="Float64")
    frame["cost_usd"] = costs / NANO
    return frame


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

    @property
    def plot(self) -> PairPictures:
        """The pictures: `strengths` and `flips`; needs matplotlib."""
        return PairPictures(self)

    def __repr__(self) -> str:
        """Show how many verdicts there are."""
        said = int(self._verdicts["verdict"].notna().sum())
        return f"Pairs({len(self.df()):,} pairs, {said:,} of {len(self._verdicts):,} verdicts)"
