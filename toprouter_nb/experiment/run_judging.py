"""What a judge still has to be asked about a run's answers: each pair a cell, kept and paid like any other.

Knows nothing of calls, nor of what verdicts mean.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ..turns import Turn
from .grid import Cell
from .judge import Judge
from .prompt import Prompt
from .run_keys import Keys
from .store import Store

_BLOCK = 1_000


class JudgingPlan:
    """The pairs a judge is asked about, as cells.

    Life: `lay`, `count_missing`, `missing`, as of a `Plan`; `row_keys` tell which row belongs to which pair.

    Parameters
    ----------
    judge
        Who is asked.
    pairs
        As `verdicts.plan_pairs` lays them out.
    answers, questions
        The texts of the answers by their place among the rows, and what each prompt asks.
    keys
        At this address.

    Attributes
    ----------
    kind, models
        Of the rows; and who is asked.
    row_keys
        The row key of each pair, in their order.
    """

    kind = "judge"

    def __init__(
        self,
        judge: Judge,
        pairs: pd.DataFrame,
        *,
        answers: Sequence[str],
        questions: Mapping[str, str | tuple[Turn, ...]],
        keys: Keys,
    ) -> None:
        self.models = (judge.model,)
        self._cells = list(_cells(judge, pairs, answers, questions))
        self.row_keys = [keys.of(cell)[0] for cell in self._cells]
        self._done: set[bytes] = set()

    def lay(self, store: Store) -> None:
        """Change nothing: verdicts have no places."""

    def count_missing(self, store: Store) -> int:
        """Read which pairs are judged, and return how many are not."""
        self._done = store.finished_keys(self.row_keys)
        return len(set(self.row_keys) - self._done)

    def missing(self) -> Iterator[Cell]:
        """Yield the cells that were not done when they were counted, each request once."""
        asked = set(self._done)
        for key, cell in zip(self.row_keys, self._cells, strict=True):
            if key not in asked:
                asked.add(key)
                yield cell


def _cells(
    judge: Judge, pairs: pd.DataFrame, answers: Sequence[str], questions: Mapping[str, str | tuple[Turn, ...]]
) -> Iterator[Cell]:
    options: dict[str, Any] = dict(judge.params or {})
    lines: list[dict[Any, Any]] = pairs.to_dict("records")
    for number, pair in enumerate(lines):
        both = answers[pair["row_a"]], answers[pair["row_b"]]
        first, second = both[::-1] if pair["is_swapped"] else both
        turns = judge.turns(questions[pair["prompt_id"]], first, second)
        prompt = Prompt(pair["prompt_id"], turns, cluster=pair["cluster"])
        # No seed of ours: one among the judge's own options is sent as it is.
        yield Cell(number, prompt, judge.model, options, 0, int(pair["repeat"]), None)
