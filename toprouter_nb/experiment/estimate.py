"""What a run would take, told before any call is made: calls, tokens, US dollars, time.

Knows nothing of how a run goes on. Ranges, for nobody knows how long an answer will be.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ..params import is_local_id
from ..render.cards import render_facts, render_root
from .grid import Grid
from .prompt import Prompt
from .row import NANO
from .run_keys import Keys
from .run_plan import Plan
from .run_prices import UNBOUNDED_TOKENS, Price, Prices
from .sample_size import SampleSize, power
from .store import Store
from .store_folder import ROWS

# `Experiment.run`'s own default of calls under way.
_LANES = 32
# Letters a token stands for: long English words, and text no tokenizer knows.
_MOST_LETTERS = 5.0
_FEWEST_LETTERS = 2.0
# What the marks round a message take: 3 by OpenAI's own count, more where a template spells out roles.
_MESSAGE_TOKENS = (3, 8)
# From a picture at OpenAI's low detail to a large one at Anthropic's limit.
_IMAGE_TOKENS = (85, 1_600)
# A word or a number; an essay that no limit cuts.
_SHORT_ANSWER = 5
_LONG_ANSWER = 800
# A short answer of a quick model; a long one of a slow model. Guesses, until ten rows of the run are done.
_CALL_SECONDS = (0.5, 8.0)
# About so many prompts are looked at, so that the estimate of a million comes as quickly.
_SAMPLE = 2_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run would take; each range is (low, high).

    Attributes
    ----------
    cells, missing
        Cells of the grid, and those not done yet: the calls that would be made.
    prompt_tokens, completion_tokens
        Tokens of the calls that would be made.
    usd
        US dollars; None where a model's price is not known.
    seconds
        From start to end, with 32 calls under way and no limit of the server's met.
    unpriced
        Models without a known price; a budget would refuse them.
    is_measured
        True where the ranges come from rows of this run that are done.
    power
        What difference between two models so many prompts can show; see `power`.
    """

    cells: int
    missing: int
    prompt_tokens: tuple[int, int]
    completion_tokens: tuple[int, int]
    usd: tuple[float, float] | None
    seconds: tuple[float, float]
    unpriced: tuple[str, ...]
    is_measured: bool
    power: SampleSize

    def _facts(self) -> list[str]:
        calls = f"{self.missing:,} calls" + (f" of {self.cells:,}" if self.missing != self.cells else "")
        tokens = f"{_spell(self.prompt_tokens)} prompt tokens, {_spell(self.completion_tokens)} completion tokens"
        cost = (
            f"cost not known: no price of {', '.join(self.unpriced[:3])}" if self.usd is None else _spell_usd(self.usd)
        )
        time = f"{spell_seconds(self.seconds[0])} to {spell_seconds(self.seconds[1])}"
        return [calls, tokens, cost, time, f"shows differences from {self.power.delta:.2g} on"]

    def __repr__(self) -> str:
        """Show every range in one line."""
        return f"Estimate({'; '.join(self._facts())})"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": render_root(render_facts(self._facts()))}


def estimate_run(grid: Grid, prices: Prices, path: Path, base_url: str) -> Estimate:
    """Estimate what is missing of a grid's run.

    Parameters
    ----------
    grid, prices
        What is asked, and what it costs.
    path, base_url
        The run's folder and address, for what is done already.
    """
    done = _Done(grid, path, base_url)
    share = done.missing / len(grid)
    low, high = _prompt_tokens(grid.prompts)
    per_model = len(grid.params) * grid.repeats * share
    prompt = (int(low * per_model), int(high * per_model))
    answers = [done.answer_tokens or _answer_tokens(options.get("max_tokens")) for options in grid.params]
    each = len(grid.prompts) * grid.repeats * share
    answer = (int(sum(low for low, _ in answers) * each), int(sum(high for _, high in answers) * each))
    known = [prices.of(model) for model in grid.models]
    usd = None if None in known else _usd([price for price in known if price], prompt, answer)
    seconds = done.seconds or _CALL_SECONDS
    lanes = min(_LANES, max(done.missing, 1))
    return Estimate(
        cells=len(grid),
        missing=done.missing,
        prompt_tokens=(prompt[0] * len(grid.models), prompt[1] * len(grid.models)),
        completion_tokens=(answer[0] * len(grid.models), answer[1] * len(grid.models)),
        usd=usd,
        seconds=(done.missing * seconds[0] / lanes, done.missing * seconds[1] / lanes),
        unpriced=tuple(
            model for model, price in zip(grid.models, known, strict=True) if price is None and not is_local_id(model)
        ),
        is_measured=done.seconds is not None,
        power=power(prompts=max(len(grid.prompts), 2)),
    )


class _Done:
    """What is known from an earlier start of the same plan."""

    def __init__(self, grid: Grid, path: Path, base_url: str) -> None:
        self.missing = len(grid)
        self.answer_tokens: tuple[int, int] | None = None
        self.seconds: tuple[float, float] | None = None
        if not (path / ROWS).exists():
            return
        store = Store.read(path / ROWS)
        self.missing = Plan(grid, Keys(base_url), base_url).count_unasked(store)
        query = (
            "SELECT avg(completion_tokens), avg(latency_s), count(*) FROM rows "
            "WHERE kind = 'answer' AND status = 'ok' AND cache_hit = 0"
        )
        tokens, seconds, count = next(store.select(query))
        if count >= 10:  # noqa: PLR2004  # fewer say little
            # Unevenly round the mean: what is left may run into limits and retries, which only ever lengthen a run.
            self.seconds = (0.9 * seconds, 1.3 * seconds)
            self.answer_tokens = None if tokens is None else (int(0.8 * tokens), int(1.25 * tokens) + 1)
        store.close()


def _prompt_tokens(prompts: Sequence[Prompt]) -> tuple[float, float]:
    """Return the tokens of all prompts together, from a sample where they are many."""
    step = max(1, len(prompts) // _SAMPLE)
    low = high = 0.0
    sample = range(0, len(prompts), step)
    for place in sample:
        for turn in prompts[place].turns:
            low += len(turn.text) / _MOST_LETTERS + _MESSAGE_TOKENS[0] + _IMAGE_TOKENS[0] * len(turn.images)
            high += len(turn.text) / _FEWEST_LETTERS + _MESSAGE_TOKENS[1] + _IMAGE_TOKENS[1] * len(turn.images)
    return low * len(prompts) / len(sample), high * len(prompts) / len(sample)


def _answer_tokens(most: int | None) -> tuple[int, int]:
    longest = min(most or UNBOUNDED_TOKENS, UNBOUNDED_TOKENS)
    return min(_SHORT_ANSWER, longest), most if most is not None else _LONG_ANSWER


def _usd(prices: Sequence[Price], prompt: tuple[int, int], answer: tuple[int, int]) -> tuple[float, float]:
    low, high = (sum(price.cost(*tokens) for price in prices) / NANO for tokens in zip(prompt, answer, strict=True))
    return low, high


def _spell(tokens: tuple[int, int]) -> str:
    return f"{tokens[0]:,} to {tokens[1]:,}"


def _spell_usd(usd: tuple[float, float]) -> str:
    return f"${usd[0]:,.4f} to ${usd[1]:,.4f}" if usd[1] else "free"


def spell_seconds(seconds: float) -> str:
    """Say a time for people.

    Examples
    --------
    >>> spell_seconds(42), spell_seconds(200), spell_seconds(8000)
    ('42 s', '3 min 20 s', '2 h 13 min')
    """
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004  # a minute
        return f"{whole} s" if whole or not seconds else "under 1 s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004  # an hour
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
