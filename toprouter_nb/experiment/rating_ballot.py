"""The votes on one question: which pairs there are, which comes next, who voted what, and whom that ranks.

Knows nothing of how pairs are shown.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten
from ..tables import Column, Table, table_of
from ..whole import check_whole
from .rating_pairs import AnswerPair, draw_pairs
from .rating_votes import Vote, VoteFile, Winner

VOTE_COLUMNS = (
    Column("prompt_id", "string", "-", "never"),
    Column("cluster", "string", "-", "never"),
    Column("repeat", "Int64", "-", "never"),
    Column("model_a", "string", "-", "never"),
    Column("model_b", "string", "-", "never"),
    Column("winner", "string", "a, b or tie", "skipped"),
    Column("is_swapped", "boolean", "-", "both answers were the same text"),
    Column("rater", "string", "-", "without a name, or nobody was asked"),
    Column("voted_at", "datetime64[ns, UTC]", "UTC", "nobody was asked: both answers were the same text"),
    Column("seconds", "Float64", "seconds", "nobody was asked: both answers were the same text"),
)
_MOST_CHARACTERS = {"question": 300, "rater": 100}


class Ballot:
    """The pairs one person is asked about, and the votes of everybody.

    Life: `next_pair`, then `cast` or `take_back`, any number of times; `votes` at any time.

    Parameters
    ----------
    rows, question, models, rater, seed, file
        As of `Rating`.

    Attributes
    ----------
    pairs, same
        The pairs in the order in which they are shown, by their keys; and those that nobody needs to be asked about,
        for both answers are the same text.
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        *,
        question: str,
        models: Sequence[str] | None,
        rater: str | None,
        seed: int,
        file: Path | None,
    ) -> None:
        self.question = _check_text("question", question)
        self.rater = None if rater is None else _check_text("rater", rater)
        drawn = draw_pairs(rows, models=models, seed=check_whole("seed", seed))
        # Two equal texts have no better one: nobody's minute is spent on them, and leaving them out would hide a draw.
        self.pairs = {pair.key: pair for pair in drawn if not pair.is_same}
        self.same = [pair for pair in drawn if pair.is_same]
        self._file = VoteFile(file)
        self._file.read()  # says now where the file is none of votes

    @property
    def models(self) -> list[str]:
        """The names of all that are compared, in the order of the alphabet."""
        return sorted({name for pair in (*self.pairs.values(), *self.same) for name in (pair.model_a, pair.model_b)})

    def all(self) -> list[Vote]:
        """Return the votes of everybody on these pairs, in the order they were cast."""
        return [vote for vote in self._file.read() if vote.question == self.question and vote.pair in self.pairs]

    def own(self) -> list[Vote]:
        """Return the votes of this rater."""
        return [vote for vote in self.all() if vote.rater == self.rater]

    def next_pair(self, own: Sequence[Vote]) -> AnswerPair | None:
        """Return the first pair that these votes leave open; None where there is none."""
        done = {vote.pair for vote in own}
        return next((pair for key, pair in self.pairs.items() if key not in done), None)

    def cast(self, pair: AnswerPair, side: str, seconds: float) -> None:
        """Keep a vote.

        Parameters
        ----------
        pair
            The pair it is on.
        side
            "first" or "second" in the order shown, "tie" or "skip".
        seconds
            It took.

        Raises
        ------
        StorageError
            It could not be written, and does not count.
        """
        self._file.add(
            Vote(
                pair=pair.key,
                prompt_id=pair.prompt_id,
                cluster=pair.cluster,
                repeat=pair.repeat,
                model_a=pair.model_a,
                model_b=pair.model_b,
                winner=_winner(side, is_swapped=pair.is_swapped),
                is_swapped=pair.is_swapped,
                question=self.question,
                rater=self.rater,
                voted_at=time.time(),
                seconds=seconds,
            )
        )

    def take_back(self, vote: Vote) -> None:
        """Let a vote no longer count. Raises as `cast`."""
        self._file.take_back(vote)

    def votes(self) -> Table:
        """Return the table of `Rating.votes`."""
        said = [
            (*_names(vote), vote.winner, vote.is_swapped, vote.rater, vote.voted_at, vote.seconds)
            for vote in self.all()
        ]
        same = [(*_names(pair), "tie", None, None, None, None) for pair in self.same]
        return table_of(VOTE_COLUMNS, [*said, *same])


def _names(value: Vote | AnswerPair) -> tuple[str, str, int, str, str]:
    return value.prompt_id, value.cluster, value.repeat, value.model_a, value.model_b


def _winner(side: str, *, is_swapped: bool) -> Winner | None:
    shown: tuple[Winner, Winner] = ("b", "a") if is_swapped else ("a", "b")
    meanings: dict[str, Winner | None] = {"first": shown[0], "second": shown[1], "tie": "tie", "skip": None}
    return meanings[side]


def _check_text(name: str, text: object) -> str:
    most = _MOST_CHARACTERS[name]
    if isinstance(text, str) and text.strip() and len(text) <= most:
        return text.strip()
    message = f"{name} is a text of 1 to {most} characters, not {shorten(render_plain(repr(text)), 60)}."
    raise ParameterError(message)
