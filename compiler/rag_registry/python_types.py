"""Python annotations as types of the language, read from a module's syntax tree; nothing is imported or run.

Known: `str int float bool None`, `Any` and `object` (json), `list[T]` and the abstract sequences, `tuple[T, ...]`, `dict[str, T]` and
mappings, `T | U`, `Optional`, `Union`, `Literal` of texts, `Annotated[T, "what it is"]`, `TypedDict` classes and plain aliases of
the same module, and any of these in a string.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

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
    RecordField,
    TypeValue,
    optional,
    union,
)

NESTING = 64
"""Annotations nested deeper than this are refused."""

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
_MODULES = ("typing", "t", "typing_extensions", "collections", "abc", "builtins")


class Unreadable(Exception):
    """An annotation is none that can be read; `line` is where it stands."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class Annotations:
    """Reads annotations of one module. Raises Unreadable for what it does not know."""

    def __init__(self, module: ast.Module) -> None:
        self.definitions = _definitions(module)
        self.open: list[str] = []

    def read(self, node: ast.expr, depth: int = 0) -> TypeValue:
        """The type that an annotation writes."""
        if depth > NESTING:
            raise Unreadable("the annotation is nested too deep", node.lineno)
        match node:
            case ast.Constant(value=None):
                return NULL
            case ast.Constant(value=str(text)):
                return self.read(_parsed(text, node.lineno), depth + 1)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return union((self.read(left, depth + 1), self.read(right, depth + 1)))
            case ast.Subscript(value=head, slice=inner):
                return self._generic(_name(head), inner, node, depth)
            case ast.Name() | ast.Attribute():
                return self._named(_name(node), node, depth)
            case _:
                raise Unreadable(f"the type `{_shown(node)}` cannot be read", node.lineno)

    def doc(self, node: ast.expr) -> str:
        """The text in `Annotated[T, "text"]`, or nothing."""
        match node:
            case ast.Subscript(value=head, slice=ast.Tuple(elts=[_, *notes])) if _name(head) == "Annotated":
                texts = [note.value for note in notes if isinstance(note, ast.Constant) and isinstance(note.value, str)]
                return texts[0] if texts else ""
            case _:
                return ""

    def _named(self, name: str, node: ast.expr, depth: int) -> TypeValue:
        definition = self.definitions.get(name) if isinstance(node, ast.Name) else None
        if definition is None and name in _NAMES:
            return _NAMES[name]
        if definition is None:
            raise Unreadable(f"the type `{_shown(node)}` cannot be read", node.lineno)
        if name in self.open:
            raise Unreadable(f"the type `{name}` contains itself", node.lineno)
        self.open.append(name)
        try:
            if isinstance(definition, ast.ClassDef):
                return Record(tuple(self._typed_dict(definition, node, depth + 1).values()))
            return self.read(definition, depth + 1)
        finally:
            self.open.pop()

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

    def _typed_dict(self, cls: ast.ClassDef, use: ast.expr, depth: int) -> dict[str, RecordField]:
        fields: dict[str, RecordField] = {}
        is_typed_dict = False
        for base in cls.bases:
            parent = self.definitions.get(_name(base))
            if _name(base) == "TypedDict":
                is_typed_dict = True
            elif isinstance(parent, ast.ClassDef) and parent is not cls and depth <= NESTING:
                fields |= self._typed_dict(parent, use, depth + 1)
                is_typed_dict = True
        if not is_typed_dict:
            raise Unreadable(f"the type `{cls.name}` cannot be read: it is no `TypedDict`", use.lineno)
        total = not any(each.arg == "total" and _is_false(each.value) for each in cls.keywords)
        for at, item in enumerate(cls.body):
            match item:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    doc = self.doc(annotation) or _text_after(cls.body, at)
                    required = _presence(annotation, default=total)
                    fields[name] = RecordField(name, self.read(annotation, depth + 1), required, doc)
                case _:
                    continue
        return fields


def _definitions(module: ast.Module) -> Mapping[str, ast.ClassDef | ast.expr]:
    """Classes and plain aliases of a module by name."""
    found: dict[str, ast.ClassDef | ast.expr] = {}
    for item in module.body:
        match item:
            case ast.ClassDef(name=name):
                found[name] = item
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
            case _:
                continue
    return found


def _name(node: ast.expr) -> str:
    """The last part of `Name` or `typing.Name`; nothing for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in _MODULES:
            return name
        case ast.Attribute(value=ast.Attribute(attr="abc"), attr=name):
            return name
        case _:
            return ""


def _parsed(text: str, line: int) -> ast.expr:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable("the annotation in a string cannot be read", line) from None
    for part in ast.walk(node):
        if isinstance(part, ast.expr):
            part.lineno = line
    return node


def _presence(annotation: ast.expr, *, default: bool) -> bool:
    match annotation:
        case ast.Subscript(value=head):
            return {"Required": True, "NotRequired": False}.get(_name(head), default)
        case _:
            return default


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _text_after(body: list[ast.stmt], at: int) -> str:
    """The text that stands right below a field, which documents it."""
    match body[at + 1 : at + 2]:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return text.strip()
        case _:
            return ""


def _shown(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:57] + "..."
