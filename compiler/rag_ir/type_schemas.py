"""Types as JSON Schema: the closed subset that carries them in the IR.

    string int float bool null   {"type": "string" | "integer" | "number" | "boolean" | "null"}
    json                         {}
    T[]                          {"type": "array", "items": T}
    map<T>                       {"type": "object", "additionalProperties": T}
    { f: T  g: U? }              {"type": "object", "properties": {"f": T, "g": U or null}, "required": ["f"]}
    T?  A | B                    {"anyOf": [T, {"type": "null"}]}   {"anyOf": [A, B]}
    "a" | "b"                    {"type": "string", "enum": ["a", "b"]}
    a declared record, message   {"$ref": "#/types/NAME"}   {"$ref": "#/types/message"}

`description` and `default` may stand beside any of them. A record admits members that it does not name. `message` is built in:
`MESSAGE` is its schema, and no declaration may be called so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_ir.type_values import (
    JSON,
    STRING,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    RecordField,
    TypeValue,
    Union,
    optional,
    spell_out,
    union,
)

if TYPE_CHECKING:
    from rag_ir.graph import Json, Schema
    from rag_ir.type_values import PrimitiveName

_SCHEMA_NAMES: dict[PrimitiveName, str] = {
    "string": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "null": "null",
}
_PRIMITIVES = {schema: Primitive(name) for name, schema in _SCHEMA_NAMES.items()}
_REFERENCE = "#/types/"


def to_schema(type_: TypeValue, doc: str = "") -> dict[str, Json]:
    """The type as JSON Schema of the subset; `doc` becomes its description."""
    schema = _schema(type_)
    if doc:
        schema["description"] = doc
    return schema


def from_schema(schema: Schema) -> TypeValue:
    """The type of a schema of the subset. Raises ValueError for any other (see `schemas.problems`)."""
    if "$ref" in schema:
        return Named(str(schema["$ref"]).removeprefix(_REFERENCE))
    if "anyOf" in schema:
        return union([from_schema(_object(member)) for member in _array(schema["anyOf"])])
    if "enum" in schema:
        return Literals(tuple(str(value) for value in _array(schema["enum"])))
    kind = schema.get("type")
    if kind == "array":
        return ListOf(from_schema(_object(schema.get("items", {}))))
    if kind == "object":
        return _from_object(schema)
    if isinstance(kind, str) and kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    if kind is None:
        return JSON
    raise ValueError(f"`{kind}` is no type of the subset")


def describe(schema: Schema) -> str:
    """The schema in the language's own syntax, for messages. Raises ValueError as `from_schema` does."""
    return spell_out(from_schema(schema))


def _schema(type_: TypeValue) -> dict[str, Json]:
    match type_:
        case Primitive("json"):
            return {}
        case Primitive(name):
            return {"type": _SCHEMA_NAMES[name]}
        case ListOf(item):
            return {"type": "array", "items": _schema(item)}
        case MapOf(value):
            return {"type": "object", "additionalProperties": _schema(value)}
        case Record(fields):
            return {
                "type": "object",
                "properties": {field.name: to_schema(field.type, field.doc) for field in fields},
                "required": [field.name for field in fields if field.required],
            }
        case Literals(values):
            return {"type": "string", "enum": [*values]}
        case Union(members):
            return {"anyOf": [_schema(member) for member in members]}
        case Named(name):
            return {"$ref": _REFERENCE + name}


def _from_object(schema: Schema) -> TypeValue:
    if "properties" not in schema:
        return MapOf(from_schema(_object(schema.get("additionalProperties", {}))))
    required = _array(schema.get("required", []))
    fields: list[RecordField] = []
    for name, member in _object(schema["properties"]).items():
        shape = _object(member)
        fields.append(RecordField(name, from_schema(shape), name in required, str(shape.get("description", ""))))
    return Record(tuple(fields))


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ValueError("a schema is an object")
    return value


def _array(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise ValueError("a list must stand here")
    return value


MESSAGE: Schema = to_schema(
    Record(
        (
            RecordField("role", Literals(("system", "user", "assistant", "tool")), required=True),
            RecordField("content", JSON, required=True),
            RecordField("id", optional(STRING), required=False),
            RecordField("name", optional(STRING), required=False),
            RecordField("tool_calls", optional(ListOf(JSON)), required=False),
            RecordField("tool_call_id", optional(STRING), required=False),
        )
    )
)
