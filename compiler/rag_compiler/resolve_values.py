"""Bind the values of items: constants, counts, and blocks of entries."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir, syntax
from rag_compiler.kinds import LARGEST_COUNT
from rag_compiler.resolve_expressions import bind, distinct
from rag_compiler.resolve_names import Home
from rag_compiler.scope import NOWHERE, Fields, Scope
from rag_compiler.sink import Sink
from rag_compiler.words.names import unknown_field
from rag_compiler.words.values import bad_value, not_a_count, not_constant, over_limit
from rag_ir.graph import Json


class NotConstant(Exception):
    """An expression has no value before anything runs; `hole`: that has been reported."""

    def __init__(self, hole: bool) -> None:
        super().__init__("not a constant")
        self.hole = hole


def constant(expr: hir.Expr) -> Json:
    """The value of literals, and of lists and objects of them. Raises NotConstant."""
    match expr:
        case hir.Constant(value):
            return value
        case hir.ListOf(items):
            return [constant(item) for item in items]
        case hir.ObjectOf(pairs):
            return {key: constant(value) for key, value in pairs}
        case hir.Operation("neg", (hir.Constant(int() | float() as number),)) if not isinstance(number, bool):
            return -number
        case hir.Hole():
            raise NotConstant(True)
        case _:
            raise NotConstant(False)


def bind_constant(expr: syntax.Expr, item: str, sink: Sink) -> hir.Expr:
    """A constant, or a hole that has been reported; `item` says what needs it."""
    bound = bind(expr, NOWHERE, sink)
    try:
        constant(bound)
    except NotConstant as error:
        if not error.hole:
            sink.add(not_constant(sink.at(expr.span), item))
        return hir.Hole(expr.span)
    return bound


def bind_metadata(item: syntax.BlockItem | None, sink: Sink) -> dict[str, Json]:
    """A `metadata` block as JSON; what is not constant is left out, and has been reported."""
    metadata: dict[str, Json] = {}
    for pair in distinct(item.pairs, sink) if item else ():
        value = bind_constant(pair.value, "metadata", sink)
        if not isinstance(value, hir.Hole):
            metadata[pair.key.text] = constant(value)
    return metadata


def bind_count(value: syntax.Expr | None, word: str, sink: Sink) -> int | None:
    """An integer of at least one; null where it is missing or wrong."""
    match value:
        case None | syntax.Hole():
            return None
        case syntax.Literal(int() as count) if not isinstance(count, bool) and 1 <= count <= LARGEST_COUNT:
            return count
        case syntax.Literal(int() as count) if not isinstance(count, bool) and count > LARGEST_COUNT:
            sink.add(over_limit(sink.at(value.span), f"`{word}` is at most {LARGEST_COUNT:_}"))
        case _:
            sink.add(not_a_count(sink.at(value.span), word, LARGEST_COUNT))
    return None


def bind_text(item: syntax.TextItem | None, scope: Scope, sink: Sink) -> hir.Expr | None:
    """A text with or without interpolations."""
    if item is None:
        return None
    match item.text:
        case syntax.Template() | syntax.Hole() | syntax.Literal(str()):
            return bind(item.text, scope, sink)
        case _:
            help_ = f'write `{item.keyword.text} "{{{{ .. }}}}"` to make a text of an expression'
            message = f"`{item.keyword.text}` takes a text in quotes"
            sink.add(bad_value(sink.at(item.text.span), message, help_, label="not a text"))
            return hir.Hole(item.text.span)


def bind_document(doc: str, item: syntax.TextItem | None, sink: Sink) -> str:
    """The `///` documentation of a declaration, with its `description` behind it."""
    match item.text if item else None:
        case syntax.Literal(str() as written):
            return f"{doc}\n{written}" if doc else written
        case syntax.Template(span=span):
            sink.add(not_constant(sink.at(span), "`description`"))
        case _:
            pass
    return doc


def bind_writes(pairs: Sequence[syntax.Pair], scope: Scope, home: Home) -> hir.Entries:
    """Channels and their values."""
    for pair in pairs:
        home.channel(pair.key, pair.key.span)
    return _entries(pairs, scope, home.sink)


def bind_payload(
    payload: tuple[syntax.Pair, ...] | syntax.Expr | None, scope: Scope, sink: Sink, fields: Fields | None
) -> hir.Entries | None:
    """What a child is given. A bare text is the value of its only field, else of `input`."""
    if payload is None or isinstance(payload, tuple):
        return None if payload is None else bind_inputs(payload, scope, sink, fields)
    key = next(iter(fields.names), "input") if fields and len(fields.names) == 1 else "input"
    pair = syntax.Pair(syntax.Name(key, payload.span), payload, payload.span)
    return bind_inputs((pair,), scope, sink, fields)


def bind_inputs(pairs: Sequence[syntax.Pair], scope: Scope, sink: Sink, fields: Fields | None) -> hir.Entries:
    """Keys of a declared input, where there is one, and their values."""
    for pair in pairs:
        if fields is not None and pair.key.text not in fields.names:
            sink.add(unknown_field(sink.at(pair.key.span), pair.key.text, fields.owner, fields.names))
    return _entries(pairs, scope, sink)


def _entries(pairs: Sequence[syntax.Pair], scope: Scope, sink: Sink) -> hir.Entries:
    """Each key once, the unknown ones too: what they are has been reported."""
    return tuple(
        hir.Entry(hir.Ref(pair.key.text, pair.key.span), bind(pair.value, scope, sink))
        for pair in distinct(pairs, sink)
    )
