"""What came of asking several models the same: the answers, as values, tables and conversations to go on with.

Knows nothing of how they were asked.
"""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ParameterError, ToprouterError
from ..notebook import Conversation
from ..plain import shorten
from ..reply import Reply
from .questions import Prompt

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..experiment.rating import Rating

Status = Literal["ok", "error", "stopped", "not asked"]


@dataclasses.dataclass(eq=False, kw_only=True)
class Answer:
    """What one model answered to one prompt.

    Attributes
    ----------
    prompt, model
        The question, and who was asked.
    conversation
        Where it was asked; goes on from there.
    status
        "ok"; "error" or "stopped", where a part of the answer may be there; "not asked" where it was stopped before.
    reply
        The reply, whole or in part; None where nothing came.
    error
        What went wrong; None where nothing did.
    """

    prompt: Prompt
    model: str
    conversation: Conversation
    status: Status = "not asked"
    reply: Reply | None = None
    error: ToprouterError | None = None

    @property
    def text(self) -> str:
        """What was answered; "" where nothing came."""
        return self.reply.text if self.reply is not None else ""


class Comparison:
    """The answers of several models to the same prompts.

    Parameters
    ----------
    answers
        Prompt after prompt, in each the models in the same order.

    Attributes
    ----------
    answers
        As given.
    prompts, models
        Their names, in order.
    """

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = tuple(answers)
        self.prompts = tuple(dict.fromkeys(answer.prompt.name for answer in answers))
        self.models = tuple(dict.fromkeys(answer.model for answer in answers))
        self._is_shown: Callable[[], bool] = bool

    def answer(self, prompt: int | str, model: int | str) -> Answer:
        """Return one answer.

        Parameters
        ----------
        prompt, model
            Its place from 0, or its name.

        Raises
        ------
        ParameterError
            There is no such prompt or model.
        """
        row, column = _place("prompt", prompt, self.prompts), _place("model", model, self.models)
        return self.answers[row * len(self.models) + column]

    def conversation(self, prompt: int | str, model: int | str) -> Conversation:
        """Return the conversation of one answer, to go on with it; each call returns the same one."""
        return self.answer(prompt, model).conversation

    def to_frame(self) -> "DataFrame":
        """Return one row for each answer, errors included; the columns are those of `tables.comparison_frame`."""
        from ..tables import comparison_frame

        return comparison_frame(self.answers)

    def summary(self) -> "DataFrame":
        """Return one row for each model, in their order; the columns are those of `tables.summarise`."""
        from ..tables import summarise

        frame = summarise(self.to_frame(), "model")
        return frame.set_index("requested_model").loc[list(self.models)].reset_index()

    def texts(self) -> "DataFrame":
        """Return the answers side by side: the prompts are rows, the models are columns; missing where none came."""
        frame = self.to_frame().set_index(["prompt", "requested_model"])["text"].unstack()  # noqa: PD010 - nothing to sum up
        return frame.loc[list(self.prompts), list(self.models)]

    def rate(
        self,
        question: str | None = None,
        *,
        file: str | os.PathLike[str] | None = None,
        models: Sequence[str] | None = None,
        rater: str | None = None,
        seed: int = 0,
    ) -> "Rating":
        """Let a person compare the whole answers two by two, with the names hidden until the end.

        Parameters
        ----------
        question
            What the person is asked; None asks which answer is better.
        file
            Where each vote is kept at once, to go on later; None keeps them in memory only.
        models, rater, seed
            As of `Results.rate`.

        Raises
        ------
        ParameterError
            There is no such model, or no two models answered the same prompt.
        StorageError
            The file holds something else than votes, or cannot be read.
        """
        from ..experiment.rating import QUESTION, Rating

        frame = self.to_frame().rename(columns={"requested_model": "model", "text": "answer"})
        path = None if file is None else Path(file).expanduser()
        return Rating(
            frame.assign(prompt_id=frame["prompt"]),
            question=QUESTION if question is None else question,
            models=models,
            rater=rater,
            seed=seed,
            file=path,
        )

    def mark_shown(self, is_shown: Callable[[], bool]) -> None:
        """Take what says whether the answers stand right above where this is shown, so that they come once."""
        self._is_shown = is_shown

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the answers; where they stand in a notebook is of this process."""
        return {**vars(self), "_is_shown": bool}

    def __repr__(self) -> str:
        """Show how many there are of what, and how many went wrong."""
        wrong = sum(answer.status != "ok" for answer in self.answers)
        failed = f", {wrong} without a whole answer" if wrong else ""
        return f"Comparison({_counted(len(self.prompts), 'prompt')}, {_counted(len(self.models), 'model')}{failed})"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        from .shown import render_comparison

        return {"text/plain": repr(self), "text/html": render_comparison(self, with_answers=not self._is_shown())}


def _place(kind: str, wanted: int | str, names: Sequence[str]) -> int:
    if isinstance(wanted, str) and wanted in names:
        return names.index(wanted)
    if isinstance(wanted, int) and not isinstance(wanted, bool) and -len(names) <= wanted < len(names):
        return range(len(names))[wanted]
    known = ", ".join(shorten(repr(name), 40) for name in names[:10])
    message = f"There is no {kind} {shorten(repr(wanted), 60)}: name one of {known}, or its place from 0."
    raise ParameterError(message)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")
