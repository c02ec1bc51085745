"""Structured output as servers of chat completions take it: `response_format` with a JSON schema.

Their schemas have an object at the root, so that any other type travels as the member `value` of one. `strict`, with which a
server promises to keep to the schema, is asked for where its rules can be met: every record closed, every field required. A field
that may be left out may be null as well, and then is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from rag_ir.canonical import compact
from rag_ir.graph import Json, Schema
from rag_runtime.tools.foreign import NotJson, as_json

NAME = "output"
MEMBER = "value"
_DEFINITIONS = "#/$defs/"


def response_format(schema: Schema) -> dict[str, Json]:
    """The field of the request for a schema that stands alone."""
    whole = wrapped(schema) if is_wrapped(schema) else rooted(schema)
    strict = _is_strict(whole)
    sent = _closed(whole) if strict else whole
    return {"type": "json_schema", "json_schema": {"name": NAME, "strict": strict, "schema": sent}}


def unwrapped(schema: Schema, content: str) -> str:
    """The answer's JSON without the object around it; as it is where there is none, or where it cannot be read."""
    if not is_wrapped(schema):
        return content
    try:
        read = as_json(json.loads(content))
    except (ValueError, RecursionError, NotJson):
        return content
    return compact(read[MEMBER]) if isinstance(read, dict) and read.keys() == {MEMBER} else content


def instruction(schema: Schema) -> str:
    """What a model is told that has no such field."""
    return f"Answer with JSON of this schema and nothing else: {compact({**schema})}"


def is_wrapped(schema: Schema) -> bool:
    """Whether a type is no record, so that it travels in one."""
    return "properties" not in rooted(schema)


def rooted(schema: Schema) -> dict[str, Json]:
    """The schema with the record that it names in its own place."""
    reference = schema.get("$ref")
    definitions = schema.get("$defs")
    if not isinstance(reference, str) or not isinstance(definitions, dict):
        return {**schema}
    named = definitions.get(reference.removeprefix(_DEFINITIONS))
    return {**named, "$defs": definitions} if isinstance(named, dict) else {**schema}


def wrapped(schema: Schema) -> dict[str, Json]:
    """The record that a type travels in."""
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    outer: dict[str, Json] = {"type": "object", "properties": {MEMBER: inner}, "required": [MEMBER]}
    return {**outer, "$defs": schema["$defs"]} if "$defs" in schema else outer


def _is_strict(schema: Mapping[str, Json]) -> bool:
    """Whether every part says its type, and every object is a record whose fields are required or may be null."""
    if schema.get("type") == "object":
        properties, required = schema.get("properties"), schema.get("required")
        if not isinstance(properties, dict) or not isinstance(required, list):
            return False
        if not all(name in required or _may_be_null(field) for name, field in properties.items()):
            return False
    elif not schema.keys() & {"type", "anyOf", "$ref"}:
        return False
    return all(_is_strict(part) for part in _parts(schema))


def _may_be_null(schema: Json) -> bool:
    members = schema.get("anyOf") if isinstance(schema, dict) else None
    return isinstance(members, list) and {"type": "null"} in members


def _parts(schema: Mapping[str, Json]) -> list[dict[str, Json]]:
    parts: list[Json] = []
    for key in ("properties", "$defs"):
        members = schema.get(key)
        parts += members.values() if isinstance(members, dict) else ()
    members = schema.get("anyOf")
    parts += members if isinstance(members, list) else ()
    if "items" in schema:
        parts.append(schema["items"])
    return [part for part in parts if isinstance(part, dict)]


def _closed(schema: Mapping[str, Json]) -> dict[str, Json]:
    """The schema with every record closed, every field required, and without defaults, which `strict` does not know."""
    made: dict[str, Json] = {}
    for key, value in schema.items():
        match key, value:
            case "default", _:
                continue
            case (("properties" | "$defs"), dict()):
                members = cast("dict[str, dict[str, Json]]", value)
                made[key] = {name: _closed(member) for name, member in members.items()}
            case "anyOf", list():
                made[key] = [_closed(member) for member in cast("list[dict[str, Json]]", value)]
            case "items", dict():
                made[key] = _closed(value)
            case _:
                made[key] = value
    properties = made.get("properties")
    if isinstance(properties, dict):
        made |= {"required": [*properties], "additionalProperties": False}
    return made
