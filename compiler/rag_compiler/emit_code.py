"""Emit names and expressions: the latter as the arrays of `rag_ir.operators`."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir
from rag_compiler.places import Places
from rag_ir.graph import Code, Entry
from rag_verify.flow import HOLE


def name_of(target: hir.Target | None) -> str:
    """The bound name, or what stands for a hole in an IR that is never written out."""
    return target.name if isinstance(target, hir.Ref) else HOLE


def names_of(targets: Sequence[hir.Target]) -> tuple[str, ...]:
    """The bound names."""
    return tuple(target.name for target in targets if isinstance(target, hir.Ref))


def put_names(model: hir.Target | None, tools: Sequence[hir.Target], at: str, places: Places) -> None:
    """The places of the model and the tools of a behaviour, or of an agent."""
    if model is not None:
        places.put(f"{at}/model", model.span)
    for index, tool in enumerate(each for each in tools if isinstance(each, hir.Ref)):
        places.put(f"{at}/tools/{index}", tool.span)


def emit_code(expr: hir.Expr, at: str, places: Places) -> Code:
    """The code of an expression, which stands at the pointer `at`. A hole is null."""
    places.put(at, expr.span)
    return _code(expr, at, places)


def emit_template(expr: hir.Expr | None, at: str, places: Places) -> Code:
    """The code of a text: always a template, or null where there is none."""
    if expr is None or isinstance(expr, hir.Hole):
        return None
    if isinstance(expr, hir.Constant):
        places.put(at, expr.span)
        return ["template", expr.value] if expr.value else ["template"]
    return emit_code(expr, at, places)


def emit_entries(entries: Sequence[hir.Entry], at: str, places: Places) -> tuple[Entry, ...]:
    """Keys and their code."""
    emitted: list[Entry] = []
    for index, entry in enumerate(entries):
        places.put(f"{at}/{index}", entry.key.span)
        emitted.append(Entry(name=entry.key.name, value=emit_code(entry.value, f"{at}/{index}/value", places)))
    return tuple(emitted)


def _code(expr: hir.Expr, at: str, places: Places) -> Code:
    match expr:
        case hir.Get(root, members):
            return ["get", root, *members]
        case hir.Constant(value):
            return ["lit", value]
        case hir.Local(name):
            return ["var", name]
        case hir.Hole():
            return ["lit", None]
        case hir.Template(parts):
            return ["template", *_parts(parts, at, places)]
        case hir.ObjectOf(pairs):
            return ["object", *([key, _part(value, f"{at}/{i}/1", places)] for i, (key, value) in enumerate(pairs, 1))]
        case hir.ListOf(items):
            return ["list", *_all(items, 1, at, places)]
        case hir.Operation(operator, operands):
            return [operator, *_all(operands, 1, at, places)]
        case hir.Member(target, name):
            return ["member", _part(target, f"{at}/1", places), name]
        case hir.Index(target, index):
            return ["index", *_all((target, index), 1, at, places)]
        case hir.Choice(condition, yes, no):
            return ["if", *_all((condition, yes, no), 1, at, places)]
        case hir.Call(function, arguments):
            return ["call", function, *_all(arguments, 2, at, places)]
        case hir.EachOf(function, source, parameter, body):
            list_ = _part(source, f"{at}/2", places)
            return ["each", function, list_, parameter, _part(body, f"{at}/4", places)]


def _all(parts: Sequence[hir.Expr], first: int, at: str, places: Places) -> list[Code]:
    return [_part(part, f"{at}/{index}", places) for index, part in enumerate(parts, first)]


def _parts(parts: Sequence[str | hir.Expr], at: str, places: Places) -> list[Code]:
    return [
        part if isinstance(part, str) else _part(part, f"{at}/{index}", places) for index, part in enumerate(parts, 1)
    ]


def _part(expr: hir.Expr, at: str, places: Places) -> Code:
    """The code of a part. Only what can fail by itself needs a place of its own."""
    if not isinstance(expr, hir.Constant | hir.Get | hir.Local):
        places.put(at, expr.span)
    return _code(expr, at, places)
