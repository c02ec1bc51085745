"""The declarations of a file, one in the other, as an outline shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from rag_compiler import syntax
from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_ir.record import record

Sort = Literal["graph", "agent", "type", "test", "node", "channel", "field"]


@record
class Symbol:
    """A declaration: its whole text, and its name (its keyword, where it has none)."""

    sort: Sort
    name: str
    detail: str
    span: Span
    selection: Span
    children: tuple[Symbol, ...] = ()


def outline(analysis: Analysis, path: str) -> tuple[Symbol, ...]:
    """The symbols of a source in the order of its text; none of a file that is no source."""
    for file, tree in zip(analysis.files, analysis.trees, strict=True):
        if file.path == path:
            return tuple(_declaration(each) for each in tree.declarations)
    return ()


def _declaration(declared: syntax.Declaration) -> Symbol:
    match declared:
        case syntax.Graph(items=items):
            return _symbol("graph", declared.name, declared.keyword, declared.span, children=tuple(_items(items)))
        case syntax.Agent():
            return _symbol("agent", declared.name, declared.keyword, declared.span)
        case syntax.TypeDecl():
            return _type(declared)
        case syntax.Test():
            return _symbol("test", declared.title, declared.keyword, declared.span)


def _items(items: Iterable[syntax.Item]) -> Iterator[Symbol]:
    for item in items:
        match item:
            case syntax.Node():
                yield _symbol("node", item.name, item.keyword, item.span, _kind(item))
            case syntax.Channel():
                reducer = item.reducer.text if item.reducer else ""
                yield _symbol("channel", item.name, item.keyword, item.span, reducer)
            case syntax.TypeDecl():
                yield _type(item)
            case _:
                pass


def _kind(node: syntax.Node) -> str:
    for item in node.items:
        if isinstance(item, syntax.RefItem) and item.keyword.text == "kind" and item.name:
            return item.name.text
    return "model"


def _type(declared: syntax.TypeDecl) -> Symbol:
    fields = declared.type.fields if isinstance(declared.type, syntax.RecordType) else ()
    children = tuple(Symbol("field", field.name.text, "", field.span, field.name.span) for field in fields)
    return _symbol("type", declared.name, declared.keyword, declared.span, children=children)


def _symbol(
    sort: Sort,
    name: syntax.Name | None,
    keyword: syntax.Name,
    span: Span,
    detail: str = "",
    children: tuple[Symbol, ...] = (),
) -> Symbol:
    selection = name.span if name is not None and name.text else keyword.span
    whole = span.cover(selection)
    return Symbol(
        sort, name.text if name is not None and name.text else f"({sort})", detail, whole, selection, children
    )
