"""The sampling options of a chat request: their ranges, and their names in the engine.

Pure. Only what is listed here ever reaches the engine: it knows many more fields, some of which would change the
next caller's answer or read files.
"""

import json
from collections.abc import Mapping
from typing import Any

from .refusal import Refusal

RANGES: Mapping[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
MAX_STOPS = 4
MAX_TOP_LOGPROBS = 20
MAX_SCHEMA_CHARACTERS = 16_000
MAX_SCHEMA_DEPTH = 24
MAX_SCHEMA_VALUES = 500
# The engine takes this value of a seed for "draw one".
_RANDOM_SEED = 2**32 - 1
_LARGEST_COUNT = 2**31 - 1
_UNSUPPORTED = ("tools", "functions", "audio")


def decode_options(given: Mapping[str, Any]) -> dict[str, Any]:
    r"""Check every sampling option and return those given, under the engine's names. An option of null is not given.

    Raises
    ------
    Refusal
        400: an option is of the wrong type or out of range, or asks for what a local model cannot do.

    Examples
    --------
    >>> decode_options({"temperature": 0, "max_tokens": 16, "user": "somebody", "stop": "\n"})
    {'temperature': 0, 'max_tokens': 16, 'stop': ['\n']}
    """
    _refuse_unsupported(given)
    options: dict[str, Any] = {}
    for name, (low, high) in RANGES.items():
        value = given.get(name)
        if value is None:
            continue
        if not _is_number(value) or not low <= value <= high:
            raise Refusal(400, f"{name} must be a number from {low} to {high}.", param=name)
        options[name] = value
    options |= _decode_counts(given)
    options |= _decode_stop(given)
    options |= _decode_logprobs(given)
    options |= _decode_logit_bias(given)
    options |= _decode_format(given)
    return options


def _refuse_unsupported(given: Mapping[str, Any]) -> None:
    for name in _UNSUPPORTED:
        if given.get(name):
            message = f"Local models take no {name}. For structured answers use response_format with a json_schema."
            raise Refusal(400, message, param=name, code="unsupported_parameter")
    choices = given.get("n")
    if choices is not None and (choices != 1 or isinstance(choices, bool)):
        raise Refusal(400, "n must be 1: a local model gives one answer to a request.", param="n")


def _decode_counts(given: Mapping[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, target, low in (
        ("max_tokens", "max_tokens", 1),
        ("max_completion_tokens", "max_tokens", 1),
        ("top_k", "top_k", 0),
    ):
        value = given.get(name)
        if value is None:
            continue
        if not _is_integer(value) or value < low:
            raise Refusal(400, f"{name} must be a whole number of at least {low}.", param=name)
        counts[target] = min(value, _LARGEST_COUNT)
    seed = given.get("seed")
    if seed is not None:
        if not _is_integer(seed):
            raise Refusal(400, "seed must be a whole number.", param="seed")
        # Any whole number is a seed, negative ones too, and never the one that means "draw one".
        counts["seed"] = seed % _RANDOM_SEED
    return counts


def _decode_stop(given: Mapping[str, Any]) -> dict[str, list[str]]:
    stop = given.get("stop")
    if stop is None or stop == []:
        return {}
    stops = [stop] if isinstance(stop, str) else stop
    is_list = isinstance(stops, list) and len(stops) <= MAX_STOPS
    if not is_list or not all(isinstance(text, str) and text and _is_unicode(text) for text in stops):
        message = f"stop must be a text or a list of at most {MAX_STOPS} texts, none of them empty."
        raise Refusal(400, message, param="stop")
    return {"stop": stops}


def _decode_logprobs(given: Mapping[str, Any]) -> dict[str, Any]:
    wanted, top = given.get("logprobs"), given.get("top_logprobs")
    if not isinstance(wanted, bool | None):
        raise Refusal(400, "logprobs must be true or false.", param="logprobs")
    if top is not None and (not _is_integer(top) or not 0 <= top <= MAX_TOP_LOGPROBS):
        message = f"top_logprobs must be a whole number from 0 to {MAX_TOP_LOGPROBS}."
        raise Refusal(400, message, param="top_logprobs")
    if top is not None and not wanted:
        raise Refusal(400, "top_logprobs needs logprobs to be true.", param="top_logprobs")
    return {"logprobs": True, "top_logprobs": top or 0} if wanted else {}


def _decode_logit_bias(given: Mapping[str, Any]) -> dict[str, Any]:
    bias = given.get("logit_bias")
    if not bias and isinstance(bias, dict | None):
        return {}
    is_valid = isinstance(bias, dict) and all(
        key.isascii() and key.isdigit() and len(key) < 8 and _is_number(value) and -100 <= value <= 100  # noqa: PLR2004
        for key, value in bias.items()
    )
    if not is_valid:
        message = "logit_bias must map token numbers to numbers from -100 to 100."
        raise Refusal(400, message, param="logit_bias")
    return {"logit_bias": bias}


def _decode_format(given: Mapping[str, Any]) -> dict[str, Any]:
    asked = given.get("response_format")
    match asked:
        case None | {"type": "text"}:
            return {}
        case {"type": "json_object"}:
            return {"response_format": {"type": "json_object"}}
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            _check_schema(schema)
            # The engine reads `strict` and the name, but needs neither: the grammar is always enforced.
            return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}
        case _:
            message = "response_format must be of type 'text', 'json_object', or 'json_schema' with a schema object."
            raise Refusal(400, message, param="response_format")


def _check_schema(schema: dict[str, Any]) -> None:
    # The engine walks a schema recursively in native code, and each of its values slows down every token: 500 take
    # four seconds, 2,000 half a minute in which nobody else is answered.
    depth, values = _measure(schema)
    if depth > MAX_SCHEMA_DEPTH or values > MAX_SCHEMA_VALUES or len(json.dumps(schema)) > MAX_SCHEMA_CHARACTERS:
        message = (
            f"The schema may have {MAX_SCHEMA_DEPTH} levels, {MAX_SCHEMA_VALUES} values and "
            f"{MAX_SCHEMA_CHARACTERS:,} characters."
        )
        raise Refusal(400, message, param="response_format")


def _measure(value: object) -> tuple[int, int]:
    """Count the levels and the values of a JSON value, no further than the limits."""
    levels, count, level = 0, 0, [value]
    while level and levels <= MAX_SCHEMA_DEPTH and count <= MAX_SCHEMA_VALUES:
        levels, count = levels + 1, count + len(level)
        level = [child for item in level for child in _children(item)]
    return levels, count


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_unicode(text: str) -> bool:
    return text.encode("utf-8", "ignore").decode() == text
