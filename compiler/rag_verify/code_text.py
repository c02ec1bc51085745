"""Expressions of the IR as the text of the language: what a picture writes on its edges."""

from __future__ import annotations

import json
import re

from rag_ir.graph import Code, Json
from rag_ir.operators import BINARY

DEEPEST = 40

_IF, _OR, _AND, _NOT, _COMPARE, _COALESCE, _ADD, _MULTIPLY, _NEGATE, _POSTFIX = range(10)
_LEVELS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), _COMPARE),
    "??": _COALESCE,
    **dict.fromkeys(("+", "-"), _ADD),
    **dict.fromkeys(("*", "/", "%"), _MULTIPLY),
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def code_text(code: Code) -> str:
    """The expression as source, with no more parentheses than it needs. What is nested very deep is written as `...`."""
    return _text(code, _IF, 0)


def _text(code: Code, level: int, depth: int) -> str:
    """The text of a part that stands where operators of at least `level` bind."""
    if depth > DEEPEST or not isinstance(code, list) or not code:
        return "..."
    own, text = _written(str(code[0]), code[1:], depth + 1)
    return f"({text})" if own < level else text


def _written(operator: str, parts: list[Json], depth: int) -> tuple[int, str]:
    """How tightly the operator binds, and its text."""
    if operator in BINARY:
        own = _LEVELS[operator]
        left, right = _text(parts[0], own + (own == _COMPARE), depth), _text(parts[1], own + 1, depth)
        return own, f"{left} {operator} {right}"
    match operator:
        case "not":
            return _NOT, f"not {_text(parts[0], _NOT, depth)}"
        case "neg":
            return _NEGATE, f"-{_text(parts[0], _NEGATE, depth)}"
        case "if":
            condition, yes, no = (_text(part, _OR, depth) for part in parts)
            return _IF, f"if {condition} then {yes} else {no}"
        case _:
            return _POSTFIX, _closed(operator, parts, depth)


def _closed(operator: str, parts: list[Json], depth: int) -> str:
    """What needs no parentheses anywhere."""
    match operator, parts:
        case "lit", [value]:
            return json.dumps(value, ensure_ascii=False)
        case "var", [name]:
            return str(name)
        case "get", [root, *members]:
            return str(root) + "".join(map(_member, members))
        case "member", [inner, name]:
            return _text(inner, _POSTFIX, depth) + _member(name)
        case "index", [inner, at]:
            return f"{_text(inner, _POSTFIX, depth)}[{_text(at, _IF, depth)}]"
        case "list", items:
            return "[" + ", ".join(_text(item, _IF, depth) for item in items) + "]"
        case "object", pairs:
            return "{ " + ", ".join(_pair(pair, depth) for pair in pairs) + " }" if pairs else "{}"
        case "call", [function, *arguments]:
            return f"{function}(" + ", ".join(_text(argument, _IF, depth) for argument in arguments) + ")"
        case "each", [function, items, name, body]:
            return f"{function}({_text(items, _IF, depth)}, {name} => {_text(body, _IF, depth)})"
        case "template", pieces:
            return json.dumps("".join(_piece(piece, depth) for piece in pieces), ensure_ascii=False)
        case _:
            return "..."


def _member(name: Json) -> str:
    return (
        f".{name}" if isinstance(name, str) and _NAME.fullmatch(name) else f"[{json.dumps(name, ensure_ascii=False)}]"
    )


def _pair(pair: Json, depth: int) -> str:
    if not isinstance(pair, list) or len(pair) != 2:
        return "..."
    key = str(pair[0])
    return f"{key if _NAME.fullmatch(key) else json.dumps(key, ensure_ascii=False)}: {_text(pair[1], _IF, depth)}"


def _piece(piece: Json, depth: int) -> str:
    return piece if isinstance(piece, str) else "{{ " + _text(piece, _IF, depth) + " }}"
