"""The tables of a run, read from its file whenever they are asked for: rows, summaries, comparisons, errors, manifest.

Knows nothing of how rows come there; works while another process writes them.
"""

import dataclasses
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from ..plain import render_plain, shorten
from .contrasts import compare_models
from .finding import Finding
from .pictures import RunPictures
from .rating import QUESTION, VOTES, Rating
from .results_frames import errors_frame, rows_frame, score_errors
from .store import Store
from .store_export import export_rows
from .store_folder import ROWS
from .summary import summarize
from .variants import find_score, is_answer, read_rows


class RunTables:
    """The tables of one run.

    Parameters
    ----------
    path
        The run's folder.

    Raises
    ------
    StorageError
        There is no run in the folder, or it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store = Store.read(path / ROWS)
        # One connection, read by the notebook, by a progress view's thread and by a rating: one at a time.
        self._lock = threading.Lock()

    def df(self, columns: Sequence[str] | str | None = None) -> pd.DataFrame:
        """Return the rows so far, one line a cell.

        Parameters
        ----------
        columns
            Which columns, by their exact names and in this order; None returns all of them. Fewer are quicker.

        Returns
        -------
        DataFrame
            See `results_frames.rows_frame`.

        Raises
        ------
        ParameterError
            There is no such column; the message lists those there are.
        """
        with self._lock:
            return rows_frame(self._store, columns=columns)

    def summary(self, score: str | None = None, *, k: int = 1, level: float = 0.95) -> Finding:
        """Summarize: one line a model, or a model with one set of options, and the sentences that say which is best.

        Parameters
        ----------
        score
            The column of scores; None takes the only one there is.
        k
            Of pass@k.
        level
            Of confidence.

        Returns
        -------
        Finding
            Its table's columns are those of `summary.summary_frame`.

        Raises
        ------
        ParameterError
            There is no score, or several and none is named.
        """
        rows = self.df()
        score = find_score(rows, score, self.scores)
        found = summarize(rows, score, planned=self._planned(rows), k=k, level=level)
        return dataclasses.replace(found, sentences=(*found.sentences, *self._failures_of(score)))

    def compare(self, *models: str, score: str | None = None, level: float = 0.95) -> Finding:
        """Compare models in pairs on the prompts they share; all of them where none are named.

        Returns
        -------
        Finding
            Its table's columns are those of `contrasts.contrast_frame`.

        Raises
        ------
        ParameterError
            There is no such model or score.
        """
        rows = self.df()
        return compare_models(rows, find_score(rows, score, self.scores), *models, level=level)

    def rate(
        self,
        question: str = QUESTION,
        *,
        models: Sequence[str] | None = None,
        rater: str | None = None,
        seed: int = 0,
    ) -> Rating:
        """Let a person compare the answers so far two by two, with the names hidden until the end.

        The notebook shows it where it is the last line of a cell. Each vote is kept at once, in `votes.jsonl` in the
        run's folder; the same call goes on where it stopped, with the answers that came since.

        Parameters
        ----------
        question
            What the person is asked. Votes on another question are other votes.
        models
            Whose answers; None takes all.
        rater
            Who votes; each has votes of their own. None is one without a name.
        seed
            Decides the order of the pairs and which answer is shown first.

        Returns
        -------
        Rating
            Its `votes()` are a frame for `rank` and for `Pairs.agreement`.

        Raises
        ------
        ParameterError
            There is no such model, or no two models answered the same prompt.
        StorageError
            The votes cannot be read.
        """
        return Rating(self.df(), question=question, models=models, rater=rater, seed=seed, file=self.path / VOTES)

    @property
    def plot(self) -> RunPictures:
        """The pictures: `means`, `quality_cost`, `differences`, `heatmap`, `latency`; needs matplotlib."""
        return RunPictures(self)

    @property
    def by_prompt(self) -> pd.DataFrame:
        """The mean scores of each prompt, one line a prompt.

        Columns: `prompt_id`, and one for each variant; with several scores they are below each score's name.
        """
        rows = read_rows(self.df())
        names = self.scores
        if not names:
            return pd.DataFrame(index=pd.Index(rows["prompt_id"].unique(), name="prompt_id").sort_values())
        table = rows[is_answer(rows)].pivot_table(
            index="prompt_id", columns="variant", values=names, aggfunc="mean", observed=True, dropna=False
        )
        return cast("pd.DataFrame", table[names[0]]) if len(names) == 1 else table

    @property
    def scores(self) -> list[str]:
        """The names of the scores the rows have."""
        with self._lock:
            return list(self._store.scorers())

    def errors(self) -> pd.DataFrame:
        """Return what went wrong, the most frequent first.

        Returns
        -------
        DataFrame
            See `results_frames.errors_frame`: `model`, `status`, `error_type`, `error_code`, `count`, `message`.
        """
        with self._lock:
            return errors_frame(self._store)

    def score_errors(self) -> pd.DataFrame:
        """Return what scorers failed with, also where one was left out because it hung: `scorer`, `count`, `message`.

        Of each scorer it is the version that was used last.
        """
        with self._lock:
            return score_errors(self._store)

    def manifest(self) -> dict[str, Any]:
        """Return where the numbers come from: versions, hashes, prices with their date, every start with its end."""
        with self._lock:
            return self._store.facts()

    def export(self, path: str | os.PathLike[str]) -> Path:
        """Write the rows to a file, with the manifest beside it.

        Parameters
        ----------
        path
            Its ending says the format: `.parquet` (needs pyarrow) or `.csv`.

        Returns
        -------
        Path
            The file. The manifest is `NAME.manifest.json` beside it.

        Raises
        ------
        ParameterError
            The ending is another one, or pyarrow is not installed.
        StorageError
            The file cannot be written.
        """
        file = Path(path).expanduser()
        with self._lock:
            export_rows(self._store, file)
        facts = json.dumps(self.manifest(), indent=2, default=str)
        file.with_suffix(".manifest.json").write_text(facts, "utf-8")
        return file

    def _failures_of(self, score: str) -> list[str]:
        """Return the sentence on what a scorer failed with, if it did."""
        errors = self.score_errors()
        mine = errors[errors["scorer"] == score]
        if mine.empty:
            return []
        first = shorten(render_plain(str(mine["message"].iloc[0])), 200)
        count = int(mine["count"].sum())
        return [f"{score} failed for {count:,} answer{'s' * (count != 1)}; see .score_errors(). The first: {first}"]

    def _planned(self, rows: pd.DataFrame) -> dict[str, int]:
        """Return how many cells of each variant the grid has."""
        # The last start's: a grid that grew since the first one planned more. A judge's start has none.
        grid = next(start["grid"] for start in reversed(self.manifest()["starts"]) if "grid" in start)
        each = grid["cells"] // (len(grid["models"]) * len(grid["params"]))
        there = read_rows(rows)["variant"].tolist()
        # With several sets of options a name's number is there only where the rows show several, too.
        unseen = grid["models"] if len(grid["params"]) == 1 else []
        return dict.fromkeys([*there, *unseen], each)
