"""A blind rating: a person votes on pairs of answers without names, each vote is kept at once, the end says who won.

Knows what a view is told and what its keys do. Messages come in threads of any kind; one lock keeps them apart.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import ToprouterError
from ..panel.shown import Shown
from ..plain import render_plain
from ..tables import Table
from .finding import Finding
from .ranking import rank
from .rating_ballot import Ballot
from .rating_view import pair_parts, render_copy, render_result
from .rating_votes import Vote

if TYPE_CHECKING:
    from .rating_widget import RatingWidget

QUESTION = "Which answer is better?"
# In the folder of a run.
VOTES = "votes.jsonl"
_NO_NOTEBOOK = "It is shown in a notebook, as the last line of a cell."
# What a message that our own view would never send may end in.
_NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Rating(Shown):
    """Pairs of answers for a person to compare, with names hidden until the end.

    Made by `Results.rate` and `Comparison.rate`, and shown by a notebook as any value is: two answers to one prompt
    side by side, in an order drawn by the seed. Keys: 1 or left arrow, 2 or right arrow, 0 or T for a tie, S to skip,
    U to undo. A vote is on the disk before the next pair is shown, and the same call goes on where it stopped.

    Life: shown any number of times; `votes` and `rank` at any time, which say the names; `close`.

    Parameters
    ----------
    rows
        As `Results.df()` gives them: `model`, `prompt_id`, `answer`, and what there is of `prompt`, `repeat`,
        `cluster`, `status`. Rows that are no answers are left out; an empty answer is one.
    question
        What the person is asked. Votes on another question are other votes.
    models
        Names to compare; None compares all.
    rater
        Who votes; each has votes of their own. None is one without a name.
    seed
        Decides the order of the pairs and which answer is shown first.
    file
        Where the votes are kept; None keeps them in memory only.

    Raises
    ------
    ParameterError
        A value is of the wrong type, there is no such model, or no two models answered the same prompt.
    StorageError
        The file holds something else than votes, or cannot be read.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["m", "n"], "prompt_id": ["p", "p"], "answer": ["one", "two"]})
    >>> rating = Rating(rows)
    >>> len(rating), rating.votes().empty
    (1, True)
    """

    def __init__(
        self,
        rows: pd.DataFrame,
        *,
        question: str = QUESTION,
        models: Sequence[str] | None = None,
        rater: str | None = None,
        seed: int = 0,
        file: Path | None = None,
    ) -> None:
        super().__init__()
        self._ballot = Ballot(rows, question=question, models=models, rater=rater, seed=seed, file=file)
        self._is_ended = False
        self._alert = ""
        self._seen: tuple[str | None, float] = (None, 0.0)

    def __len__(self) -> int:
        """Return how many pairs are shown."""
        return len(self._ballot.pairs)

    # --- what came of it

    def votes(self) -> Table:
        """Return the votes of everybody on this question, in the order they were cast, with the names.

        Pairs whose answers are the same text are not shown to anybody; they stand at the end, as ties.

        Returns
        -------
        DataFrame
            What `rank` takes, and `Pairs.agreement` to compare a judge with people.

            name | dtype | unit | null means
            --- | --- | --- | ---
            prompt_id | string | - | never
            cluster | string | - | never
            repeat | Int64 | - | never
            model_a | string | - | never
            model_b | string | - | never
            winner | string | a, b or tie | skipped
            is_swapped | boolean | - | both answers were the same text
            rater | string | - | without a name, or nobody was asked
            voted_at | datetime64[ns, UTC] | UTC | nobody was asked: both answers were the same text
            seconds | Float64 | seconds | nobody was asked: both answers were the same text

            `is_swapped` says that b was shown first; `seconds` is the time from first sight to the vote.

        Raises
        ------
        StorageError
            The file cannot be read.
        """
        return self._ballot.votes()

    def rank(self, *, level: float = 0.95) -> Finding:
        """Rank the models by the votes of everybody; see `rank`.

        Raises
        ------
        ParameterError
            There is no vote yet, two models are joined by no chain of votes, or scipy is not installed.
        """
        return rank(self.votes(), level=level)

    # --- what a view is told

    def snapshot(self) -> dict[str, Any]:
        """Return all a view needs, as plain JSON values; names of models stand in it only once the end was shown."""
        with self._lock:
            return {"n": self._post.sent, **self._state()}

    def hear(self, message: Mapping[str, Any], _buffers: Sequence[bytes] = ()) -> None:
        """Do what a view asks for; whatever is wrong with it is shown there."""
        if self.is_closed:
            return
        with self._lock:
            self._alert = ""
            try:
                self._act(str(message.get("t")), message)
            except ToprouterError as error:
                self._alert = str(error)
            except _NONSENSE as error:
                self._alert = f"The rating could not read what was pressed ({type(error).__name__})."
            self._post.send({"a": str(message.get("a", "")), **self._state()})
            self._draw_twins()

    def _act(self, kind: str, message: Mapping[str, Any]) -> None:
        if kind == "vote":
            self._vote(message["pair"], message["side"])
        elif kind == "undo":
            own = self._ballot.own()
            if own and message["done"] == len(own):  # else it is an echo, too
                self._ballot.take_back(own[-1])
            self._is_ended = False
        elif kind in ("end", "go"):
            self._is_ended = kind == "end"

    def _vote(self, key: str, side: str) -> None:
        """Keep a vote on the pair that is shown; one on another pair is an echo of a key pressed twice."""
        pair = self._ballot.next_pair(self._ballot.own())
        # A key pressed twice must not vote on the pair that just came into view, which nobody has read yet.
        if pair is not None and key == pair.key:
            seen, since = self._seen
            self._ballot.cast(pair, side, time.monotonic() - since if seen == key else 0.0)

    def _state(self) -> dict[str, Any]:
        ballot = self._ballot
        try:
            own = ballot.own()
        except ToprouterError as error:
            self._alert, own = str(error), []
        pair = ballot.next_pair(own)
        result = self._result(own) if pair is None or self._is_ended else ""
        # The clock starts with the first view of a pair; a second view, or a page loaded anew, does not restart it.
        if pair is not None and pair.key != self._seen[0]:
            self._seen = pair.key, time.monotonic()
        return {
            "question": render_plain(ballot.question),
            "rater": render_plain(ballot.rater or ""),
            "done": len(own),
            "total": len(self),
            "alert": render_plain(self._alert),
            "result": result,
            **pair_parts(None if result else pair),
        }

    def _result(self, own: Sequence[Vote]) -> str:
        try:
            found: Finding | str = self.rank()
            raters = len({vote.rater for vote in self._ballot.all()})
        except ToprouterError as error:
            found, raters = f"{error} Compared: {', '.join(self._ballot.models)}.", 1
        return render_result(found, own, left=len(self) - len(own), same=len(self._ballot.same), raters=raters)

    # --- how a notebook shows it

    def _make_widget(self) -> "RatingWidget":
        from .rating_widget import RatingWidget

        return RatingWidget(self._key, self.snapshot, self.hear)

    def _static(self, name: str = "tr-twin") -> dict[str, str]:
        state = self._state()
        title = f"Blind rating: {state['done']:,} of {state['total']:,} pairs."
        return render_copy(title, self._ballot.question, state["result"], name)

    def __repr__(self) -> str:
        """Show how far it is, without names; outside a notebook also what to do."""
        return f"Rating({len(self._ballot.own()):,} of {len(self):,} pairs){self._advice(_NO_NOTEBOOK)}"
