"""Whether values fit their types, in words; and types as something outside of the document reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from rag_ir.graph import Json, Schema
from rag_ir.types import MESSAGE, problems
from rag_runtime.seams import TaskContext

_SHOWN = 5
_REFERENCE = "#/types/"


def unfit(context: TaskContext, value: Json, schema: Schema) -> str:
    """What is wrong with a value of this type, in one line; empty if it fits."""
    found = [_said(*problem) for problem in problems(value, schema, context.document.types)]
    more = len(found) - _SHOWN
    return "; ".join(found[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _said(at: str, message: str) -> str:
    return f"`{at}`: {message}" if at else message


def standing_alone(schema: Schema, types: Mapping[str, Schema]) -> dict[str, Json]:
    """The schema with the declared records that it reaches as its own `$defs`.

    Models answer in the order in which they are shown the fields: those that must be there stand first, as they were declared.
    """
    definitions: dict[str, Json] = {}
    whole = _inlined(dict(schema), types, definitions)
    return {**whole, "$defs": dict(sorted(definitions.items()))} if definitions else whole


def _inlined(schema: dict[str, Json], types: Mapping[str, Schema], definitions: dict[str, Json]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for key, value in schema.items():
        match key, value:
            case "$ref", str():
                made[key] = _referred(value.removeprefix(_REFERENCE), types, definitions)
            case (("items" | "additionalProperties"), dict()):
                made[key] = _inlined(value, types, definitions)
            case "anyOf", list():
                members = cast("list[dict[str, Json]]", value)
                made[key] = [_inlined(member, types, definitions) for member in members]
            case "properties", dict():
                properties = cast("dict[str, dict[str, Json]]", value)
                made[key] = {
                    name: _inlined(properties[name], types, definitions) for name in _declared_order(properties, schema)
                }
            case _:
                made[key] = value
    return made


def _declared_order(properties: Mapping[str, object], schema: Mapping[str, Json]) -> list[str]:
    required = schema.get("required")
    first = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    return [name for name in dict.fromkeys((*first, *properties)) if name in properties]


def _referred(name: str, types: Mapping[str, Schema], definitions: dict[str, Json]) -> str:
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = _inlined(dict(types.get(name, MESSAGE)), types, definitions)
    return f"#/$defs/{name}"
