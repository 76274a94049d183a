"""Answers of several models to the same prompts as a table, one row each.

Knows what an answer says of itself, and nothing of who asked.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any, Protocol

from ..errors import ToprouterError
from ..reply import Reply
from .columns import COMPARISON_COLUMNS
from .table import Table, table_of


class PromptLike(Protocol):
    """What is read of a prompt."""

    @property
    def name(self) -> str:
        """What stands for it."""


class AnswerLike(Protocol):
    """What is read of an answer."""

    @property
    def prompt(self) -> PromptLike:
        """The question."""

    @property
    def model(self) -> str:
        """Who was asked."""

    @property
    def status(self) -> str:
        """How it ended."""

    @property
    def reply(self) -> Reply | None:
        """What came."""

    @property
    def error(self) -> ToprouterError | None:
        """What went wrong."""


def comparison_frame(answers: Iterable[AnswerLike]) -> Table:
    """Lay out answers, one row each, in the order given.

    Parameters
    ----------
    answers
        Whole ones, partial ones and errors.

    Returns
    -------
    Table
        The same columns and dtypes also where there is none.

        name | dtype | unit | null means
        --- | --- | --- | ---
        prompt | string | - | never
        requested_model | string | - | never
        status | string | - | never
        text | string | - | nothing of an answer came
        served_model | string | - | not reported
        prompt_tokens | Int64 | tokens | not reported
        completion_tokens | Int64 | tokens | not reported
        total_tokens | Int64 | tokens | not reported
        cached_tokens | Int64 | tokens | not reported
        reasoning_tokens | Int64 | tokens | not reported
        cost_usd | Float64 | US dollars | not known
        seconds | Float64 | seconds | nothing of an answer came
        first_token_seconds | Float64 | seconds | not streamed, or no text came
        tokens_per_second | Float64 | tokens / second | tokens or times are not known
        finish_reason | string | - | not reported, or it did not end
        error_kind | string | - | no error
        error | string | - | no error

        `status` is "ok", "error", "stopped" or "not asked".

    Examples
    --------
    >>> comparison_frame([]).shape
    (0, 17)
    """
    return table_of(COMPARISON_COLUMNS, map(_row, answers))


def _row(answer: AnswerLike) -> tuple[Any, ...]:
    reply, error = answer.reply, answer.error
    asked = (answer.prompt.name, answer.model, answer.status)
    failed = (error.kind, str(error)) if error is not None else (None, None)
    if reply is None:
        # What an answer would have said: text, model served, five counts, cost, three times, reason.
        return (*asked, *(None,) * 12, *failed)
    # The five counts of tokens; cost comes from the reply, which knows a computed one, too.
    usage = dataclasses.astuple(reply.usage)[:5]
    times = (reply.seconds, reply.first_token_seconds, reply.tokens_per_second)
    return (*asked, reply.text, reply.served_model, *usage, reply.cost_usd, *times, reply.finish_reason, *failed)
