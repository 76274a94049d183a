"""One answer of a model and what is known about it: the text, the usage, the reason it ended, whether it is whole.

Knows nothing of HTTP, of deltas or of how it is shown.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from .call_log import CostSource
from .parts import TextPart
from .plain import render_plain, shorten
from .turns import Turn
from .usage import Usage

_SHOWN_CHARACTERS = 60


class Arrival(NamedTuple):
    """One chunk of a stream, as `Reply.arrivals` lists them.

    Attributes
    ----------
    seconds
        From the call to its arrival.
    characters
        Of text and reasoning that were new in it.
    """

    seconds: float
    characters: int


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Reply:
    """One answer of a model, and what is known about it.

    Attributes
    ----------
    text
        The answer; "" when the model said nothing. Always encodes as UTF-8.
    turn
        The same as an assistant turn, as it stands in the conversation.
    usage
        Token counts; a field is None where the server reported none.
    cost_usd
        US dollars; None where it is not known.
    cost_source
        Where that is from: "billed" by the gateway, "computed" from its list of prices, "local" (exactly 0, for it ran
        on this machine), or "unknown".
    finish_reason
        Why it ended, as the server spells it ("stop", "length", ...); None when it did not say.
    requested_model, served_model
        What was asked for, and what answered; `served_model` is None where the server did not say.
    id
        The server's id of the answer; None when it gave none.
    seconds
        From the call to the end, waiting and repeated attempts included.
    first_token_seconds
        From the call to the first text or reasoning; None when there was none, or it was not streamed.
    is_partial
        True where the answer was cut short: stopped, interrupted or broken off.
    attempts
        Requests sent, retries included.
    reasoning
        The model's reasoning, where it shows it; "" otherwise.
    raw
        The whole answer as one plain response object, fields unknown to this package included.
    data
        The answer as an instance of the `data_model` it was asked for with; None where none was, or where it does
        not fit.
    arrivals
        When each chunk of a stream came, and what was new in it; () unless the conversation has `trace` set.

    Examples
    --------
    >>> from toprouter_nb import Conversation, testing
    >>> with testing.ScriptedGateway(["Paris."]) as gateway:
    ...     reply = Conversation("any/model", base_url=gateway.base_url, api_key="test", display=False).ask("Capital?")
    >>> reply.text, reply.finish_reason
    ('Paris.', 'stop')
    """

    text: str
    turn: Turn
    usage: Usage
    cost_usd: Decimal | None
    finish_reason: str | None
    requested_model: str
    served_model: str | None
    id: str | None
    seconds: float
    first_token_seconds: float | None
    is_partial: bool
    attempts: int
    reasoning: str
    raw: Mapping[str, Any] = dataclasses.field(repr=False)
    cost_source: CostSource = "unknown"
    data: Any = dataclasses.field(default=None, repr=False)
    arrivals: tuple[Arrival, ...] = dataclasses.field(default=(), repr=False)
    # A list, since the reply is frozen and learns of it only when it was shown.
    _still_shown: list[Callable[[], bool]] = dataclasses.field(default_factory=list, repr=False)

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens by the seconds between the first token and the end; None where either is not known."""
        return speed(self.usage.completion_tokens, self.first_token_seconds, self.seconds)

    def mark_shown(self, still_here: Callable[[], bool]) -> None:
        """Remember that the reply streamed into a cell already, so that the cell's own echo stays silent.

        Parameters
        ----------
        still_here
            Says whether the cell it was shown in is still the one that runs.
        """
        self._still_shown[:] = [still_here]

    def _ipython_display_(self) -> None:
        """Show nothing where the reply was just streamed; otherwise leave it to the usual reprs."""
        if not (self._still_shown and self._still_shown[0]()):
            # IPython's way to say: ask me for another representation.
            raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        """Pickle all but where it was shown, which is of this process."""
        return {**vars(self), "_still_shown": []}

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    def __repr__(self) -> str:
        """Show the beginning of the text, the model, and how it ended."""
        shown = shorten(render_plain(self.text), _SHOWN_CHARACTERS)
        facts = [repr(shown), f"model={self.served_model or self.requested_model!r}"]
        facts += [f"finish_reason={self.finish_reason!r}"] if self.finish_reason else []
        facts += ["is_partial=True"] if self.is_partial else []
        return f"Reply({', '.join(facts)})"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        from .render.cards import render_reply

        return {"text/plain": render_plain(self.text) or repr(self), "text/html": render_reply(**self.facts())}

    def facts(self) -> dict[str, Any]:
        """Return what a view shows of a reply, as plain values: text, reasoning and the facts of its footer."""
        names = ("text", "reasoning", "requested_model", "served_model", "cost_usd", "finish_reason", "is_partial")
        shown: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.data is not None:
            shown["text"] = _as_code(self.text)
        shown |= {"seconds": self.seconds, "first_token_seconds": self.first_token_seconds}
        shown |= {"prompt_tokens": self.usage.prompt_tokens, "completion_tokens": self.usage.completion_tokens}
        return shown | {"tokens_per_second": self.tokens_per_second}


def speed(tokens: int | None, first_token_seconds: float | None, seconds: float) -> float | None:
    """Return tokens by the seconds between the first one and the end; None where either is not known.

    Examples
    --------
    >>> speed(100, 1.0, 3.0)
    50.0
    """
    if tokens is None or first_token_seconds is None or seconds <= first_token_seconds:
        return None
    return tokens / (seconds - first_token_seconds)


def assistant_turn(text: str, *, is_partial: bool) -> Turn:
    """Make the assistant turn of an answer; one without text has no parts."""
    return Turn("assistant", (TextPart(text),) if text else (), is_partial)


def _as_code(text: str) -> str:
    """Return the JSON of an answer as a block of code, for a view; what is no JSON alone stays as it is."""
    try:
        laid_out = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
    # No line of JSON is a fence: texts have their line breaks escaped, and begin with a quote.
    return f"```json\n{laid_out}\n```"
