"""Schemas of others become schemas of the subset: never narrower, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json
from rag_ir.shapes import schema_problems
from rag_registry.foreign_schema import foreign_schema, object_schema

STRING: dict[str, Json] = {"type": "string"}

SCHEMAS: list[tuple[Json, Json]] = [
    ({}, {}),
    (True, {}),
    ({"type": "string", "minLength": 3, "format": "uri", "title": "T"}, STRING),
    ({"type": "integer", "minimum": 1, "default": 3}, {"type": "integer", "default": 3}),
    ({"type": "integer", "default": "x"}, {"type": "integer"}),
    ({"type": "string", "default": None, "description": "What."}, {"type": "string", "description": "What."}),
    ({"type": ["string", "null"]}, {"anyOf": [STRING, {"type": "null"}]}),
    ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
    ({"enum": ["a", 1, None]}, {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer"}, {"type": "null"}]}),
    ({"enum": [[1]]}, {}),
    ({"const": "a"}, {"type": "string", "enum": ["a"]}),
    ({"const": 1.5}, {"type": "number"}),
    ({"type": "array"}, {"type": "array", "items": {}}),
    ({"type": "array", "items": STRING, "maxItems": 3}, {"type": "array", "items": STRING}),
    ({"type": "array", "items": [STRING]}, {"type": "array", "items": {}}),
    ({"type": "object"}, {"type": "object", "additionalProperties": {}}),
    ({"type": "object", "additionalProperties": STRING}, {"type": "object", "additionalProperties": STRING}),
    ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": {}}),
    (
        {"properties": {"a": STRING, "b": {}}, "required": ["a", "c"], "additionalProperties": False},
        {"type": "object", "properties": {"a": STRING, "b": {}}, "required": ["a"]},
    ),
    ({"oneOf": [STRING, {"type": "integer"}]}, {"anyOf": [STRING, {"type": "integer"}]}),
    ({"anyOf": [STRING, STRING]}, STRING),
    ({"anyOf": [STRING, {"not": STRING}]}, {}),
    ({"anyOf": [STRING, {"anyOf": [{"type": "null"}, STRING]}]}, {"anyOf": [STRING, {"type": "null"}]}),
    ({"allOf": [STRING]}, STRING),
    ({"allOf": [STRING, {"minLength": 3}]}, {}),
    ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": STRING}}, STRING),
    ({"$ref": "#/$defs/no"}, {}),
    ({"$ref": "https://elsewhere.test/schema"}, {}),
    ({"type": "sting"}, {}),
    ({"type": 3}, {}),
]


@pytest.mark.parametrize(("given_", "expected"), SCHEMAS)
def test_schemas(given_: Json, expected: Json) -> None:
    assert foreign_schema(given_) == expected


def test_what_contains_itself_ends() -> None:
    tree: Json = {"$ref": "#/$defs/t", "$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}}
    assert not list(schema_problems(dict(foreign_schema(tree))))
    parts: list[Json] = [{"type": "array", "items": {"$ref": "#/$defs/t"}}] * 9
    wide: Json = {
        "$ref": "#/$defs/t",
        "$defs": {"t": {"anyOf": parts}},
    }
    assert not list(schema_problems(dict(foreign_schema(wide))))


def test_arguments_are_an_object() -> None:
    nothing: Json = {"type": "object", "properties": {}, "required": []}
    assert object_schema({"type": "object"}) == nothing
    assert object_schema(STRING) == nothing
    assert object_schema(None) == nothing


WORDS = st.sampled_from(
    ["type", "string", "object", "properties", "items", "anyOf", "enum", "$ref", "#", "#/properties/x", "x"]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(ANY)
def test_any_schema_gives_one_of_the_subset(schema: Json) -> None:
    assert not list(schema_problems(dict(foreign_schema(schema))))
    assert "properties" in object_schema(schema)
