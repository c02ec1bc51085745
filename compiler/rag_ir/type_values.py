"""Types of the language as values: what `T[]`, `map<T>`, `T?`, records and unions are, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Literal

from rag_ir.record import record

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


@record
class Primitive:
    """`string int float bool json`, or `null`, which only stands in unions."""

    name: PrimitiveName


@record
class ListOf:
    """`T[]`"""

    item: TypeValue


@record
class MapOf:
    """`map<T>`: an object whose members all have one type."""

    value: TypeValue


@record
class RecordField:
    """A field of a record. One that is not required may be absent; it is declared `T?`, so its type admits null."""

    name: str
    type: TypeValue
    required: bool
    doc: str = ""


@record
class Record:
    """`{ field: T .. }`"""

    fields: tuple[RecordField, ...]


@record
class Literals:
    """`"a" | "b"`: one of these strings."""

    values: tuple[str, ...]


@record
class Union:
    """`A | B`, `T?`: at least two members, none of them a union."""

    members: tuple[TypeValue, ...]


@record
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


def union(members: Sequence[TypeValue]) -> TypeValue:
    """The union of types: flat, each member once, literals together, null last.

    `json` with anything is `json`; `json?` alone stays what it is, because a field so declared may be left out.
    """
    flat: list[TypeValue] = []
    for member in members:
        for part in member.members if isinstance(member, Union) else (member,):
            if part not in flat:
                flat.append(part)
    if JSON in flat:
        return Union((JSON, NULL)) if NULL in flat else JSON
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


def may_be_absent(type_: TypeValue) -> bool:
    """Whether a field of this type may be left out: it is declared `T?`."""
    return isinstance(type_, Union) and NULL in type_.members


def references(type_: TypeValue) -> Iterator[str]:
    """The names in a type, as they stand, with repetitions."""
    match type_:
        case Named(name):
            yield name
        case ListOf(inner) | MapOf(inner):
            yield from references(inner)
        case Record(fields):
            for field in fields:
                yield from references(field.type)
        case Union(members):
            for member in members:
                yield from references(member)
        case Primitive() | Literals():
            return


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
            return " | ".join(encode_basestring(value) for value in values)
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
    """The type as `[]` and `?` may follow it: a bare `A | B` in parentheses."""
    text = spell_out(type_)
    bare = isinstance(type_, Union) and NULL not in type_.members
    return f"({text})" if bare or (isinstance(type_, Literals) and len(type_.values) > 1) else text


def _literals_together(members: list[TypeValue]) -> list[TypeValue]:
    values = [value for member in members if isinstance(member, Literals) for value in member.values]
    if not values:
        return members
    merged = Literals(tuple(dict.fromkeys(values)))
    first = next(at for at, member in enumerate(members) if isinstance(member, Literals))
    rest = [member for member in members[first:] if not isinstance(member, Literals)]
    return [*members[:first], merged, *rest]
