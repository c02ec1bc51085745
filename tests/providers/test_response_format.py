"""`response_format`: the schema that a server gets is the type's own, closed where the type allows it, and an object in any case."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.canonical import compact
from rag_ir.graph import Json, Schema
from rag_ir.types import TypeProblem, parse_type, problems, to_schema
from rag_runtime.providers.response_format import instruction, response_format, unwrapped
from rag_runtime.providers.smallest import smallest
from rag_runtime.tasks.fit import standing_alone

# The library has no types of its own.
VALIDATOR: Any = import_module("jsonschema").Draft202012Validator


def schema_of(text: str, types: Mapping[str, Schema] | None = None) -> dict[str, Json]:
    """The schema of a type, standing alone."""
    type_ = parse_type(text)
    assert not isinstance(type_, TypeProblem)
    return standing_alone(to_schema(type_), types or {})


def sent(schema: Schema) -> tuple[bool, dict[str, Json]]:
    """Whether a server is held to the schema, and the schema."""
    described = cast("dict[str, Json]", response_format(schema)["json_schema"])
    return bool(described["strict"]), cast("dict[str, Json]", described["schema"])


def test_a_record_is_closed_and_what_may_be_left_out_is_null() -> None:
    number: Json = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    inner: Json = {"type": "object", "properties": {"c": number}, "required": ["c"], "additionalProperties": False}
    assert sent(schema_of("{ a: string  b: { c: int? }[] }")) == (
        True,
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": inner}},
            "required": ["a", "b"],
            "additionalProperties": False,
        },
    )


@pytest.mark.parametrize(
    "text", ["{ a: json }", "{ a: map<int> }", "{ a: message }", "{ a: json[] }", "{ a: int | json }"]
)
def test_a_record_that_cannot_be_closed_is_sent_as_it_is(text: str) -> None:
    schema = schema_of(text)
    assert sent(schema) == (False, schema)


@pytest.mark.parametrize("text", ["string", "int[]", "string?", "map<int>", "json", '"a" | "b"'])
def test_what_is_no_record_travels_in_one(text: str) -> None:
    schema = schema_of(text)
    strict, outer = sent(schema)
    assert strict == (text not in ("map<int>", "json"))
    assert outer["properties"] == {"value": schema}
    value = smallest(schema)
    assert unwrapped(schema, compact({"value": value})) == compact(value)


def test_a_declared_record_stands_at_the_root_with_those_that_it_names() -> None:
    tree = to_schema(cast("Any", parse_type("{ name: string  children: Tree[]  mark: Mark }")))
    mark = to_schema(cast("Any", parse_type("{ at: int }")))
    strict, schema = sent(schema_of("Tree", {"Tree": tree, "Mark": mark}))
    assert strict
    assert schema["type"] == "object"
    assert cast("dict[str, Json]", schema["$defs"]).keys() == {"Tree", "Mark"}
    value: dict[str, Json] = {
        "name": "a",
        "children": [{"name": "b", "children": [], "mark": {"at": 2}}],
        "mark": {"at": 1},
    }
    assert VALIDATOR(schema).is_valid(value)
    assert not VALIDATOR(schema).is_valid({**value, "children": [{}]})


def test_definitions_stay_within_reach_of_a_wrapped_list() -> None:
    _, schema = sent(schema_of("Mark[]", {"Mark": to_schema(cast("Any", parse_type("{ at: int }")))}))
    assert VALIDATOR(schema).is_valid({"value": [{"at": 1}]})
    assert not VALIDATOR(schema).is_valid({"value": [{"at": "1"}]})


def test_defaults_are_not_sent_where_a_server_is_held_to_the_schema() -> None:
    field: Json = {"type": "integer", "default": 1}
    _, schema = sent({"type": "object", "properties": {"default": field}, "required": ["default"]})
    assert schema["properties"] == {"default": {"type": "integer"}}


def test_a_model_can_be_told_the_schema() -> None:
    assert instruction(schema_of("int[]")).endswith(' nothing else: {"type":"array","items":{"type":"integer"}}')


TYPES = st.recursive(
    st.sampled_from(["string", "int", "bool", "json", '"a" | "b"', "int?"]),
    lambda inner: (
        inner.map(lambda text: f"({text})[]")
        | inner.map(lambda text: f"map<{text}>")
        | st.tuples(inner, inner).map(lambda both: f"{{ x: {both[0]}  y: ({both[1]})? }}")
    ),
    max_leaves=6,
)


@given(TYPES)
def test_the_smallest_value_fits_what_is_sent_and_comes_back(text: str) -> None:
    schema = schema_of(text)
    strict, wire = sent(schema)
    VALIDATOR.check_schema(wire)
    value = smallest(wire)
    assert VALIDATOR(wire).is_valid(value)
    assert problems(json.loads(unwrapped(schema, compact(value))), schema, {}) == []
    if strict:
        assert all(each.get("additionalProperties") is False for each in objects(wire))


def objects(schema: Json) -> Iterator[dict[str, Json]]:
    """The schemas of objects in a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)
