"""Classes that make records and enumerations, read from their source: `TypedDict`, dataclasses, models of pydantic, `Enum`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from rag_ir.record import record
from rag_ir.types import RecordField, TypeValue

if TYPE_CHECKING:
    from rag_registry.python_types import Annotations

TYPED_DICT, DATACLASS, MODEL, ENUMERATION = "typed dict", "dataclass", "model", "enumeration"
_BASES = {
    "TypedDict": TYPED_DICT,
    "BaseModel": MODEL,
    "Enum": ENUMERATION,
    "StrEnum": ENUMERATION,
    "IntEnum": ENUMERATION,
}
_MODULES = ("typing", "t", "typing_extensions", "collections", "abc", "builtins", "dataclasses", "enum", "pydantic")

Find = Callable[[str], "tuple[ast.ClassDef | ast.expr, Annotations] | None"]
"""What a name stands for, and where."""


def class_kind(cls: ast.ClassDef, find: Find, seen: set[int] | None = None) -> str | None:
    """Which of the four a class is, by its decorators and bases; null for any other."""
    seen = set() if seen is None else seen
    seen.add(id(cls))
    if any(last_name(each.func if isinstance(each, ast.Call) else each) == "dataclass" for each in cls.decorator_list):
        return DATACLASS
    for base in cls.bases:
        name = last_name(base)
        found = find(name) if isinstance(base, ast.Name) else None
        if found is None or not isinstance(found[0], ast.ClassDef):
            kind = _BASES.get(name)
        else:
            kind = class_kind(found[0], found[1].definition, seen) if id(found[0]) not in seen else None
        if kind is not None:
            return kind
    return None


def fields_of_class(
    cls: ast.ClassDef, kind: str, home: Annotations, depth: int, seen: set[int] | None = None
) -> dict[str, RecordField]:
    """The fields of a record, those of its bases first. Raises Unreadable."""
    seen = set() if seen is None else seen
    seen.add(id(cls))
    fields: dict[str, RecordField] = {}
    for base in reversed(cls.bases):
        found = home.definition(last_name(base)) if isinstance(base, ast.Name) else None
        if found is not None and isinstance(found[0], ast.ClassDef) and id(found[0]) not in seen:
            fields |= fields_of_class(found[0], kind, found[1], depth + 1, seen)
    total = not any(each.arg == "total" and _is_false(each.value) for each in cls.keywords)
    for at, item in enumerate(cls.body):
        match item:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                said = _said(value) if kind != TYPED_DICT else _Said()
                if _is_field(name, annotation, kind) and not said.left_out:
                    doc = said.doc or home.doc(annotation) or _text_after(cls.body, at)
                    needed = _presence(annotation, default=total) if kind == TYPED_DICT else not said.has_default
                    type_: TypeValue = home.read(annotation, depth + 1)
                    fields[name] = RecordField(said.alias or name, type_, needed, doc)
            case _:
                continue
    return fields


def members_of(cls: ast.ClassDef) -> list[str | int | None]:
    """The values of an enumeration's members; null for one that is neither a text nor an integer."""
    texts = any(last_name(base) == "StrEnum" for base in cls.bases)
    found: list[str | int | None] = []
    for item in cls.body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() | int() as value)) if (
                not _hidden(name)
            ):
                found.append(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)) if (
                texts and last_name(func) == "auto"
            ):
                found.append(name.lower())
            case ast.Assign(targets=[ast.Name(id=name)]) if not _hidden(name):
                found.append(None)
            case _:
                continue
    return found


def note_of(node: ast.expr) -> str:
    """What stands behind the type in `Annotated`, in words: a text, `Doc("..")`, `Field(description="..")`; else nothing."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(func=func, args=[ast.Constant(value=str(text))]) if _last_part(func) == "Doc":
            return text
        case ast.Call(keywords=keywords):
            return next((_text(each.value) for each in keywords if each.arg == "description"), "")
        case _:
            return ""


def last_name(node: ast.expr) -> str:
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


@record
class _Said:
    """What the value of a field says of it: `field(..)` of a dataclass, `Field(..)` of a model, or a plain default."""

    has_default: bool = False
    left_out: bool = False
    alias: str = ""
    doc: str = ""


def _said(value: ast.expr | None) -> _Said:
    match value:
        case None:
            return _Said()
        case ast.Call(func=func, args=arguments, keywords=keywords) if _last_part(func) in ("field", "Field"):
            named = {each.arg: each.value for each in keywords if each.arg is not None}
            first = arguments[0] if arguments else named.get("default")
            return _Said(
                has_default=(first is not None and not _is_ellipsis(first)) or "default_factory" in named,
                left_out="init" in named and _is_false(named["init"]),
                alias=_text(named.get("validation_alias", named.get("alias"))),
                doc=_text(named.get("description")),
            )
        case _:
            return _Said(has_default=not _is_ellipsis(value))


def _is_field(name: str, annotation: ast.expr, kind: str) -> bool:
    """Whether an annotated name is one: no class variable, no mark, of a model none that is private."""
    head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    if last_name(head) in ("ClassVar", "KW_ONLY"):
        return False
    return kind != MODEL or not (name.startswith("_") or name == "model_config")


def _presence(annotation: ast.expr, *, default: bool) -> bool:
    match annotation:
        case ast.Subscript(value=head):
            return {"Required": True, "NotRequired": False}.get(last_name(head), default)
        case _:
            return default


def _text_after(body: list[ast.stmt], at: int) -> str:
    """The text that stands right below a field, which documents it."""
    match body[at + 1 : at + 2]:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return text.strip()
        case _:
            return ""


def _last_part(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _hidden(name: str) -> bool:
    return name.startswith("_")


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
