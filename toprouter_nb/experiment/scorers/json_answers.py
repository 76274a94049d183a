"""A scorer that reads the answer as JSON and checks it against a JSON schema.

Knows nothing of how an answer came to be JSON: by a response format, by a request in words, or by luck.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import ParameterError
from ...plain import render_plain, shorten
from .function import Scorer, built_in
from .patterns import search_within

_FENCE = re.compile(r"```[A-Za-z]*[ \t]*\n(.*?)```", re.DOTALL)
_DETAIL = 300


@built_in
def json_schema(schema: Mapping[str, Any], *, fenced: bool = True) -> Scorer:
    """Score 1 where the answer is JSON that keeps to a schema; the details say what it breaks first.

    Parameters
    ----------
    schema
        A JSON schema, of draft 2020-12 unless its `$schema` says otherwise. Nothing is fetched.
    fenced
        Whether JSON inside a fence (three backticks) counts, with words around it; False takes the answer alone.

    Raises
    ------
    ParameterError
        The schema is none; or `jsonschema` is not installed.

    Examples
    --------
    >>> person = json_schema({"type": "object", "required": ["name"]})
    >>> person({"answer": '{"age": 41}'})
    {'value': 0.0, 'passed': False, 'problem': "$: 'name' is a required property"}
    """
    validator = _validator(schema)

    def score(row: Any) -> dict[str, Any]:
        problem = _problem(validator, row.answer, fenced=fenced)
        return {"value": float(problem is None), "passed": problem is None, "problem": problem}

    return Scorer(score, name="json_schema", version=_version(schema))


def _validator(schema: object) -> Any:
    try:
        import jsonschema
        from referencing import Registry
    except ImportError:
        message = "scorers.json_schema needs jsonschema: pip install 'toprouter_nb[schema]'."
        raise ParameterError(message) from None
    if not isinstance(schema, Mapping):
        message = f"A JSON schema is a dict, not {type(schema).__name__}."
        raise ParameterError(message)
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
    except jsonschema.SchemaError as error:
        message = f"The JSON schema is none, at {error.json_path}: {_short(error.message)}."
        raise ParameterError(message) from None
    extend: Any = jsonschema.validators.extend
    bounded = extend(kind, {"pattern": _check_pattern})
    # An empty registry: a reference to an address is an error, never a request.
    return bounded(schema, registry=Registry())


def _check_pattern(validator: Any, pattern: str, instance: object, _schema: object) -> Iterator[Any]:
    """Check the keyword `pattern` in bounded time."""
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not search_within(pattern, str(instance)):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _problem(validator: Any, answer: str, *, fenced: bool) -> str | None:
    try:
        value = json.loads(_json_text(answer, fenced=fenced))
    except (ValueError, RecursionError):
        return "The answer is no JSON."
    from referencing.exceptions import Unresolvable

    try:
        error = next(iter(validator.iter_errors(value)), None)
    except RecursionError:
        return "The answer is nested too deeply."
    except Unresolvable as problem:
        message = f"The schema refers to what is not in it: {_short(str(problem))}."
        raise ParameterError(message) from None
    return None if error is None else f"{_short(error.json_path)}: {_short(error.message)}"


def _json_text(answer: str, *, fenced: bool) -> str:
    fences = _FENCE.findall(answer) if fenced else []
    # Models that correct themselves write the better one last.
    return fences[-1] if fences else answer


def _version(schema: Mapping[str, Any]) -> str:
    """Name the schema in the version: another schema's scores stand beside these."""
    text = json.dumps(schema, sort_keys=True, default=str)
    return f"1-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"


def _short(text: str) -> str:
    return shorten(render_plain(text), _DETAIL)
