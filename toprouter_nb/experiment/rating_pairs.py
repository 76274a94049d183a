"""Pairs of answers for a person to compare: in which order they come, and which answer is shown first.

Knows rows; nothing of votes or of how pairs are shown. Everything is drawn by a seed, so that it is the same again.
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..errors import ParameterError
from ..plain import render_plain, shorten
from .variants import is_answer, named_variants, read_rows
from .verdicts import plan_pairs


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPair:
    """Two answers to one prompt.

    Attributes
    ----------
    key
        32 hex digits, of the prompt, the models and both answers.
    prompt_id, cluster, repeat, model_a, model_b
        As of `verdicts.plan_pairs`.
    prompt, answer_a, answer_b
        Texts; from models, so not to be trusted.
    is_swapped
        Whether b is shown first.
    """

    key: str
    prompt_id: str
    cluster: str
    repeat: int
    model_a: str
    model_b: str
    prompt: str
    answer_a: str
    answer_b: str
    is_swapped: bool

    @property
    def shown(self) -> tuple[str, str]:
        """The answers in the order in which they are shown."""
        return (self.answer_b, self.answer_a) if self.is_swapped else (self.answer_a, self.answer_b)

    @property
    def is_same(self) -> bool:
        """Whether both answers are the same text, so that nobody needs to be asked."""
        return self.answer_a == self.answer_b


def draw_pairs(rows: pd.DataFrame, *, models: Sequence[str] | None = None, seed: int = 0) -> list[AnswerPair]:
    """Return every two models' answers to the same prompt and repeat, in an order that the seed draws.

    A pair keeps its place relative to the others, and its sides, when rows are added.

    Parameters
    ----------
    rows
        As `Results.df()` gives them; rows that are no answers are left out.
    models
        Names to compare; None compares all.
    seed
        Decides the order and who is shown first.

    Raises
    ------
    ParameterError
        It is no frame of rows, there is no such model, a cell stands there twice, or no two models answered one prompt.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["m", "n"], "prompt_id": ["p", "p"], "answer": ["one", "two"]})
    >>> [pair.shown for pair in draw_pairs(rows, seed=1)]
    [('two', 'one')]
    """
    frame = read_rows(rows)
    if "answer" not in frame:
        message = "The rows have no column 'answer', so there is nothing to show."
        raise ParameterError(message)
    names = named_variants(frame, models)
    _check_cells(frame)
    plan = plan_pairs(rows, swap=False, models=names)
    if plan.empty:
        message = f"No prompt has answers of two models. {int((~is_answer(frame)).sum()):,} rows are no answers."
        raise ParameterError(message)
    texts = {name: _texts(frame, name) for name in ("prompt", "answer")}
    lines: list[dict[Any, Any]] = plan.to_dict("records")
    drawn = [_draw(line, texts["prompt"], texts["answer"], seed) for line in lines]
    return [pair for _, pair in sorted(drawn, key=lambda place: place[0])]


def _draw(line: dict[Any, Any], prompts: list[str], answers: list[str], seed: int) -> tuple[bytes, AnswerPair]:
    """Return a pair with what decides its place."""
    both = answers[line["row_a"]], answers[line["row_b"]]
    names = ("prompt_id", "repeat", "model_a", "model_b")
    # Both answers are in it: a vote on an answer that was asked anew is a vote on something else.
    key = _digest(*(str(line[name]) for name in names), prompts[line["row_a"]], *both)
    # A hash instead of a shuffled list: pairs that come later fall between the others and move none of them.
    chance = _digest(str(seed), key.hex())
    pair = AnswerPair(
        key=key.hex(),
        prompt_id=str(line["prompt_id"]),
        cluster=str(line["cluster"]),
        repeat=int(line["repeat"]),
        model_a=str(line["model_a"]),
        model_b=str(line["model_b"]),
        prompt=prompts[line["row_a"]],
        answer_a=both[0],
        answer_b=both[1],
        # The last bit, for the first ones decide the order: side and place must not go together.
        is_swapped=bool(chance[-1] & 1),
    )
    return chance, pair


def _digest(*texts: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for text in texts:
        digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    return digest.digest()


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    if name not in frame:
        return [""] * len(frame)
    column = frame[name].astype(object)
    return [str(text) for text in column.where(column.notna(), "")]


def _check_cells(frame: pd.DataFrame) -> None:
    names = [name for name in ("variant", "prompt_id", "repeat") if name in frame]
    twice = frame[frame.duplicated(names)]
    if not twice.empty:
        shown = shorten(render_plain(str(twice["prompt_id"].iloc[0])), 80)
        message = f"The prompt {shown!r} stands there twice for one model. Give each a prompt_id, or a repeat."
        raise ParameterError(message)
