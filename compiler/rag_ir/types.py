"""Types of the language as values, and the closed subset of JSON Schema that carries them in the IR.

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rag_ir.graph import Json, Schema

PrimitiveName = Literal["string", "int", "float", "bool", "null", "json"]

ALIASES: Mapping[str, PrimitiveName] = {
    "string": "string",
    "text": "string",
    "int": "int",
    "integer": "int",
    "float": "float",
    "number": "float",
    "bool": "bool",
    "boolean": "bool",
    "json": "json",
    "object": "json",
    "any": "json",
}
"""Every spelling of a primitive type in source, with its canonical name; `null` has none, it is part of `T?`."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """`string int float bool json`, or `null`, which only stands in unions."""

    name: PrimitiveName


@dataclass(frozen=True, slots=True)
class ListOf:
    """`T[]`"""

    item: TypeValue


@dataclass(frozen=True, slots=True)
class MapOf:
    """`map<T>`: an object whose members all have one type."""

    value: TypeValue


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a record. One that is not required may be absent; it is declared `T?`, so its type admits null."""

    name: str
    type: TypeValue
    required: bool
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """`{ field: T .. }`"""

    fields: tuple[RecordField, ...]


@dataclass(frozen=True, slots=True)
class Literals:
    """`"a" | "b"`: one of these strings."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """`A | B`, `T?`: at least two members, none of them a union."""

    members: tuple[TypeValue, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A declared record, or `message`."""

    name: str


TypeValue = Primitive | ListOf | MapOf | Record | Literals | Union | Named

STRING = Primitive("string")
INT = Primitive("int")
FLOAT = Primitive("float")
BOOL = Primitive("bool")
NULL = Primitive("null")
JSON = Primitive("json")

_SCHEMA_NAMES: dict[PrimitiveName, str] = {
    "string": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "null": "null",
}
_PRIMITIVES = {schema: Primitive(name) for name, schema in _SCHEMA_NAMES.items()}
_REFERENCE = "#/types/"


def union(members: Sequence[TypeValue]) -> TypeValue:
    """The union of types: flat, each member once, literals together, null last; `json` with anything is `json`."""
    flat: list[TypeValue] = []
    for member in members:
        for part in member.members if isinstance(member, Union) else (member,):
            if part not in flat:
                flat.append(part)
    if JSON in flat:
        return JSON
    flat = _literals_together(flat)
    if NULL in flat:
        flat = [*(part for part in flat if part != NULL), NULL]
    return flat[0] if len(flat) == 1 else Union(tuple(flat))


def optional(inner: TypeValue) -> TypeValue:
    """`T?`"""
    return union((inner, NULL))


def nullable(type_: TypeValue) -> bool:
    """Whether null is a value of the type itself (a name's declaration is not looked at)."""
    return type_ in (NULL, JSON) or (isinstance(type_, Union) and NULL in type_.members)


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


def spell_out(type_: TypeValue) -> str:
    """The type in the language's syntax; null alone is written `null`."""
    match type_:
        case Primitive(name) | Named(name):
            return name
        case ListOf(item):
            return f"{_enclosed(item)}[]"
        case MapOf(value):
            return f"map<{spell_out(value)}>"
        case Literals(values):
            return " | ".join(_quoted(value) for value in values)
        case Record(fields):
            return (
                "{ " + ", ".join(f"{field.name}: {spell_out(field.type)}" for field in fields) + " }"
                if fields
                else "{}"
            )
        case Union(members):
            rest = tuple(member for member in members if member != NULL)
            if len(rest) == len(members):
                return " | ".join(spell_out(member) for member in members)
            return f"{_enclosed(rest[0] if len(rest) == 1 else Union(rest))}?"


def _enclosed(type_: TypeValue) -> str:
    text = spell_out(type_)
    simple = not isinstance(type_, Union) and not (isinstance(type_, Literals) and len(type_.values) > 1)
    return text if simple else f"({text})"


def _quoted(value: str) -> str:
    from json.encoder import encode_basestring

    return encode_basestring(value)


def _literals_together(members: list[TypeValue]) -> list[TypeValue]:
    values = [value for member in members if isinstance(member, Literals) for value in member.values]
    if not values:
        return members
    merged = Literals(tuple(dict.fromkeys(values)))
    first = next(at for at, member in enumerate(members) if isinstance(member, Literals))
    rest = [member for member in members[first:] if not isinstance(member, Literals)]
    return [*members[:first], merged, *rest]


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
