"""What an answer shall look like: a data model as the schema that is sent, and answers as its instances.

Knows nothing of history, display or tables.
"""

import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import ParameterError, StructuredReplyError
from .params import is_local_id
from .plain import shorten
from .structured_schema import close_schema, is_closed

if TYPE_CHECKING:
    from pydantic import ValidationError

    from .reply import Reply

# What OpenAI allows for the name of a schema, with letters, digits, _ and -.
_NAME_CHARACTERS = 64
_SHOWN_FAULTS = 3
_FAULT_CHARACTERS = 200
# Some models put their JSON into a fence although they were asked for JSON alone.
_FENCE = re.compile(r"\s*```[\w-]*\s*\n(.*?)\n?\s*```\s*", re.DOTALL)


class Shape:
    """The shape of an answer.

    Life: `response_format` for the request; `read` for each answer.

    Parameters
    ----------
    data_model
        A pydantic model, dataclass, TypedDict, or any type pydantic knows: `list[Model]`, a Literal, `int`.

    Attributes
    ----------
    name
        What the schema is called in the request.
    is_wrapped
        True where the type is no object by itself: it then travels as the only property of one.

    Raises
    ------
    ParameterError
        It is no type that has a JSON schema.

    Examples
    --------
    >>> Shape(list[int]).name
    'list_int'
    """

    def __init__(self, data_model: Any) -> None:
        from pydantic import TypeAdapter, create_model

        if inspect.isroutine(data_model):  # pydantic would describe its arguments
            raise _no_model(data_model, TypeError("a function is no type"))
        self.name = _name_of(data_model)
        modern = _modernise(data_model)
        try:
            adapter = TypeAdapter[Any](modern)
            self.schema = adapter.json_schema()
            self.is_wrapped = "properties" not in close_schema(self.schema)
            if self.is_wrapped:
                adapter = TypeAdapter(create_model(self.name, value=(modern, ...)))
                self.schema = adapter.json_schema()
        except Exception as error:  # noqa: BLE001 - pydantic, and the annotations of a model, may raise anything
            raise _no_model(data_model, error) from None
        self._adapter = adapter

    def response_format(self, model: str) -> dict[str, Any]:
        """Return the request option that asks a model for this shape.

        References
        ----------
        The `response_format` of type `json_schema` of OpenAI's Chat Completions, with its strict mode.
        """
        schema = close_schema(self.schema, keeps_lengths=is_local_id(model))
        # Strict only where the schema is closed everywhere: a server refuses the whole request otherwise.
        asked = {"name": self.name, "schema": schema, "strict": is_closed(schema)}
        return {"type": "json_schema", "json_schema": asked}

    def read(self, reply: "Reply") -> Any:
        """Return the answer as an instance of the data model.

        Raises
        ------
        StructuredReplyError
            The model refused, or the answer is no JSON of this shape; `partial` is the reply.
        """
        from pydantic import ValidationError

        refused = _refusal_of(reply)
        if refused is not None:
            message = f"The model refused to answer as {self.name}: {refused} The reply stays in the conversation."
            raise StructuredReplyError(message, kind="moderation", partial=reply, attempts=reply.attempts)
        fenced = _FENCE.fullmatch(reply.text)
        try:
            data = self._adapter.validate_json(fenced[1] if fenced else reply.text)
        except ValidationError as error:
            faults = _faults_of(error)
        except Exception as error:  # noqa: BLE001 - a check of the caller's own model may raise anything
            faults = f"a check of {self.name} failed with {type(error).__name__}: {shorten(str(error), 200)}"
        else:
            return data.value if self.is_wrapped else data
        raise self._misfit(reply, faults)

    def dump(self, data: Any) -> dict[str, Any]:
        """Return the fields of an instance by name; what is inside them is dicts and lists."""
        values: dict[str, Any] = self._adapter.dump_python(data)
        return values

    def fields(self) -> dict[str, Any]:
        """Return the schema of each field by name; {} for a shape that is wrapped."""
        # By the names in Python, as `dump` gives them; the request has the aliases.
        schema = self._adapter.json_schema(by_alias=False)
        name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
        root = schema.get("$defs", {}).get(name, schema)
        return {} if self.is_wrapped else dict(root.get("properties", {}))

    def unwrap(self, data: Any) -> Any:
        """Return what the data of an answer that still grows hold of the shape; None before it begins."""
        return data.get("value") if self.is_wrapped and isinstance(data, Mapping) else data

    def _misfit(self, reply: "Reply", faults: str) -> StructuredReplyError:
        if reply.finish_reason == "length":
            message = (
                f"The answer was cut at the token limit before its JSON was a whole {self.name}. "
                "Raise max_tokens, or ask for less."
            )
        else:
            message = (
                f"The answer is no {self.name}: {faults}. The reply stays in the conversation and is on error.partial; "
                "ask(..., repair=True) tells the model what was wrong and asks once more."
            )
        return StructuredReplyError(message, partial=reply, attempts=reply.attempts, faults=faults)


def shape_of(data_model: Any) -> Shape | None:
    """Return the shape of a data model; None stays None, and a shape is one already."""
    return data_model if data_model is None or isinstance(data_model, Shape) else Shape(data_model)


def repair_request(error: StructuredReplyError) -> str:
    """Return what the model is told after an answer that did not fit."""
    return (
        f"That answer cannot be used: {error.faults}. Answer the same question again, "
        "with nothing but JSON that follows the schema."
    )


def is_repairable(error: StructuredReplyError) -> bool:
    """Say whether asking again may help: not after a refusal, nor where the token limit would cut it again."""
    return bool(error.faults) and (error.partial is None or error.partial.finish_reason != "length")


def _refusal_of(reply: "Reply") -> str | None:
    """Return the words of a refusal; None where there was none."""
    choices = reply.raw.get("choices") or [{}]
    said = choices[0].get("message") if isinstance(choices[0], Mapping) else None
    words = said.get("refusal") if isinstance(said, Mapping) else None
    if isinstance(words, str) and words.strip():
        return shorten(words.strip(), 400)
    return "a content filter held the answer back." if reply.finish_reason == "content_filter" else None


def _faults_of(error: "ValidationError") -> str:
    """Say what is wrong, without the input and without links: at most three faults."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    said = []
    for fault in found[:_SHOWN_FAULTS]:
        place = ".".join(str(step) for step in fault["loc"])
        said.append(shorten(f"{place}: {fault['msg']}" if place else fault["msg"], _FAULT_CHARACTERS))
    more = len(found) - len(said)
    return "; ".join(said) + (f"; and {more} more" if more else "")


def _name_of(data_model: Any) -> str:
    written = getattr(data_model, "__name__", "") if isinstance(data_model, type) else ""
    if typing.get_args(data_model) or not written:
        written = re.sub(r"\b(?:\w+\.)+", "", str(data_model))
    return re.sub(r"[^A-Za-z0-9]+", "_", written).strip("_")[:_NAME_CHARACTERS] or "answer"


def _modernise(annotation: Any) -> Any:
    """Make the TypedDicts in a type such as pydantic reads them: before Python 3.12 it wants those of its own."""
    if sys.version_info >= (3, 12):
        return annotation
    import typing_extensions

    if typing_extensions.is_typeddict(annotation):
        hints = typing.get_type_hints(annotation, include_extras=True)
        fields = {name: _modernise(hint) for name, hint in hints.items()}
        return typing_extensions.TypedDict(annotation.__name__, fields)  # type: ignore[operator]  # made at run time
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_modernise(argument) for argument in arguments)]  # noqa: UP007 - made at run time
    if origin in (list, dict, set, tuple, frozenset):
        return origin[tuple(_modernise(argument) for argument in arguments)]
    return annotation


def _no_model(data_model: Any, error: Exception) -> ParameterError:
    reason = str(error).strip().partition("\n")[0]
    message = (
        f"data_model takes a type with a JSON schema, such as a pydantic model, a dataclass or list[Model], "
        f"not {shorten(repr(data_model), 80)} ({type(error).__name__}: {shorten(reason, 200)})."
    )
    return ParameterError(message)
