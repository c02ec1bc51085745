"""The schema of a Python tool, read from its source: parameters, defaults, return type, docstring. Nothing is imported or run.

A function, and the types of its parameters, may be imported from other modules of the project.

A parameter `idempotency_key` is supplied by the runtime and is no part of the schema. Signatures are read with `ast`; griffe, which
takes far longer to load, reads docstrings that describe their parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from rag_ir.record import record
from rag_ir.shapes import value_problems
from rag_ir.types import NULL, TypeValue, optional, problems, to_schema
from rag_registry.docstring import read_docstring
from rag_registry.python_source import LARGEST, Imported, Source, parsed, statements
from rag_registry.python_types import Annotations, Unreadable

if TYPE_CHECKING:
    from rag_ir.graph import Json, Schema

__all__ = ["LARGEST", "Problem", "PythonTool", "Source", "python_schema"]

FARTHEST = 16
"""A function may be re-exported so many times."""

SUPPLIED = "idempotency_key"
"""The parameter that the runtime fills."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@record
class PythonTool:
    """What a function's source says of it. `output` null: unknown. `line` is where it is defined, from 1."""

    input: Schema
    output: Schema | None
    description: str
    line: int


@record
class Problem:
    """Why no schema can be read; `line` is where, from 1, or null; `shown` is the module that it is in."""

    message: str
    line: int | None
    shown: str = ""


def python_schema(source: Source | str, name: str, *, declared: bool = False) -> PythonTool | Problem:
    """The schema of the function `name` of a module, or why there is none. Total on any text.

    With `declared`, the parameters are declared elsewhere: they are not read, and `input` is the schema of any object.
    """
    here = Source(source) if isinstance(source, str) else source
    for _ in range(FARTHEST):
        module = parsed(here.text)
        if not isinstance(module, ast.Module):
            return Problem(*module, here.shown)
        function = _find(module, name, here)
        if isinstance(function, Problem):
            return function
        if not isinstance(function, Imported):
            return _schema(function, module, here, declared=declared)
        there = here.find(function.module, function.level)
        if there is None:
            message = f"`{name}` is imported from `{function}`, which is no module of the project"
            return Problem(message, function.line, here.shown)
        here, name = there, function.name
    return Problem(f"`{name}` is imported from module to module without an end", None, here.shown)


def _schema(function: Function, module: ast.Module, source: Source, *, declared: bool) -> PythonTool | Problem:
    try:
        return _tool(function, Annotations(module, source), declared=declared)
    except Unreadable as unreadable:
        return Problem(unreadable.message, unreadable.line, source.shown)
    except RecursionError:
        return Problem("the source is nested too deep", function.lineno, source.shown)


def _tool(function: Function, annotations: Annotations, *, declared: bool) -> PythonTool:
    doc = read_docstring(_docstring(function))
    output = _output(function, annotations)
    if declared:
        return PythonTool({"type": "object"}, output, doc.summary, function.lineno)
    properties: dict[str, Json] = {}
    required: list[Json] = []
    for parameter, default in _parameters(function):
        type_ = _type_of(parameter, default, annotations)
        note = annotations.doc(parameter.annotation) if parameter.annotation else ""
        properties[parameter.arg] = _property(type_, note or doc.parameters.get(parameter.arg, ""), default)
        if default is None:
            required.append(parameter.arg)
    schema: Schema = {"type": "object", "properties": properties, "required": required}
    return PythonTool(schema, output, doc.summary, function.lineno)


def _docstring(function: Function) -> str:
    """Without its indentation; `inspect`, which knows how to take it away, is loaded where there is some."""
    text = ast.get_docstring(function, clean=False) or ""
    if "\n" not in text:
        return text.expandtabs().lstrip()
    from inspect import cleandoc

    return cleandoc(text)


def _find(module: ast.Module, name: str, source: Source) -> Function | Imported | Problem:
    """The last definition of a function at the top of a module, also inside `if` and `try` there, or where it comes from."""
    found: Function | Imported | Problem = Problem(f"there is no function `{name}`", None, source.shown)
    for item in statements(module.body):
        match item:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if item.name == name:
                found = item
            case ast.ClassDef() if item.name == name:
                found = Problem(f"`{name}` is a class, not a function", item.lineno, source.shown)
            case ast.ImportFrom(module=origin, names=names, level=level):
                for each in names:
                    if (each.asname or each.name) == name:
                        found = Imported(origin or "", level, each.name, item.lineno)
            case ast.Assign(targets=targets) if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                found = Problem(f"`{name}` is assigned, not defined with `def`", item.lineno, source.shown)
            case _:
                continue
    return found


def _parameters(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """The parameters that a call may name, each with its default."""
    given = function.args
    if given.posonlyargs:
        name = given.posonlyargs[0].arg
        raise Unreadable(
            f"parameter `{name}` is positional only, and a tool is called by names", given.posonlyargs[0].lineno
        )
    for variadic, mark in ((given.vararg, "*"), (given.kwarg, "**")):
        if variadic is not None:
            raise Unreadable(f"`{mark}{variadic.arg}` takes what no schema can say", variadic.lineno)
    defaults = [None] * (len(given.args) - len(given.defaults)) + given.defaults
    pairs = [*zip(given.args, defaults, strict=True), *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    yield from ((parameter, default) for parameter, default in pairs if parameter.arg != SUPPLIED)


def _type_of(parameter: ast.arg, default: ast.expr | None, annotations: Annotations) -> TypeValue:
    if parameter.annotation is None:
        raise Unreadable(f"parameter `{parameter.arg}` has no type", parameter.lineno)
    try:
        type_ = annotations.read(parameter.annotation)
    except Unreadable as unreadable:
        raise Unreadable(f"parameter `{parameter.arg}`: {unreadable.message}", unreadable.line) from None
    if isinstance(default, ast.Constant) and default.value is None and type_ != NULL:
        return optional(type_)
    return type_


def _property(type_: TypeValue, doc: str, default: ast.expr | None) -> dict[str, Json]:
    """The schema of a parameter, with its default where that is a constant of its type."""
    schema = to_schema(type_, doc)
    if default is not None:
        try:
            value = cast("Json", ast.literal_eval(default))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return schema
        if value is not None and not list(value_problems(value)) and not problems(value, schema, {}):
            schema["default"] = value
    return schema


def _output(function: Function, annotations: Annotations) -> Schema | None:
    if function.returns is None:
        return None
    try:
        return to_schema(annotations.read(function.returns))
    except Unreadable:
        return None
