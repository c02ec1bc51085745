"""Python annotations as types of the language, read from a module's syntax tree; nothing is imported or run.

Known: `str int float bool None`, `Any` and `object` (json), `list[T]` and the abstract sequences, `tuple[T, ...]`, `dict[str, T]` and
mappings, `T | U`, `Optional`, `Union`, `Literal` of texts, `Annotated[T, "what it is"]`, `TypedDict` classes, dataclasses, models of
pydantic, enumerations of texts or of integers, plain aliases; all of them defined in the module, or imported from another one of the
project; and any of these in a string.
"""

from __future__ import annotations

import ast

from rag_ir.types import (
    BOOL,
    FLOAT,
    INT,
    JSON,
    NULL,
    STRING,
    ListOf,
    Literals,
    MapOf,
    Record,
    TypeValue,
    optional,
    union,
)
from rag_registry.python_classes import ENUMERATION, class_kind, fields_of_class, last_name, members_of, note_of
from rag_registry.python_source import Imported, Source, definitions, parsed

NESTING = 64
"""Annotations nested deeper than this are refused."""

LARGEST_TYPE = 10_000
"""The types of one function have at most so many parts, each counted wherever it is used."""

_NAMES: dict[str, TypeValue] = {
    "str": STRING,
    "int": INT,
    "float": FLOAT,
    "bool": BOOL,
    "None": NULL,
    "Any": JSON,
    "object": JSON,
    "list": ListOf(JSON),
    "List": ListOf(JSON),
    "dict": MapOf(JSON),
    "Dict": MapOf(JSON),
    "LiteralString": STRING,
}
_LISTS = ("list", "List", "Sequence", "Iterable", "Collection", "MutableSequence")
_MAPS = ("dict", "Dict", "Mapping", "MutableMapping")


class Unreadable(Exception):
    """An annotation is none that can be read; `line` is where it stands."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Annotations:
    """Reads annotations of one module. Raises Unreadable for what it does not know."""

    def __init__(self, module: ast.Module, source: Source, around: Annotations | None = None) -> None:
        self.definitions = definitions(module)
        self.source = source
        self.open: list[tuple[str, str]] = around.open if around is not None else []
        self.others: dict[str, Annotations] = around.others if around is not None else {}
        self.parts: list[None] = around.parts if around is not None else []

    def read(self, node: ast.expr, depth: int = 0) -> TypeValue:
        """The type that an annotation writes."""
        self.parts.append(None)
        if depth > NESTING:
            raise Unreadable("the annotation is nested too deep", node.lineno)
        if len(self.parts) > LARGEST_TYPE:
            raise Unreadable("the types are too large", node.lineno)
        match node:
            case ast.Constant(value=None):
                return NULL
            case ast.Constant(value=str(text)):
                return self.read(_parsed(text, node.lineno), depth + 1)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return union((self.read(left, depth + 1), self.read(right, depth + 1)))
            case ast.Subscript(value=head, slice=inner):
                return self._generic(last_name(head), inner, node, depth)
            case ast.Name() | ast.Attribute():
                return self._named(last_name(node), node, depth)
            case _:
                raise Unreadable(f"the type `{_shown(node)}` cannot be read", node.lineno)

    def doc(self, node: ast.expr) -> str:
        """What an annotation says in words: the text in `Annotated[T, "text"]`, or the description of a `Field` there."""
        match node:
            case ast.Subscript(value=head, slice=ast.Tuple(elts=[_, *notes])) if last_name(head) == "Annotated":
                return next((note for note in map(note_of, notes) if note), "")
            case _:
                return ""

    def definition(self, name: str) -> tuple[ast.ClassDef | ast.expr, Annotations] | None:
        """What a name stands for, and the module that says so; imports are followed within the project."""
        found = self.definitions.get(name)
        if not isinstance(found, Imported):
            return (found, self) if found is not None else None
        if len(self.open) > NESTING:
            return None
        module = self._other(found)
        self.open.append((self.source.shown, name))
        try:
            return module.definition(found.name) if module is not None else None
        finally:
            self.open.pop()

    def _other(self, imported: Imported) -> Annotations | None:
        source = self.source.find(imported.module, imported.level)
        if source is None:
            return None
        if source.shown not in self.others:
            module = parsed(source.text)
            if not isinstance(module, ast.Module):
                return None
            self.others[source.shown] = Annotations(module, source, self)
        return self.others[source.shown]

    def _named(self, name: str, node: ast.expr, depth: int) -> TypeValue:
        definition = self.definition(name) if isinstance(node, ast.Name) else None
        if definition is None and name in _NAMES:
            return _NAMES[name]
        if definition is None:
            raise Unreadable(f"the type `{_shown(node)}` cannot be read", node.lineno)
        meant, home = definition
        if (home.source.shown, name) in self.open:
            raise Unreadable(f"the type `{name}` contains itself", node.lineno)
        self.open.append((home.source.shown, name))
        try:
            return (
                home.class_type(meant, node, depth + 1)
                if isinstance(meant, ast.ClassDef)
                else home.read(meant, depth + 1)
            )
        except Unreadable as unreadable:
            if home is self:
                raise
            raise Unreadable(f"the type `{name}`: {unreadable.message} ({home.source.shown})", node.lineno) from None
        finally:
            self.open.pop()

    def class_type(self, cls: ast.ClassDef, use: ast.expr, depth: int) -> TypeValue:
        """The type that a class of this module is. Raises Unreadable, at `use`, for a class of which nothing is known."""
        if depth > NESTING:
            raise Unreadable("the types are nested too deep", use.lineno)
        kind = class_kind(cls, self.definition)
        if kind is None:
            known = "`TypedDict`, dataclass, model of pydantic or enumeration"
            raise Unreadable(f"the type `{cls.name}` cannot be read: it is no {known}", use.lineno)
        if kind != ENUMERATION:
            return Record(tuple(fields_of_class(cls, kind, self, depth).values()))
        members = members_of(cls)
        if members and all(isinstance(member, int) for member in members):
            return INT
        texts = tuple(member for member in members if isinstance(member, str))
        if not texts or len(texts) < len(members):
            raise Unreadable(f"the enumeration `{cls.name}` has a member that is no text", use.lineno)
        return Literals(tuple(dict.fromkeys(texts)))

    def _generic(self, name: str, inner: ast.expr, node: ast.expr, depth: int) -> TypeValue:
        arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match name, arguments:
            case ("Optional", [one]):
                return optional(self.read(one, depth + 1))
            case ("Union", _):
                return union([self.read(each, depth + 1) for each in arguments])
            case ("Annotated" | "Required" | "NotRequired" | "ReadOnly" | "Final", [one, *_]):
                return self.read(one, depth + 1)
            case ("Literal", _):
                return self._literal(arguments, node)
            case ("tuple" | "Tuple", [one, ast.Constant(value=value)]) if value is Ellipsis:
                return ListOf(self.read(one, depth + 1))
            case (_, [one]) if name in _LISTS:
                return ListOf(self.read(one, depth + 1))
            case (_, [key, value]) if name in _MAPS and self.read(key, depth + 1) == STRING:
                return MapOf(self.read(value, depth + 1))
            case _:
                raise Unreadable(f"the type `{_shown(node)}` cannot be read", node.lineno)

    def _literal(self, arguments: list[ast.expr], node: ast.expr) -> TypeValue:
        members: list[TypeValue] = []
        for argument in arguments:
            match argument:
                case ast.Constant(value=str(text)):
                    members.append(Literals((text,)))
                case ast.Constant(value=None):
                    members.append(NULL)
                case _:
                    raise Unreadable(f"`{_shown(node)}` has a member that is no text", node.lineno)
        return union(members)


def _parsed(text: str, line: int) -> ast.expr:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable("the annotation in a string cannot be read", line) from None
    for part in ast.walk(node):
        if isinstance(part, ast.expr):
            part.lineno = line
    return node


def _shown(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."
