"""A JSON schema as model servers take it: closed, every property required, only keywords they all know.

Pure: a schema in, a schema out. Knows nothing of data models, requests or servers.
"""

import re
from collections.abc import Mapping
from typing import Any

# What servers with a strict mode refuse or leave out of it; what they leave out is checked when the answer is read.
_DROPPED = frozenset(
    {"title", "default", "examples", "discriminator", "deprecated", "readOnly", "writeOnly", "contentMediaType"}
)
_LENGTHS = frozenset({"minLength", "maxLength"})
# Those of OpenAI's strict mode; another one makes it refuse the request.
_FORMATS = frozenset({"date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
# The grammar of the embedded model repeats a rule as often as a bound says, and refuses to from about a thousand on.
MOST_REPEATED = 500
_PLAIN_PATTERN = re.compile(r"\^(?:(?!\(\?).)*\$", re.DOTALL)
_REPEATED = frozenset({"maxLength", "minLength", "maxItems", "minItems"})


def close_schema(schema: Mapping[str, Any], *, keeps_lengths: bool = False) -> dict[str, Any]:
    """Return a schema whose objects take their own properties only, and all of them.

    Parameters
    ----------
    schema
        A JSON schema as pydantic writes it; it is not changed.
    keeps_lengths
        True keeps the lengths of texts, up to 500: the grammar of a local model enforces them. False drops them:
        a server with a strict mode may refuse them.

    Examples
    --------
    >>> close_schema({"type": "object", "properties": {"city": {"type": "string", "title": "City"}}})
    {'type': 'object', 'properties': {'city': {'type': 'string'}}, 'required': ['city'], 'additionalProperties': False}
    """
    root = dict(schema)
    name = str(root.get("$ref", "")).removeprefix("#/$defs/")
    if name in root.get("$defs", {}):  # a model that holds itself; servers want an object at the root
        root = {"$defs": root["$defs"], **root["$defs"][name]}
    return _close(root, keeps_lengths=keeps_lengths)


def is_closed(schema: object) -> bool:
    """Say whether every object below is closed, so that a strict mode can take the schema.

    Examples
    --------
    >>> is_closed({"type": "object", "additionalProperties": {"type": "integer"}})
    False
    """
    if isinstance(schema, list):
        return all(map(is_closed, schema))
    if not isinstance(schema, Mapping):
        return True
    if not schema or "prefixItems" in schema:
        return False
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return False
    below = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    return all(map(is_closed, [*below, *(schema[name] for name in ("items", "anyOf") if name in schema)]))


def _close(schema: Mapping[str, Any], *, keeps_lengths: bool) -> dict[str, Any]:
    def close(value: Any) -> Any:
        return _close(value, keeps_lengths=keeps_lengths) if isinstance(value, Mapping) else value

    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    closed: dict[str, Any] = {}
    for name, value in schema.items():
        if name in ("properties", "$defs"):
            closed[name] = {key: close(part) for key, part in value.items()}
        elif name in ("anyOf", "oneOf", "prefixItems"):
            closed["anyOf" if name == "oneOf" else name] = [close(part) for part in value]
        elif name == "allOf" and len(value) == 1:
            closed |= close(value[0])
        elif name in ("items", "additionalProperties"):
            closed[name] = close(value)
        elif _is_kept(name, value, keeps_lengths=keeps_lengths):
            closed[name] = value
    if "properties" in closed:
        # Strict modes want every property; one that may be missing is one that may be null.
        closed["required"] = list(closed["properties"])
        closed["additionalProperties"] = False
    return closed


def _is_kept(name: str, value: object, *, keeps_lengths: bool) -> bool:
    if name in _DROPPED or (name in _LENGTHS and not keeps_lengths):
        return False
    if name in _REPEATED and isinstance(value, int):
        return value <= MOST_REPEATED
    if name == "format":
        return value in _FORMATS
    # Grammars take whole matches only, and none of them looks ahead.
    return name != "pattern" or bool(isinstance(value, str) and _PLAIN_PATTERN.fullmatch(value))
