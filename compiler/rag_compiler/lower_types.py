"""Lower types, and the fields of records."""

from __future__ import annotations

import re

from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete
from rag_compiler.expressions import (
    Field,
    ListType,
    LiteralType,
    MapType,
    Name,
    NamedType,
    OptionalType,
    RecordType,
    TypeExpr,
    TypeHole,
    UnionType,
)
from rag_compiler.lower_expr import lower_expr
from rag_compiler.lower_names import STRINGS, inner
from rag_compiler.lower_strings import plain_text
from rag_compiler.lowering import MOST_LEVELS, Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import change, foreign, optional_key, quotes, rewrite
from rag_compiler.words.syntax import bad_form, missing_type, pair_punctuation

_LIST_BEFORE = re.compile(rb"[ \t]*(\[\s*\][ \t]*([A-Za-z_]\w*))")
LISTS = ("list", "array", "sequence", "set", "tuple")
MAPS = ("map", "dict", "record", "object", "mapping")


def lower_type(low: Lowering, node: Concrete | None, what: str, level: int = 0) -> TypeExpr:
    """The type of a node; `what` names what has it, in case it is missing."""
    if node is None:
        return TypeHole(Span(0, 0))
    if level > MOST_LEVELS or node.kind == TOO_DEEP:
        low.too_deep(node)
        return TypeHole(node.span)
    match node.kind:
        case "named_type" if node.start == node.end:
            return _absent(low, node, what)
        case "named_type":
            return _named(low, node)
        case "literal_type":
            return _literal(low, node)
        case "list_type":
            return _list(low, node, what, level)
        case "optional_type":
            return OptionalType(lower_type(low, node.child("value"), what, level + 1), node.span)
        case "generic_type":
            return _generic(low, node, what, level)
        case "union_type":
            return _union(low, node, what, level)
        case "parenthesized_type":
            low.brackets(node, what)
            return lower_type(low, node.children[1] if len(node.children) > 1 else None, what, level + 1)
        case "bracketed_type":
            return _bracketed(low, node, what, level)
        case "record":
            return RecordType(lower_fields(low, node, level), node.span)
        case _:
            if node.kind == ERROR:
                low.unexpected(node)
            else:
                low.trouble(missing_type(low.place(low.before(node.start)), what))
            return TypeHole(node.span)


def _absent(low: Lowering, node: Concrete, what: str) -> TypeExpr:
    """No type at all, or `[]T`."""
    before = _LIST_BEFORE.match(low.data, node.start if node.kind == "bracketed_type" else node.end)
    if before is None:
        low.trouble(missing_type(low.place(low.before(node.start)), what))
    else:
        span = Span(before.start(1), before.end())
        name = before.group(2).decode()
        low.trouble(rewrite(low.place(span), "`[]` stands behind the type", f"{name}[]"))
        low.breaks += 1
    return TypeHole(node.span)


def lower_fields(low: Lowering, node: Concrete, level: int = 0) -> tuple[Field, ...]:
    """The fields of a record."""
    low.brackets(node, "the block")
    low.commas(node)
    fields: list[Field] = []
    for child in node.children:
        if child.kind == "field":
            field = low.guarded(child, lambda low, child: _field(low, child, level))
            if field is not None:
                fields.append(field)
        elif child.kind in (ERROR, TOO_DEEP):
            low.unexpected(child)
    return tuple(fields)


def _field(low: Lowering, node: Concrete, level: int) -> Field | None:
    written = node.child("name")
    if written is None:
        low.unexpected(node)
        return None
    if written.kind in STRINGS:
        text = plain_text(low, written, "the name of a field")
        if text is None:
            return None
        name = Name(text, inner(low, written), True)
    else:
        name = Name(low.text(written), written.span)
    type_node, value = node.child("type"), node.child("initial")
    type_ = lower_type(low, type_node, f"`{name.text}`", level + 1)
    mark = node.child("optional")
    if mark is not None and type_node is not None:
        end = Span(type_node.end, type_node.end)
        low.report(optional_key(low.place(mark), name.text, low.place(mark), low.place(end)))
        type_ = OptionalType(type_, type_node.span)
    elif len(node.children) > 1 and node.children[1].kind == "=":
        low.report(pair_punctuation(low.place(node.children[1]), name.text))
    initial = lower_expr(low, value, 0, f"`{name.text}`") if value else None
    return Field(name, type_, initial, low.docs.pop(node.start, ""), node.span)


def _named(low: Lowering, node: Concrete) -> TypeExpr:
    name = node.children[0]
    text = low.text(name)
    if name.kind == "foreign_string":
        text = text[1:-1]
        low.report(quotes(low.place(name), f'"{text}"'))
        return LiteralType(text, node.span)
    return NamedType(Name(text, name.span))


def _literal(low: Lowering, node: Concrete) -> TypeExpr:
    value = node.children[0]
    if value.kind == "number":
        low.report(bad_form(low.place(value), "a literal type is a string", f'write `"{low.text(value)}"`, or `int`'))
        return TypeHole(node.span)
    text = plain_text(low, value, "a literal type")
    return TypeHole(node.span) if text is None else LiteralType(text, node.span)


def _list(low: Lowering, node: Concrete, what: str, level: int) -> TypeExpr:
    low.brackets(node, what)
    element = node.child("element")
    arguments = list(node.every("argument"))
    if arguments and element is not None:
        return _foreign_generic(low, node, low.text(element), arguments, what, level)
    return ListType(lower_type(low, element, what, level + 1), node.span)


def _bracketed(low: Lowering, node: Concrete, what: str, level: int) -> TypeExpr:
    """`[T]`, a list as other languages spell it; of several around each other the innermost is reported."""
    element = next((child for child in node.children if child.kind not in ("[", "]", "missing_close")), None)
    if element is None or element.kind == "missing_type":
        return _absent(low, node, what)
    low.brackets(node, what)
    inside = lower_type(low, element, what, level + 1)
    if not node.broken and element.kind != "bracketed_type":
        text = low.text(element)
        simple = element.kind in ("named_type", "list_type", "parenthesized_type", "generic_type", "record")
        low.report(rewrite(low.place(node), "a list's type is written `T[]`", f"{text}[]" if simple else f"({text})[]"))
    return ListType(inside, node.span)


def _generic(low: Lowering, node: Concrete, what: str, level: int) -> TypeExpr:
    low.brackets(node, what)
    name, arguments = node.child("name"), list(node.every("argument"))
    written = low.text(name) if name else ""
    if len(arguments) == 1 and written == "list":
        return ListType(lower_type(low, arguments[0], what, level + 1), node.span)
    if len(arguments) == 1 and written == "map":
        return MapType(lower_type(low, arguments[0], what, level + 1), node.span)
    return _foreign_generic(low, node, written, arguments, what, level)


def _foreign_generic(
    low: Lowering, node: Concrete, written: str, arguments: list[Concrete], what: str, level: int
) -> TypeExpr:
    """`List[T]`, `Optional[T]`, `dict[str, T]`, `Array<T>`."""
    last = arguments[-1] if arguments else None
    inside = lower_type(low, last, what, level + 1)
    text = low.text(last) if last else "T"
    kind = written.lower()
    if kind == "optional":
        low.report(rewrite(low.place(node), f"`{written}` is written with `?`", f"{text}?"))
        return OptionalType(inside, node.span)
    if kind in LISTS and len(arguments) == 1:
        simple = last is not None and last.kind in ("named_type", "list_type", "parenthesized_type")
        low.report(
            rewrite(low.place(node), f"`{written}` is written with `[]`", f"{text}[]" if simple else f"({text})[]")
        )
        return ListType(inside, node.span)
    if kind in MAPS:
        if written == "map":
            message = "a `map` has one type: its keys are strings"
            low.report(rewrite(low.place(node), message, f"map<{text}>", safe=False))
            return MapType(inside, node.span)
        low.report(rewrite(low.place(node), f"`{written}` is written `map`", f"map<{text}>"))
        return MapType(inside, node.span)
    help_ = "the types with a parameter are `T[]`, `map<T>` and `T?`"
    low.report(bad_form(low.place(node), f"`{written}` is no type with a parameter", help_))
    return TypeHole(node.span)


def _union(low: Lowering, node: Concrete, what: str, level: int) -> TypeExpr:
    """Left members nest to the left; the result is flat. `null` among them means an optional type."""
    operands: list[Concrete] = []
    current: Concrete = node
    while current.kind == "union_type":
        sign = current.first("foreign_operator")
        if sign is not None:
            low.report(
                foreign(low.place(sign), "`||` is written `|` in a type", "write `|`", change(low.place(sign), "|"))
            )
        right, left = current.child("right"), current.child("left")
        if right is None or left is None:
            low.unexpected(current)
            return TypeHole(node.span)
        operands.append(right)
        current = left
    operands.append(current)
    nulls = [operand for operand in operands if low.text(operand) in ("null", "None", "undefined")]
    others = [operand for operand in reversed(operands) if operand not in nulls]
    members = _flat([lower_type(low, operand, what, level + 1) for operand in others])
    whole: TypeExpr = (
        UnionType(tuple(members), node.span) if len(members) > 1 else (members or [TypeHole(node.span)])[0]
    )
    if nulls and others:
        written = " | ".join(low.text(operand) for operand in others)
        text = f"({written})?" if len(others) > 1 else f"{written}?"
        low.report(rewrite(low.place(node), "a type that may be null ends with `?`", text))
        whole = OptionalType(whole, node.span)
    return whole


def _flat(members: list[TypeExpr]) -> list[TypeExpr]:
    flat: list[TypeExpr] = []
    for member in members:
        flat.extend(member.members if isinstance(member, UnionType) else (member,))
    return flat
