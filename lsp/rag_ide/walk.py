"""What is inside of expressions and declarations: every path, and every name of a type."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import hir, syntax


def expressions(expression: hir.Expr | None) -> Iterator[hir.Get]:
    """Every path from a root in an expression."""
    pending: list[hir.Expr] = [expression] if expression is not None else []
    while pending:
        match pending.pop():
            case hir.Get() as get:
                yield get
            case hir.Member(target=target):
                pending.append(target)
            case hir.Index(target, place):
                pending += (target, place)
            case hir.Operation(operands=parts) | hir.Call(arguments=parts) | hir.ListOf(items=parts):
                pending += parts
            case hir.Choice(condition, yes, no):
                pending += (condition, yes, no)
            case hir.ObjectOf(entries):
                pending += (value for _, value in entries)
            case hir.EachOf(source=source, body=body):
                pending += (source, body)
            case hir.Template(parts):
                pending += (part for part in parts if not isinstance(part, str))
            case hir.Hole() | hir.Constant() | hir.Local():
                pass


def types(file: syntax.File) -> Iterator[syntax.Name]:
    """Every name of a type in a file's declarations."""
    for declaration in file.declarations:
        match declaration:
            case syntax.Graph(items=items) | syntax.Agent(items=items):
                for item in items:
                    yield from _of_item(item)
            case syntax.TypeDecl(type=type_):
                yield from _of_type(type_)
            case syntax.Test():
                pass


def _of_item(item: syntax.Item) -> Iterator[syntax.Name]:
    match item:
        case syntax.Node(items=items):
            for each in items:
                yield from _of_item(each)
        case syntax.FieldsItem(fields=fields):
            yield from _of_type(syntax.RecordType(fields, item.span))
        case syntax.TypeItem(type=type_) | syntax.TypeDecl(type=type_):
            yield from _of_type(type_)
        case syntax.Channel(type=type_) if type_ is not None:
            yield from _of_type(type_)
        case _:
            pass


def _of_type(type_: syntax.TypeExpr) -> Iterator[syntax.Name]:
    pending: list[syntax.TypeExpr] = [type_]
    while pending:
        match pending.pop():
            case syntax.NamedType(name):
                yield name
            case syntax.ListType(item=inner) | syntax.MapType(value=inner) | syntax.OptionalType(inner=inner):
                pending.append(inner)
            case syntax.UnionType(members=members):
                pending += members
            case syntax.RecordType(fields=fields):
                pending += (field.type for field in fields if field.type is not None)
            case syntax.TypeHole() | syntax.LiteralType():
                pass
