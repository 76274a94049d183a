"""Schemas as servers take them: closed, complete, without what a strict mode refuses."""

import dataclasses
import decimal
import typing
import uuid

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from toprouter_nb.structured_schema import MOST_REPEATED, close_schema, is_closed


class Leaf(BaseModel):
    kind: typing.Literal["leaf"]
    title: str = Field(default="t", description="What it is called", min_length=2, max_length=5)


class Tree(BaseModel):
    kind: typing.Literal["tree"]
    kids: list["Tree | Leaf"] = Field(max_length=3)


class Forest(BaseModel):
    first: typing.Annotated[Tree | Leaf, Field(discriminator="kind")]
    best: Leaf = Field(description="beside a reference")


NUMBERS = {"items": {"type": "integer"}, "type": "array"}


def objects(schema):
    """Yield every object schema of a schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from objects(part)
    elif isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)


@pytest.mark.parametrize("data_model", [Leaf, Tree, Forest])
def test_every_object_is_closed_and_complete(data_model):
    """At every depth all properties are required and no others allowed, also in a model that holds itself."""
    closed = close_schema(TypeAdapter(data_model).json_schema())
    assert closed["type"] == "object"
    assert is_closed(closed)
    for found in objects(closed):
        assert found["required"] == list(found["properties"])
        assert found["additionalProperties"] is False


def test_what_a_strict_mode_refuses_is_left_out():
    """No title, default, discriminator, oneOf, length or word beside a reference; a property called title stays."""
    written = str(close_schema(TypeAdapter(Forest).json_schema()))
    for word in (
        "default",
        "discriminator",
        "oneOf",
        "minLength",
        "maxLength",
        "beside a reference",
        "'title': 'Kind'",
    ):
        assert word not in written
    leaf = close_schema(TypeAdapter(Leaf).json_schema())
    assert leaf["properties"]["title"] == {"type": "string", "description": "What it is called"}


@pytest.mark.parametrize(
    ("data_model", "kept"),
    [
        (typing.Annotated[str, Field(pattern="^a+$")], {"pattern": "^a+$", "type": "string"}),
        (typing.Annotated[str, Field(pattern="a+")], {"type": "string"}),
        (decimal.Decimal, {"anyOf": [{"type": "number"}, {"type": "string"}]}),
        (uuid.UUID, {"format": "uuid", "type": "string"}),
        (bytes, {"type": "string"}),
        (typing.Annotated[list[int], Field(max_length=9)], {**NUMBERS, "maxItems": 9}),
        (typing.Annotated[list[int], Field(max_length=MOST_REPEATED + 1)], NUMBERS),
    ],
)
def test_patterns_formats_and_bounds_are_kept_where_all_take_them(data_model, kept):
    """A pattern must match the whole and not look ahead, a format be known, a bound small enough for a grammar."""
    assert close_schema(TypeAdapter(data_model).json_schema()) == kept


@pytest.mark.parametrize("data_model", [dict[str, int], dict, typing.Any, tuple[int, str], list[dict[str, int]]])
def test_what_is_open_is_not_called_strict(data_model):
    """Maps, anything and tuples have no closed schema, so the strict mode is not asked for."""
    assert not is_closed(close_schema(TypeAdapter(data_model).json_schema()))


def test_the_schema_given_is_not_changed():
    """Closing returns a new schema."""

    @dataclasses.dataclass
    class Point:
        x: int

    schema = TypeAdapter(Point).json_schema()
    before = str(schema)
    close_schema(schema, keeps_lengths=True)
    assert str(schema) == before
