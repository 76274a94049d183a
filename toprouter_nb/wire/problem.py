"""What a server says went wrong: any known shape of error JSON to plain facts.

Knows nothing of HTTP statuses or of our error classes; `failures` judges.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..errors import MalformedChunkError
from .answer import parse_object

# Field names, in lower case, in the order of trust. Gateways, providers and frameworks each have their own.
_WORDS = (
    "message",
    "msg",
    "error_description",
    "error_message",
    "error_msg",
    "detail",
    "details",
    "description",
    "title",
    "reason",
)
# `__type` is AWS's, `status` Google's ("INVALID_ARGUMENT").
_TYPES = ("type", "__type", "error_type", "status")
_CODES = ("code", "error_code")
_IDS = ("request_id", "requestid", "trace_id")
_INNER = ("error", "errors")
# Errors nest three deep where a gateway quotes a provider that quotes a framework; the bound is for what wants to harm.
_DEPTH = 6
# Of a list of faults the first few say it all; a message has room for no more.
_LISTED = 3


class Problem(NamedTuple):
    """An error as the server tells it.

    Attributes
    ----------
    words
        Its own words, of the gateway and of the provider behind it; "" where it has none.
    code
        Its code as sent, a number or a name; None where it has none.
    type
        The name of the kind of error, in lower case; "" where it has none.
    reasons
        Why an input was flagged; () where it was not.
    request_id
        The server's name for the request; None where the body has none.
    """

    words: str = ""
    code: str | int | None = None
    type: str = ""
    reasons: tuple[str, ...] = ()
    request_id: str | None = None


def read_problem(value: object, *, depth: int = _DEPTH) -> Problem:
    """Read an error: a whole body, or the value of its `error` key.

    Parameters
    ----------
    value
        Parsed JSON: an object, a list of objects, or a text.

    Returns
    -------
    Problem
        Empty where nothing is recognised.

    References
    ----------
    The error objects of OpenAI, OpenRouter, Anthropic, Gemini (a list), vLLM, FastAPI (`detail`), Cloudflare
    (`errors`), Spring, and problem details (RFC 9457).

    Examples
    --------
    >>> read_problem({"error": {"message": "bad image", "code": 400}})
    Problem(words='bad image', code=400, type='', reasons=(), request_id=None)
    >>> read_problem({"detail": [{"loc": ["body", "model"], "msg": "field required"}]}).words
    'body.model: field required'
    """
    if isinstance(value, str):
        return Problem(value.strip())
    if not depth:
        return Problem()
    if isinstance(value, list):
        return _joined((read_problem(item, depth=depth - 1) for item in value[:_LISTED]), "; ")
    return _of_object(value, depth) if isinstance(value, Mapping) else Problem()


def problem_in(chunk: Mapping[str, Any], event_type: str) -> object:
    """Return the error that a chunk reports, wherever gateways put it; None where it reports none.

    Examples
    --------
    >>> problem_in({"choices": [], "error": {"code": 502}}, "message")
    {'code': 502}
    """
    problem = chunk.get("error")
    if problem:
        return problem
    # vLLM's whole errors and those of OpenAI's newer format say what they are; they hold no further object.
    if "error" in (event_type, chunk.get("object"), chunk.get("type")):
        return chunk
    for choice in chunk.get("choices") or ():
        # OpenRouter streams the provider's failure with status 200, in the choice; only choice 0 is the answer.
        if (choice.get("index") or 0) == 0 and (choice.get("error") or choice.get("finish_reason") == "error"):
            return choice.get("error") or "The model's provider ended the answer with finish_reason 'error'."
    return None


def parse_error(payload: str | bytes) -> dict[str, Any]:
    """Parse the data of an `error` event, which some servers send as bare text."""
    try:
        return parse_object(payload)
    except MalformedChunkError:
        return {"error": payload}


def _of_object(value: Mapping[object, object], depth: int) -> Problem:
    fields = {str(name).lower(): field for name, field in value.items()}
    found = [read_problem(fields[name], depth=depth - 1) for name in _INNER if fields.get(name)]
    said = next((read_problem(fields[name], depth=depth - 1) for name in _WORDS if fields.get(name)), Problem())
    inner = _joined((*found, said, *_of_provider(fields.get("metadata"), depth)), ": ")
    return Problem(
        words=_place(fields.get("loc")) + inner.words,
        code=_first(fields, _CODES) if inner.code is None else inner.code,
        type=inner.type or str(_first(fields, _TYPES, kind=str) or "").lower(),
        reasons=inner.reasons,
        request_id=inner.request_id or _text(_first(fields, _IDS, kind=str)),
    )


def _of_provider(metadata: object, depth: int) -> tuple[Problem, ...]:
    """Read what a gateway passes on of the provider: its name, its own error, and why an input was flagged."""
    if not isinstance(metadata, Mapping):
        return ()
    # OpenRouter's `metadata`: the provider's body as it came, in a text, or why its moderation flagged the input.
    raw = metadata.get("raw")
    if isinstance(raw, str) and raw.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):  # then the text itself is what there is
            raw = json.loads(raw)
    reasons = metadata.get("reasons")
    listed = reasons if isinstance(reasons, list) else []
    words, name = read_problem(raw, depth=depth - 1).words, metadata.get("provider_name")
    told = Problem(words, reasons=tuple(str(reason) for reason in listed if isinstance(reason, str | int)))
    # Whose words they are: another model, or another provider, may do.
    return (Problem(name), told) if words and isinstance(name, str) else (told,)


def _joined(problems: Iterable[Problem], separator: str) -> Problem:
    """Put several together: all their words, each once, and the first of everything else."""
    words: list[str] = []
    whole = Problem()
    for problem in problems:
        if problem.words and not any(problem.words in known for known in words):
            words.append(problem.words)
        whole = Problem(
            code=problem.code if whole.code is None else whole.code,
            type=whole.type or problem.type,
            reasons=whole.reasons + problem.reasons,
            request_id=whole.request_id or problem.request_id,
        )
    return whole._replace(words=separator.join(words))


def _place(location: object) -> str:
    """Return where in the request a fault lies, as FastAPI tells it."""
    if not isinstance(location, list) or not location:
        return ""
    return ".".join(str(step) for step in location[:_DEPTH]) + ": "


def _first(
    fields: Mapping[str, object], names: Iterable[str], *, kind: type | tuple[type, ...] = (str, int)
) -> str | int | None:
    for name in names:
        field = fields.get(name)
        if isinstance(field, kind) and not isinstance(field, bool) and field != "":
            return field  # type: ignore[return-value]  # `kind` holds str and int only
    return None


def _text(value: str | int | None) -> str | None:
    return value if isinstance(value, str) else None
