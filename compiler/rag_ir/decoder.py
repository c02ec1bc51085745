"""Readers of JSON into the records of `graph`, made from their annotations on first use.

A reader gives the value, or whatever it could make of it after it has told `Problems` what is wrong; the caller drops the whole
when there are problems. So one broken field does not hide the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from rag_ir import graph
from rag_ir.canonical import INTEGER_BITS
from rag_ir.finding import pointer
from rag_ir.graph import Document, Json
from rag_ir.record import is_record_class, names
from rag_ir.shapes import code_problems, schema_problems, value_problems
from rag_ir.values import name_of

MOST = 100
"""More problems than this in one document are not told."""

Path = tuple["Path", str | int] | None
Reader = Callable[[Json, Path, "Problems"], Any]


class Problems:
    """What is wrong with a document: JSON pointers and messages."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def add(self, path: Path, message: str) -> None:
        """Tell one problem."""
        if len(self.found) < MOST:
            self.found.append((_pointer(path), message))

    def add_all(self, path: Path, problems: Callable[[Json, str], Iterator[tuple[str, str]]], value: Json) -> None:
        """Tell what a check of `shapes` finds."""
        for at, message in problems(value, ""):
            if len(self.found) >= MOST:
                return
            self.found.append((_pointer(path) + at, message))


def read_document(value: Json, problems: Problems) -> Document | None:
    """The document that a JSON value is, or None if there are problems."""
    document = _record(Document)(value, None, problems)
    return document if isinstance(document, Document) and not problems.found else None


class _Json:
    """Stands for `Json` while annotations are read."""


class _Code:
    """Stands for `Code`."""


class _Schema:
    """Stands for `Schema`."""


_MARKERS = {"Json": _Json, "Code": _Code, "Schema": _Schema}


def _pointer(path: Path) -> str:
    parts: list[str | int] = []
    while path is not None:
        path, part = path
        parts.append(part)
    return pointer(*reversed(parts))


def _reader(annotation: Any) -> Reader:
    """The reader of one annotation. Raises TypeError for what `graph` does not use."""
    if is_record_class(annotation):
        return _record(annotation)
    if annotation in _LEAVES:
        return _LEAVES[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _literal(arguments)
    if origin is UnionType:
        return _union(arguments)
    if origin is tuple:
        return _array(arguments[0]) if arguments[-1] is Ellipsis else _fixed(arguments)
    if origin is Mapping:
        return _mapping(arguments[1])
    raise TypeError(f"no reader for {annotation}")


@cache
def _written(annotation: str) -> Reader:
    """The reader of an annotation as the source has it: most stand there more than once."""
    holder = type("Holder", (), {"__annotations__": {"it": annotation}})
    return _reader(get_type_hints(holder, {**vars(graph)}, _MARKERS)["it"])


@cache
def _record(cls: type[Any]) -> Reader:
    readers = {name: _written(cls.__annotations__[name]) for name in names(cls)}

    def read(value: Json, path: Path, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return problems.add(path, f"an object must stand here, not {name_of(value)}")
        if value.keys() != readers.keys():
            _tell_members(value, readers, path, problems)
        parts = {name: reader(value[name], (path, name), problems) for name, reader in readers.items() if name in value}
        return cls(**parts) if len(parts) == len(readers) else None

    return read


def _tell_members(value: dict[str, Json], readers: dict[str, Reader], path: Path, problems: Problems) -> None:
    for name in readers:
        if name not in value:
            problems.add(path, f"the field `{name}` is missing")
    for name in value:
        if name not in readers:
            problems.add((path, name), "there is no such field")


def _string(value: Json, path: Path, problems: Problems) -> Any:
    if not isinstance(value, str):
        return problems.add(path, f"a text must stand here, not {name_of(value)}")
    if not value.isascii():
        problems.add_all(path, value_problems, value)
    return value


def _integer(value: Json, path: Path, problems: Problems) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        return problems.add(path, f"an integer must stand here, not {name_of(value)}")
    if value.bit_length() > INTEGER_BITS:
        problems.add(path, "the integer is too large")
    return value


def _boolean(value: Json, path: Path, problems: Problems) -> Any:
    if not isinstance(value, bool):
        return problems.add(path, f"a boolean must stand here, not {name_of(value)}")
    return value


def _json(value: Json, path: Path, problems: Problems) -> Any:
    problems.add_all(path, value_problems, value)
    return value


def _code(value: Json, path: Path, problems: Problems) -> Any:
    problems.add_all(path, code_problems, value)
    return value


def _schema(value: Json, path: Path, problems: Problems) -> Any:
    problems.add_all(path, schema_problems, value)
    return value


_LEAVES: dict[Any, Reader] = {
    str: _string,
    int: _integer,
    bool: _boolean,
    _Json: _json,
    _Code: _code,
    _Schema: _schema,
}


def _literal(allowed: tuple[str, ...]) -> Reader:
    expected = " or ".join(f"`{value}`" for value in allowed)

    def read(value: Json, path: Path, problems: Problems) -> Any:
        if not isinstance(value, str) or value not in allowed:
            return problems.add(path, f"{expected} must stand here")
        return value

    return read


def _union(members: tuple[Any, ...]) -> Reader:
    """A reader of `T | None`, or of dataclasses told apart by `kind`."""
    rest = tuple(member for member in members if member is not type(None))
    if len(rest) == 1:
        inner = _reader(rest[0])
        return lambda value, path, problems: None if value is None else inner(value, path, problems)
    by_kind = {kind: _record(cls) for cls in rest for kind in _kinds(cls)}

    def read(value: Json, path: Path, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return problems.add(path, f"an object must stand here, not {name_of(value)}")
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in by_kind:
            expected = ", ".join(f"`{each}`" for each in by_kind)
            return problems.add((path, "kind"), f"one of {expected} must stand here")
        return by_kind[kind](value, path, problems)

    return read


def _kinds(cls: type[Any]) -> tuple[str, ...]:
    return get_args(get_type_hints(cls, localns=_MARKERS)["kind"])


def _array(item: Any) -> Reader:
    inner = _reader(item)

    def read(value: Json, path: Path, problems: Problems) -> Any:
        if not isinstance(value, list):
            return problems.add(path, f"a list must stand here, not {name_of(value)}")
        return tuple([inner(part, (path, index), problems) for index, part in enumerate(value)])

    return read


def _fixed(items: tuple[Any, ...]) -> Reader:
    readers = [_reader(item) for item in items]

    def read(value: Json, path: Path, problems: Problems) -> Any:
        if not isinstance(value, list) or len(value) != len(readers):
            return problems.add(path, f"a list of {len(readers)} must stand here")
        return tuple(
            reader(part, (path, at), problems) for at, (reader, part) in enumerate(zip(readers, value, strict=True))
        )

    return read


def _mapping(item: Any) -> Reader:
    inner = _reader(item)

    def read(value: Json, path: Path, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return problems.add(path, f"an object must stand here, not {name_of(value)}")
        return {_string(key, path, problems): inner(part, (path, key), problems) for key, part in value.items()}

    return read
