"""What can be said of the values of two writes before any run: whether they give one key of an object different values."""

from __future__ import annotations

from rag_ir.graph import Code, Json
from rag_ir.values import json_equal
from rag_verify.accesses import roots_in


def keys_clash(one: Code, other: Code, *, deep: bool) -> bool | None:
    """Whether two objects surely give one key different values; null where they have no key in common that may differ."""
    mine, others = _members(one), _members(other)
    found: bool | None = None
    for key in mine.keys() & others.keys():
        if deep and _members(mine[key]) and _members(others[key]):
            sure = keys_clash(mine[key], others[key], deep=True)
        else:
            sure = _values_differ(mine[key], others[key])
        if sure is not None:
            found = found or sure
    return found


def _values_differ(one: Code, other: Code) -> bool | None:
    if _is_literal(one) and _is_literal(other):
        return None if json_equal(_literal(one), _literal(other)) else True
    same_everywhere = one == other and roots_in(one) <= {"input", "state"} and not _has_variable(one)
    return None if same_everywhere else False


def _members(code: Code) -> dict[str, Code]:
    """The literal keys of an object, and their values."""
    match code:
        case ["object", *pairs]:
            return {str(pair[0]): pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2}
        case ["lit", dict() as value]:
            return {key: ["lit", member] for key, member in value.items()}
        case _:
            return {}


def _is_literal(code: Code) -> bool:
    return isinstance(code, list) and code[:1] == ["lit"]


def _literal(code: Code) -> Json:
    return code[1] if isinstance(code, list) and len(code) > 1 else None


def _has_variable(code: Code) -> bool:
    pending: list[Json] = [code]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            if part[:1] == ["var"]:
                return True
            if part[:1] != ["lit"]:
                pending.extend(part)
    return False


def literal_length(code: Code) -> int:
    """The number of elements of a list that is written out; 0 of every other."""
    match code:
        case ["list", *items]:
            return len(items)
        case ["lit", list() as items]:
            return len(items)
        case _:
            return 0
