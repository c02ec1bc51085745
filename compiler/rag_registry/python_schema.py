"""The schema of a Python tool, read from its source: parameters, defaults, return type, docstring. Nothing is imported or run.

A parameter `idempotency_key` is supplied by the runtime and is no part of the schema. Signatures are read with `ast`; griffe, which
takes far longer to load, reads docstrings that describe their parameters.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from rag_ir.record import record
from rag_ir.shapes import value_problems
from rag_ir.types import NULL, TypeValue, optional, problems, to_schema
from rag_registry.docstring import read_docstring
from rag_registry.python_types import Annotations, Unreadable

if TYPE_CHECKING:
    from rag_ir.graph import Json, Schema

LARGEST = 1024 * 1024
"""Sources of more bytes than this are refused."""

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
    """Why no schema can be read; `line` is where, from 1, or null."""

    message: str
    line: int | None


def python_schema(text: str, name: str, *, declared: bool = False) -> PythonTool | Problem:
    """The schema of the function `name` of a module, or why there is none. Total on any text.

    With `declared`, the parameters are declared elsewhere: they are not read, and `input` is the schema of any object.
    """
    module = _parsed(text)
    if isinstance(module, Problem):
        return module
    function = _find(module, name)
    if isinstance(function, Problem):
        return function
    try:
        return _tool(function, Annotations(module), declared=declared)
    except Unreadable as unreadable:
        return Problem(unreadable.message, unreadable.line)
    except RecursionError:
        return Problem("the source is nested too deep", function.lineno)


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


def _parsed(text: str) -> ast.Module | Problem:
    if len(text) > LARGEST:
        return Problem("the source is larger than 1 MiB", None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return Problem(f"the source is not Python: {error.msg}", error.lineno)
    except (ValueError, RecursionError, MemoryError):
        return Problem("the source cannot be read as Python", None)


def _find(module: ast.Module, name: str) -> Function | Problem:
    """The last definition of a function at the top of a module, also inside `if` and `try` there."""
    found: Function | Problem = Problem(f"there is no function `{name}`", None)
    for item in _statements(module.body):
        match item:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if item.name == name:
                found = item
            case ast.ClassDef() if item.name == name:
                found = Problem(f"`{name}` is a class, not a function", item.lineno)
            case ast.ImportFrom(module=source, names=names) if any(
                (each.asname or each.name) == name for each in names
            ):
                found = Problem(
                    f"`{name}` is imported from `{source or '.'}`; name the module that defines it", item.lineno
                )
            case ast.Assign(targets=targets) if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                found = Problem(f"`{name}` is assigned, not defined with `def`", item.lineno)
            case _:
                continue
    return found


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for item in body:
        yield item
        match item:
            case ast.If():
                yield from _statements(item.body)
                yield from _statements(item.orelse)
            case ast.Try():
                yield from _statements(item.body)
                for handler in item.handlers:
                    yield from _statements(handler.body)
            case _:
                continue


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
