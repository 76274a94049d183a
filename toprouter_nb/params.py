"""The request options a caller may pass, checked before anything is sent.

Knows the ranges of the reference and nothing of models: what a model ignores is another question.
"""

import difflib
import json
import math
import numbers
from collections.abc import Callable, Mapping
from typing import Any

from .errors import ParameterError
from .plain import shorten

# The reference's bound on `stop`.
_STOP_ENTRIES = 4
_RESERVED = ("model", "messages", "stream")


def check_params(params: Mapping[str, object]) -> dict[str, Any]:
    """Check request options and return them as they go on the wire.

    Parameters
    ----------
    params
        `temperature` 0 to 2, `top_p` 0 to 1, `max_tokens` 1 or more, `frequency_penalty` and `presence_penalty`
        -2 to 2, `stop` a text or 1 to 4 of them, `seed` a whole number, and `extra`, a dict of any other JSON
        fields. None means: not sent, the model's default.

    Returns
    -------
    dict
        Only what is to be sent; the fields of `extra` stand beside the others.

    Raises
    ------
    ParameterError
        A name is unknown, or a value is out of range, of the wrong type, or no JSON.

    References
    ----------
    Chat Completions reference, "Parameters".

    Examples
    --------
    >>> check_params({"temperature": 0.7, "stop": None})
    {'temperature': 0.7}
    """
    checked: dict[str, Any] = {}
    for name, value in params.items():
        if name == "extra":
            continue
        if name not in _CHECKS:
            raise _unknown(name)
        if value is not None:
            checked[name] = _CHECKS[name](name, value)
    return checked | _check_extra(params.get("extra"))


def no_attribute(name: str) -> ParameterError:
    """Return the error for an option that is set like an attribute, where it would be kept and never sent."""
    message = f"{name} is one of the conversation's params: set it with chat.params = chat.params | {{{name!r}: ...}}."
    return ParameterError(message)


def check_model_id(model: object) -> str:
    """Check the form of a model id; whether such a model exists is for the server to say.

    Raises
    ------
    ParameterError
        It is no text, is empty, or holds white space or control characters.
    """
    if isinstance(model, str) and model and model.isprintable() and not any(map(str.isspace, model)):
        return model
    shown = shorten(repr(model), 80)
    message = f"A model id is a text without spaces, like 'google/gemini-3.5-flash', not {shown}. See tr.models()."
    raise ParameterError(message)


def check_stream(stream: object) -> bool:
    """Check whether a reply shall be streamed.

    Raises
    ------
    ParameterError
        It is neither True nor False: "no" would be sent as a yes.
    """
    if isinstance(stream, bool):
        return stream
    message = f"stream is True or False, not {shorten(repr(stream), 60)}."
    raise ParameterError(message)


def is_local_id(model: str) -> bool:
    """Say whether an id names a model of this machine, which the embedded server answers."""
    return model.startswith("local/")


def _number(low: float, high: float) -> Callable[[str, object], float]:
    def check(name: str, value: object) -> float:
        # numpy's numbers are `Real`, not `int` or `float`; True would be sent as `true`, which no server takes for 1.
        if not isinstance(value, bool) and isinstance(value, numbers.Real) and low <= float(value) <= high:
            return int(value) if isinstance(value, numbers.Integral) else float(value)
        message = f"{name} must be a number from {low:g} to {high:g}, not {shorten(repr(value), 60)}."
        raise ParameterError(message)

    return check


def _whole(low: int | None) -> Callable[[str, object], int]:
    def check(name: str, value: object) -> int:
        is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if is_whole and (low is None or value >= low):  # type: ignore[operator]  # Integral is ordered
            return int(value)  # type: ignore[call-overload, no-any-return]
        bound = "" if low is None else f" of {low} or more"
        message = f"{name} must be a whole number{bound}, not {shorten(repr(value), 60)}."
        raise ParameterError(message)

    return check


def _stop(name: str, value: object) -> str | list[str]:
    if isinstance(value, str) and value:
        return value
    entries = list(value) if isinstance(value, list | tuple) else []
    if 1 <= len(entries) <= _STOP_ENTRIES and all(isinstance(entry, str) and entry for entry in entries):
        return entries
    shown = shorten(repr(value), 60)
    message = f"{name} must be a text, or a list of 1 to {_STOP_ENTRIES} texts, none empty, not {shown}."
    raise ParameterError(message)


_CHECKS: Mapping[str, Callable[[str, object], Any]] = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "max_tokens": _whole(1),
    "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
    "stop": _stop,
    "seed": _whole(None),
}
# The names of all of them.
OPTIONS = frozenset(_CHECKS)


# What people pass here and belongs elsewhere. A key above all: the advice for a field of the wire would put it into the
# request's body, where gateways log it.
_ELSEWHERE = {
    "api_key": "It belongs to Conversation(api_key=...) or tr.configure(api_key=...).",
    "base_url": "It belongs to Conversation(base_url=...) or tr.configure(base_url=...).",
    "budget_usd": "It belongs to Conversation(budget_usd=...) or tr.track(budget_usd=...).",
    "display": "It belongs to Conversation(display=...) or tr.configure(display=...).",
    "messages": "A conversation makes them of its turns; Conversation.from_messages(messages) begins with some.",
    "system": "It belongs to Conversation(system=...); chat.system = ... changes it.",
    "timeout": "The time limits are tr.configure(connect_seconds=..., first_byte_seconds=..., idle_seconds=...).",
}


def _unknown(name: str) -> ParameterError:
    if name in _ELSEWHERE:
        return ParameterError(f"{name} is no option of a request. {_ELSEWHERE[name]}")
    near = difflib.get_close_matches(name, _CHECKS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"allowed are {', '.join(_CHECKS)} and extra."
    message = f"There is no parameter {name}: {hint} Another field of the wire goes into extra={{{name!r}: ...}}."
    return ParameterError(message)


def _check_extra(extra: object) -> dict[str, Any]:
    if extra is None:
        return {}
    if not isinstance(extra, Mapping) or not all(isinstance(name, str) for name in extra):
        message = f"extra must be a dict of JSON fields by name, not {shorten(repr(extra), 60)}."
        raise ParameterError(message)
    for name, value in extra.items():
        # Otherwise `extra` would be a way around the checks, or write over the messages.
        if name in _RESERVED or name in _CHECKS:
            message = f"extra cannot hold {name!r}: it has a place of its own, pass it directly."
            raise ParameterError(message)
        _check_json(name, value)
    return dict(extra)


def _check_json(name: str, value: object) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        held = _culprit(value)
        message = f"extra[{name!r}] cannot be sent as JSON: it holds {held}. Use dicts, lists, texts and numbers."
        raise ParameterError(message) from None


def _culprit(value: object) -> str:
    """Name what is no JSON, as precisely as one look can."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return f"a {type(value).__name__}" if not isinstance(value, dict | list | tuple) else "a value of another type"
