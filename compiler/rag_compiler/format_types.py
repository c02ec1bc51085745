"""Write types, and the fields of records."""

from __future__ import annotations

from rag_compiler.concrete import Concrete
from rag_compiler.format_expressions import enclosed, expression
from rag_compiler.format_layout import LINE, NOTHING, SPACE, Layout, Line, group, nest, row
from rag_compiler.format_tokens import Tokens
from rag_ir.types import ALIASES

_FIELDS = Line(", ")
"""Between the fields of a record on one line; each on its own they need nothing between them."""


def type_expression(tokens: Tokens, node: Concrete) -> Layout:
    """A type."""
    match node.kind:
        case "named_type":
            name = tokens.text(node)
            return tokens.take(node, ALIASES.get(name, name))
        case "list_type":
            element, opening, closing = node.children
            return row(type_expression(tokens, element), tokens.take(opening), tokens.take(closing))
        case "optional_type":
            value, mark = node.children
            return row(type_expression(tokens, value), tokens.take(mark))
        case "generic_type":
            return _generic(tokens, node)
        case "union_type":
            return _union(tokens, node)
        case "parenthesized_type":
            opening, inner, closing = node.children
            first = tokens.take(opening)
            return row(first, type_expression(tokens, inner), tokens.take(closing))
        case "record":
            return fields(tokens, node)
        case _:
            return tokens.take(node)


def declared(tokens: Tokens, node: Concrete) -> Layout:
    """The type that a declaration or an item gives: each of several fields of a record has a line of its own."""
    if node.kind != "record":
        return type_expression(tokens, node)
    return fields(tokens, node, spread=sum(child.kind == "field" for child in node.children) > 1)


def fields(tokens: Tokens, node: Concrete, *, spread: bool = False) -> Layout:
    """The fields of a record in their brackets."""
    return enclosed(tokens, node, _field, edge=LINE, between=_FIELDS, comma=NOTHING, last=NOTHING, spread=spread)


def _field(tokens: Tokens, node: Concrete) -> Layout:
    """`name: type = value`; the colon may be missing."""
    name, type_, value = node.child("name"), node.child("type"), node.child("initial")
    assert name is not None
    assert type_ is not None
    found, colon = [tokens.take(name)], node.first(":")
    found.append(tokens.take(colon, ":") if colon else ":")
    found += [SPACE, type_expression(tokens, type_)]
    if value is not None:
        sign = node.first("=")
        assert sign is not None
        found += [SPACE, tokens.take(sign), SPACE, expression(tokens, value)]
    return row(*found)


def _generic(tokens: Tokens, node: Concrete) -> Layout:
    """`map<T>`, and `list<T>`, which is `T[]`."""
    name, opening, argument, closing = node.children
    if tokens.text(name) != "list":
        first = row(tokens.take(name), tokens.take(opening))
        return row(first, type_expression(tokens, argument), tokens.take(closing))
    before = row(tokens.take(name, ""), tokens.drop(opening))
    element = type_expression(tokens, argument)
    if argument.kind == "union_type":
        element = row("(", element, ")")
    return row(before, element, "[]", tokens.drop(closing))


def _union(tokens: Tokens, node: Concrete) -> Layout:
    """Members with `|` between them, which begins the lines of a union that is too long for one: a type stands on the line of
    its `|`."""
    links: list[tuple[Concrete, Concrete]] = []
    while node.kind == "union_type":
        node, sign, right = node.children
        links.append((sign, right))
    first = type_expression(tokens, node)
    behind: list[Layout] = []
    for sign, right in reversed(links):
        behind += [LINE, tokens.take(sign), SPACE, type_expression(tokens, right)]
    return group(first, nest(*behind))
