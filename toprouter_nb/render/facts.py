"""What is said in small print below a reply: model, tokens, cost, times and how it ended, as short texts.

Plain values in, plain texts out; knows nothing of HTML. What is not known is left out, never shown as 0.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from toprouter_nb.plain import render_plain, shorten

_NAME_CHARACTERS = 120
# What a view shows of a reply in a place of its own, and not below it.
_BODY = ("text", "reasoning", "is_partial", "error", "raw")
# Where the server's word does not say it to somebody who never read the reference.
_ENDINGS = {
    "content_filter": "held back by a content filter",
    "length": "cut at the token limit",
    "tool_calls": "ended with a tool call",
}


def reply_facts(
    *,
    requested_model: str,
    served_model: str | None = None,
    prompt_tokens: int | None = None,
    completion_tokens: int | None = None,
    cost_usd: Decimal | None = None,
    first_token_seconds: float | None = None,
    seconds: float | None = None,
    tokens_per_second: float | None = None,
    finish_reason: str | None = None,
) -> tuple[str, ...]:
    """Return the facts of one reply, most important first.

    Examples
    --------
    >>> reply_facts(requested_model="any/model", prompt_tokens=12, completion_tokens=340, cost_usd=Decimal("0.00042"))
    ('any/model', '12 tokens in, 340 out', '$0.00042')
    """
    facts = [
        _model(requested_model, served_model),
        _tokens(prompt_tokens, completion_tokens),
        _cost(cost_usd),
        f"first text {first_token_seconds:.2f} s" if first_token_seconds is not None else "",
        f"{seconds:.1f} s in all" if seconds is not None else "",
        f"{tokens_per_second:,.0f} tokens/s" if tokens_per_second is not None else "",
        render_ending(finish_reason),
    ]
    return tuple(fact for fact in facts if fact)


def facts_below(shown: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the facts of one reply out of all that a view shows of it, as `Reply.facts` has it.

    Examples
    --------
    >>> facts_below({"text": "Paris.", "is_partial": False, "requested_model": "any/model", "seconds": 1.0})
    ('any/model', '1.0 s in all')
    """
    return reply_facts(**{name: value for name, value in shown.items() if name not in _BODY})


def conversation_facts(
    model: str | None, total_tokens: int | None, calls: int, cost_usd: Decimal | None
) -> tuple[str, ...]:
    """Return the facts of a whole conversation.

    Examples
    --------
    >>> conversation_facts("any/model", 7, 1, Decimal("0.5"))
    ('any/model', '7 tokens in 1 call', '$0.50')
    """
    noun = "call" if calls == 1 else "calls"
    used = f"{_counted(total_tokens)} in {calls:,} {noun}" if total_tokens is not None else ""
    facts = (_model(model, None) if model else "default model", used, _cost(cost_usd) if calls else "")
    return tuple(fact for fact in facts if fact)


def render_ending(finish_reason: str | None) -> str:
    """Say how a reply ended where it did not simply end; "" otherwise.

    Examples
    --------
    >>> render_ending("length"), render_ending("stop")
    ('cut at the token limit (length)', '')
    """
    if finish_reason in (None, "", "stop"):
        return ""
    name = shorten(render_plain(str(finish_reason)), _NAME_CHARACTERS)
    return f"{_ENDINGS[name]} ({name})" if name in _ENDINGS else f"ended: {name}"


def _model(requested: str, served: str | None) -> str:
    asked = shorten(render_plain(requested), _NAME_CHARACTERS)
    if not served or served == requested:
        return asked
    return f"{asked}, served by {shorten(render_plain(served), _NAME_CHARACTERS)}"


def _tokens(prompt: int | None, completion: int | None) -> str:
    if prompt is None:
        return "" if completion is None else f"{_counted(completion)} out"
    return f"{_counted(prompt)} in" + (f", {completion:,} out" if completion is not None else "")


def _counted(tokens: int) -> str:
    return f"{tokens:,} token" if tokens == 1 else f"{tokens:,} tokens"


def _cost(cost: Decimal | None) -> str:
    """Spell US dollars with cents, or with two significant digits where there is less than a cent."""
    if cost is None:
        return ""
    if cost == 0:
        return "$0"
    # `adjusted` is the place of the first digit: -4 for 0.00042, of which two digits are shown.
    digits = max(2, 1 - cost.adjusted()) if cost.is_finite() else 2
    return f"${cost:,.{min(digits, 10)}f}"
