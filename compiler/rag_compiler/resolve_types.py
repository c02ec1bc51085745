"""Bind type expressions: primitives and their aliases, declared types, and what is built of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_compiler import hir, syntax
from rag_compiler.kinds import TYPE_NAMES
from rag_compiler.names import Names
from rag_compiler.sink import Sink
from rag_compiler.words import names as say
from rag_compiler.words.structure import duplicate_key
from rag_compiler.words.values import bad_value, too_deep
from rag_ir.graph import Schema
from rag_ir.types import (
    ALIASES,
    JSON,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    RecordField,
    TypeValue,
    Union,
    from_schema,
    may_be_absent,
    optional,
    union,
)
from rag_verify.flow import components

DEEPEST = 64
FOREIGN = {
    "str": "string", "Str": "string", "double": "float", "decimal": "float", "long": "int", "Boolean": "bool", "Any": "json",
    "dict": "map<json>", "Dict": "map<json>", "list": "json[]", "List": "json[]", "array": "json[]",
}  # fmt: skip
"""Types as other languages spell them."""


def bind_type(type_: syntax.TypeExpr, names: Names, sink: Sink) -> hir.Type:
    """A type with every name bound. What does not bind is `json`, and the type is not whole."""
    binder = _Binder(names, sink)
    value = binder.bind(type_, 0)
    return hir.Type(value, type_.span, binder.whole)


def type_of_schema(schema: Schema) -> TypeValue:
    """The type that a registered schema says; `json` where the language has no such type."""
    try:
        return from_schema(schema)
    except ValueError:
        return JSON


def distinct_fields(fields: Sequence[syntax.Field], sink: Sink) -> list[syntax.Field]:
    """The fields without those whose name stood before, which are reported."""
    first: dict[str, syntax.Field] = {}
    for field in fields:
        before = first.setdefault(field.name.text, field)
        if before is not field:
            sink.add(duplicate_key(sink.at(field.name.span), field.name.text, sink.at(before.name.span)))
    return list(first.values())


def check_definitions(types: Mapping[str, hir.TypeDeclaration], sinks: Mapping[str, Sink]) -> None:
    """Report types that are nothing but themselves, as `type A = A?` is; through a list, a map or a field they may be."""
    same = {name: list(_same_value(declared.type.value)) for name, declared in types.items()}
    for component in components(types, same):
        first = min(component, key=lambda name: (types[name].path, types[name].name.span))
        if len(component) > 1 or first in same[first]:
            message = f"type `{first}` is defined as itself"
            help_ = "a type may contain itself only through a list, a map or a field of a record"
            sink = sinks[types[first].path]
            sink.add(bad_value(sink.at(types[first].name.span), message, help_))


def _same_value(type_: TypeValue) -> Iterator[str]:
    """The names that a value of the type may itself be a value of."""
    for part in type_.members if isinstance(type_, Union) else (type_,):
        if isinstance(part, Named):
            yield part.name


class _Binder:
    __slots__ = ("names", "sink", "whole")

    def __init__(self, names: Names, sink: Sink) -> None:
        self.names = names
        self.sink = sink
        self.whole = True

    def bind(self, type_: syntax.TypeExpr, depth: int) -> TypeValue:
        if depth > DEEPEST:
            if not _broken(type_):
                self.sink.add(too_deep(self.sink.at(type_.span), DEEPEST, "type"))
            return self._hole()
        match type_:
            case syntax.NamedType(name):
                return self._named(name)
            case syntax.ListType(item):
                return ListOf(self.bind(item, depth + 1))
            case syntax.MapType(value):
                return MapOf(self.bind(value, depth + 1))
            case syntax.OptionalType(inner):
                return optional(self.bind(inner, depth + 1))
            case syntax.LiteralType(value):
                return Literals((value,))
            case syntax.UnionType(members):
                return union([self.bind(member, depth + 1) for member in members])
            case syntax.RecordType(fields):
                return Record(tuple(self._field(field, depth + 1) for field in distinct_fields(fields, self.sink)))
            case syntax.TypeHole():
                return self._hole()

    def _field(self, field: syntax.Field, depth: int) -> RecordField:
        if field.value is not None:
            help_ = f"declare it `{field.name.text}: T?`, or give the default where an input is declared"
            self.sink.add(bad_value(self.sink.at(field.value.span), "a record's field takes no default", help_))
        type_ = self.bind(field.type, depth) if field.type else self._hole()
        return RecordField(field.name.text, type_, not may_be_absent(type_), field.doc)

    def _named(self, name: syntax.Name) -> TypeValue:
        text = name.text
        if text in ALIASES:
            return Primitive(ALIASES[text])
        if text == "message" or text in self.names.types:
            return Named(text)
        elsewhere = "write `T?` for a type that admits null" if text == "null" else self.names.elsewhere(text, "type")
        available = [*TYPE_NAMES, *self.names.types]
        self.sink.add(
            say.unknown_type(
                self.sink.at(name.span), text, available, self.names.types, elsewhere, FOREIGN.get(text, "")
            )
        )
        return self._hole()

    def _hole(self) -> TypeValue:
        self.whole = False
        return JSON


def _broken(type_: syntax.TypeExpr) -> bool:
    """Whether a type leads straight to a hole, however deep it is: then it has been reported already."""
    while isinstance(type_, syntax.ListType | syntax.MapType | syntax.OptionalType):
        match type_:
            case syntax.ListType(item):
                type_ = item
            case syntax.MapType(value):
                type_ = value
            case syntax.OptionalType(inner):
                type_ = inner
    return isinstance(type_, syntax.TypeHole)
