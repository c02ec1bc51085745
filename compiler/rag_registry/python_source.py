"""The source of a Python module, and what it defines and imports at its top; nothing is imported or run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping

from rag_ir.record import record

LARGEST = 1024 * 1024
"""Sources of more bytes than this are refused."""


@record
class Source:
    """A module's text and the name under which it is shown.

    `find` gives the source of a module that it imports, by its name and the number of points before that; null where the project
    has none.
    """

    text: str
    shown: str = ""
    find: Callable[[str, int], Source | None] = lambda module, level: None


@record
class Imported:
    """A name that a module takes from another one. `module` is empty where only points stand before `import`."""

    module: str
    level: int
    name: str
    line: int

    def __str__(self) -> str:
        return "." * self.level + self.module


Definition = ast.ClassDef | ast.expr | Imported


def parsed(text: str) -> ast.Module | tuple[str, int | None]:
    """The module's tree, or why there is none, and the line."""
    if len(text) > LARGEST:
        return "the source is larger than 1 MiB", None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return f"the source is not Python: {error.msg}", error.lineno
    except (ValueError, RecursionError, MemoryError):
        return "the source cannot be read as Python", None


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements at the top, also those inside `if` and `try` there."""
    for item in body:
        yield item
        match item:
            case ast.If():
                yield from statements(item.body)
                yield from statements(item.orelse)
            case ast.Try():
                yield from statements(item.body)
                for handler in item.handlers:
                    yield from statements(handler.body)
            case _:
                continue


def definitions(module: ast.Module) -> Mapping[str, Definition]:
    """Classes, plain aliases and imported names of a module; of several with one name the last."""
    found: dict[str, Definition] = {}
    for item in statements(module.body):
        match item:
            case ast.ClassDef(name=name):
                found[name] = item
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
            case ast.ImportFrom(module=source, names=names, level=level):
                found |= {
                    each.asname or each.name: Imported(source or "", level, each.name, item.lineno) for each in names
                }
            case _:
                continue
    return found
