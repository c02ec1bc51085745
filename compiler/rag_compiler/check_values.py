"""Constants against the types that they are declared with."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler import hir
from rag_compiler.resolve_values import NotConstant, constant
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.values import bad_value
from rag_ir.graph import Schema
from rag_ir.reducers import LISTS, NUMBERS
from rag_ir.types import FLOAT, JSON, ListOf, MapOf, Named, TypeValue, problems, to_schema

Types = Mapping[str, Schema]


def schemas(types: Mapping[str, hir.TypeDeclaration]) -> dict[str, Schema]:
    """The declared types as schemas."""
    return {name: to_schema(declared.type.value, declared.doc) for name, declared in types.items()}


def check_fields(fields: tuple[hir.Field, ...] | None, types: Types, sink: Sink) -> None:
    """The defaults of a declared input."""
    for field in fields or ():
        if field.value is not None:
            check_constant(field.value, field.type.value, f"the default of `{field.name.name}`", types, sink)


def check_graph_values(graph: hir.Graph, types: Types, sink: Sink) -> None:
    """Defaults of the input, and initial values of channels."""
    check_fields(graph.input, types, sink)
    for channel in graph.channels.values():
        if channel.initial is not None and channel.reducer is not None:
            type_ = channel_type(channel)
            what = f"the initial value of channel `{channel.name.name}`"
            check_constant(channel.initial, type_, what, types, sink)


def channel_type(channel: hir.Channel) -> TypeValue:
    """The declared type, else what the reducer makes."""
    reducer = channel.reducer.name if channel.reducer else ""
    if channel.type is not None:
        return channel.type.value
    if reducer == "messages":
        return ListOf(Named("message"))
    if reducer in LISTS:
        return ListOf(JSON)
    return MapOf(JSON) if reducer == "merge" else FLOAT if reducer in NUMBERS else JSON


def check_constant(expr: hir.Expr, type_: TypeValue, what: str, types: Types, sink: Sink) -> None:
    """Report a constant that is not of its type; what is no constant, and null, is left alone."""
    try:
        value = constant(expr)
    except NotConstant:
        return
    if value is None:
        return
    for at, message in problems(value, to_schema(type_), types):
        where = f"{what} at `{at}`" if at else what
        sink.add(bad_value(sink.at(_inside(expr, at)), f"{where} {message}", label="not of its type"))


def _inside(expr: hir.Expr, at: str) -> Span:
    """The span of the part that a JSON pointer leads to."""
    for part in at.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        match expr:
            case hir.ListOf(items) if key.isdecimal() and int(key) < len(items):
                expr = items[int(key)]
            case hir.ObjectOf(pairs) if key in dict(pairs):
                expr = dict(pairs)[key]
            case _:
                break
    return expr.span
