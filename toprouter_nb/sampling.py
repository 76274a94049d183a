"""One question asked many times at several temperatures: what a model answers is drawn, and this shows from what.

Knows nothing of how questions travel or are drawn at the same time.
"""

import collections
import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ParameterError, ToprouterError
from .parallel import Errand, Outcome, ask_many
from .params import check_params
from .plain import render_plain, shorten
from .progress import Progress
from .reply import Reply
from .tables.columns import Column

if TYPE_CHECKING:
    from .conversation import Conversation
    from .tables import Table

# A slip such as n=100000 costs money before anybody sees it.
MOST_SAMPLES = 10_000
_SHOWN_CHARACTERS = 70
SAMPLE_COLUMNS = (
    Column("temperature", "Float64", "-", "the model's default"),
    Column("sample", "Int64", "-", "never"),
    Column("text", "string", "-", "no answer came"),
    Column("completion_tokens", "Int64", "tokens", "not reported", adds_up=True),
    Column("cost_usd", "Float64", "US dollars", "not known", adds_up=True),
    Column("seconds", "Float64", "seconds", "no answer came"),
    Column("finish_reason", "string", "-", "not reported, or it did not end"),
    Column("error_kind", "string", "-", "the answer is whole"),
    Column("error", "string", "-", "the answer is whole"),
)
DISTINCT_COLUMNS = (
    Column("temperature", "Float64", "-", "the model's default"),
    Column("text", "string", "-", "never"),
    Column("count", "Int64", "samples", "never", adds_up=True, has_bars=True),
    Column("share", "Float64", "of the whole answers at this temperature", "never"),
)


class Sample(NamedTuple):
    """One answer of many.

    Attributes
    ----------
    temperature
        It was asked at; None = the model's default.
    number
        Which of the samples at this temperature, from 1.
    reply
        The answer, or the part of it that came; None where nothing came.
    error
        Why it is not whole; None where it is.
    """

    temperature: float | None
    number: int
    reply: Reply | None
    error: ToprouterError | None


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
    """What `Conversation.sample` returns: all answers to one question. In a notebook it draws itself.

    Attributes
    ----------
    prompt
        The question's text.
    samples
        Every answer, temperature by temperature.
    """

    prompt: str
    samples: tuple[Sample, ...]

    def to_frame(self) -> "Table":
        """Return a row for each sample.

        Returns
        -------
        Table
            name | dtype | unit | null means
            --- | --- | --- | ---
            temperature | Float64 | - | the model's default
            sample | Int64 | - | never
            text | string | - | no answer came
            completion_tokens | Int64 | tokens | not reported
            cost_usd | Float64 | US dollars | not known
            seconds | Float64 | seconds | no answer came
            finish_reason | string | - | not reported, or it did not end
            error_kind | string | - | the answer is whole
            error | string | - | the answer is whole

        Examples
        --------
        >>> Samples("Hi", ()).to_frame().shape
        (0, 9)
        """
        from .tables import table_of

        return table_of(SAMPLE_COLUMNS, map(_row, self.samples))

    def distinct(self) -> "Table":
        """Return a row for each different answer at each temperature, the most frequent first.

        White space around an answer makes no difference; answers that are not whole are left out.

        Returns
        -------
        Table
            name | dtype | unit | null means
            --- | --- | --- | ---
            temperature | Float64 | - | the model's default
            text | string | - | never
            count | Int64 | samples | never
            share | Float64 | of the whole answers at this temperature | never

        Examples
        --------
        >>> list(Samples("Hi", ()).distinct().columns)
        ['temperature', 'text', 'count', 'share']
        """
        from .tables import table_of

        rows = []
        for temperature, samples in self.by_temperature():
            counted = count_answers(samples)
            whole = sum(counted.values())
            rows += [(temperature, text, count, count / whole) for text, count in counted.most_common()]
        return table_of(DISTINCT_COLUMNS, rows)

    def by_temperature(self) -> list[tuple[float | None, list[Sample]]]:
        """Return the samples of each temperature, in the order given."""
        groups: dict[float | None, list[Sample]] = {}
        for sample in self.samples:
            groups.setdefault(sample.temperature, []).append(sample)
        return list(groups.items())

    def __repr__(self) -> str:
        """Show for each temperature how many answers differ, and the most frequent one."""
        lines = [f"{len(self.samples)} samples of {shorten(self.prompt, _SHOWN_CHARACTERS)!r}"]
        for temperature, samples in self.by_temperature():
            counted = count_answers(samples)
            failed = len(samples) - sum(counted.values())
            tail = f", {failed} failed" if failed else ""
            lines.append(f"  {_named(temperature)}: {len(counted)} different of {len(samples)}{tail}")
            if counted:
                text, count = counted.most_common(1)[0]
                lines.append(f"    {count} x {shorten(text.replace(chr(10), ' '), _SHOWN_CHARACTERS)}")
        return render_plain("\n".join(lines))

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        from .render.samples import render_samples

        groups = [
            (_named(temperature), count_answers(samples).most_common(), _errors(samples))
            for temperature, samples in self.by_temperature()
        ]
        return {"text/plain": repr(self), "text/html": render_samples(self.prompt, groups)}


def draw_samples(
    chat: "Conversation",
    parts: tuple[object, ...],
    params: dict[str, Any],
    *,
    temperatures: Iterable[float | None],
    n: int,
    concurrency: int,
    progress: Progress,
) -> Samples:
    """Ask the same question `n` times at each temperature; see `Conversation.sample`."""
    plan = _plan(temperatures, n)
    # One seed for all samples would draw the same answer n times at each temperature.
    seed = check_params({"seed": params.get("seed", chat.params.get("seed"))}).get("seed")
    errands = [
        Errand(parts, params | {"temperature": temperature} | ({} if seed is None else {"seed": seed + number - 1}))
        for temperature, number in plan
    ]
    outcomes: dict[int, Outcome] = {}
    prompt = "\n\n".join(part if isinstance(part, str) else f"[{type(part).__name__}]" for part in parts)
    try:
        with progress.over(len(errands), "sample") as step:
            ask_many(
                chat, errands, concurrency=concurrency, ended=lambda end: step(outcomes.setdefault(end.place, end))
            )
    except KeyboardInterrupt as error:
        error.partial = _gather(prompt, plan, outcomes)  # type: ignore[attr-defined]  # as on every interrupt of a call
        raise
    samples = _gather(prompt, plan, outcomes)
    if all(sample.error is not None for sample in samples.samples):
        raise next(sample.error for sample in samples.samples if sample.error)
    return samples


def count_answers(samples: Iterable[Sample]) -> "collections.Counter[str]":
    """Count the different whole answers."""
    whole = (sample.reply for sample in samples if sample.error is None)
    return collections.Counter(reply.text.strip() for reply in whole if reply is not None)


def _plan(temperatures: Iterable[float | None], n: int) -> list[tuple[float | None, int]]:
    asked = [temperatures] if isinstance(temperatures, int | float) else list(temperatures or ())
    if isinstance(n, bool) or not isinstance(n, int) or n < 1 or not asked or len(asked) * n > MOST_SAMPLES:
        message = (
            f"sample takes at least one temperature and n of 1 or more, at most {MOST_SAMPLES:,} samples in all, "
            f"not {len(asked)} temperatures and n={shorten(repr(n), 40)}."
        )
        raise ParameterError(message)
    for temperature in asked:
        check_params({"temperature": temperature})
    # A temperature named twice is one, or its shares would count double.
    return [(temperature, number) for temperature in dict.fromkeys(asked) for number in range(1, n + 1)]


def _gather(prompt: str, plan: Sequence[tuple[float | None, int]], outcomes: dict[int, Outcome]) -> Samples:
    ended = [(*plan[place], outcomes[place].reply, outcomes[place].error) for place in sorted(outcomes)]
    return Samples(prompt, tuple(Sample(*sample) for sample in ended))


def _row(sample: Sample) -> tuple[Any, ...]:
    reply, error = sample.reply, sample.error
    return (
        sample.temperature,
        sample.number,
        reply.text if reply else None,
        reply.usage.completion_tokens if reply else None,
        reply.cost_usd if reply else None,
        reply.seconds if reply else None,
        reply.finish_reason if reply else None,
        error.kind if error else None,
        str(error) if error else None,
    )


def _errors(samples: Iterable[Sample]) -> list[str]:
    return [str(sample.error) for sample in samples if sample.error is not None]


def _named(temperature: float | None) -> str:
    return "the model's own temperature" if temperature is None else f"temperature {temperature:g}"
