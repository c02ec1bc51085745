"""Whether JSON is well-formed as a value, as code, or as a schema of the closed subset.

Each function yields what is wrong as `(JSON pointer, message)`, the pointer beginning with `at`. None of them fails on any JSON,
whatever its depth: what is nested too deep is reported once and not looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING

from rag_ir.canonical import INTEGER_BITS
from rag_ir.finding import pointer
from rag_ir.operators import FUNCTIONS, PARTS, ROOTS
from rag_ir.values import NESTING, name_of

if TYPE_CHECKING:
    from rag_ir.graph import Json

SCHEMA_NESTING = 64
"""Schemas nested deeper than this are refused."""

Problems = Iterator[tuple[str, str]]

_SCHEMA_KEYS: dict[str, tuple[str, ...]] = {
    "$ref": ("$ref",),
    "anyOf": ("anyOf",),
    "string": ("type", "enum"),
    "integer": ("type",),
    "number": ("type",),
    "boolean": ("type",),
    "null": ("type",),
    "array": ("type", "items"),
    "object": ("type", "properties", "required", "additionalProperties"),
    "": (),
}
_ANNOTATIONS = ("description", "default")


def value_problems(value: Json, at: str = "", depth: int = 0) -> Problems:
    """What keeps a value from being written and read back as it is: numbers without a JSON form, lone surrogates, depth."""
    if isinstance(value, str):
        if not value.isascii() and _has_surrogate(value):
            yield at, "the text holds half of a surrogate pair"
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if value.bit_length() > INTEGER_BITS:
            yield at, "the integer is too large"
    elif isinstance(value, float):
        if not isfinite(value):
            yield at, "the number is out of range"
    elif depth == NESTING:
        yield at, f"nested more than {NESTING} deep"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from value_problems(item, f"{at}/{index}", depth + 1)
    else:
        for key, item in value.items():
            yield from value_problems(key, at)
            yield from value_problems(item, at + pointer(key), depth + 1)


def code_problems(code: Json, at: str = "", depth: int = 0) -> Problems:
    """What keeps code from being an expression: operators of the closed set, each with its parts, nested at most `NESTING`."""
    if not isinstance(code, list) or not code:
        yield at, f"an expression is an array that begins with its operator, not {name_of(code)}"
        return
    operator = code[0]
    if not isinstance(operator, str) or operator not in PARTS:
        yield f"{at}/0", "there is no such operator"
        return
    least, most = PARTS[operator]
    if not least < len(code) <= most + 1:
        yield at, f"`{operator}` has a wrong number of parts"
    elif depth == NESTING:
        yield at, f"nested more than {NESTING} deep"
    else:
        yield from _parts(operator, code, at, depth + 1)


def schema_problems(schema: Json, at: str = "", depth: int = 0) -> Problems:
    """What keeps JSON from being a schema of the subset that `types` describes."""
    if not isinstance(schema, dict):
        yield at, f"a schema is an object, not {name_of(schema)}"
        return
    if depth == SCHEMA_NESTING:
        yield at, f"nested more than {SCHEMA_NESTING} deep"
        return
    kind = "$ref" if "$ref" in schema else "anyOf" if "anyOf" in schema else schema.get("type", "")
    if not isinstance(kind, str) or kind not in _SCHEMA_KEYS or (kind == "" and "type" in schema):
        yield f"{at}/type", "there is no such type"
        return
    for key in schema:
        if key not in _SCHEMA_KEYS[kind] and key not in _ANNOTATIONS:
            yield at + pointer(key), "this keyword may not stand here"
    description = schema.get("description", "")
    if not isinstance(description, str):
        yield f"{at}/description", f"a description is a text, not {name_of(description)}"
    else:
        yield from value_problems(description, f"{at}/description")
    yield from value_problems(schema.get("default"), f"{at}/default")
    yield from _schema_parts(kind, schema, at, depth + 1)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _parts(operator: str, code: list[Json], at: str, depth: int) -> Problems:
    match operator:
        case "lit":
            yield from value_problems(code[1], f"{at}/1", depth)
        case "get":
            if not isinstance(code[1], str) or code[1] not in ROOTS:
                yield f"{at}/1", "there is no such root"
            yield from _names(code, at, range(2, len(code)))
        case "var":
            yield from _names(code, at, (1,))
        case "member":
            yield from code_problems(code[1], f"{at}/1", depth)
            yield from _names(code, at, (2,))
        case "object":
            yield from _members(code, at, depth)
        case "call":
            yield from _call(code, at, depth)
        case "each":
            yield from _each(code, at, depth)
        case "template":
            for index in range(1, len(code)):
                part = code[index]
                check = value_problems if isinstance(part, str) else code_problems
                yield from check(part, f"{at}/{index}", depth)
        case _:
            for index in range(1, len(code)):
                yield from code_problems(code[index], f"{at}/{index}", depth)


def _names(code: list[Json], at: str, indices: range | tuple[int, ...]) -> Problems:
    for index in indices:
        if not isinstance(code[index], str):
            yield f"{at}/{index}", f"a name must stand here, not {name_of(code[index])}"
        else:
            yield from value_problems(code[index], f"{at}/{index}")


def _members(code: list[Json], at: str, depth: int) -> Problems:
    keys: set[str] = set()
    for index in range(1, len(code)):
        match code[index]:
            case [str(key), value]:
                if key in keys:
                    yield f"{at}/{index}/0", "the key stands twice"
                keys.add(key)
                yield from value_problems(key, f"{at}/{index}/0")
                yield from code_problems(value, f"{at}/{index}/1", depth)
            case _:
                yield f"{at}/{index}", "a member of an object is a key and an expression"


def _call(code: list[Json], at: str, depth: int) -> Problems:
    name = code[1]
    function = FUNCTIONS.get(name) if isinstance(name, str) else None
    if function is None or function.takes_lambda == "must":
        yield f"{at}/1", "there is no such function without a lambda"
        return
    most = function.most - (function.takes_lambda == "may")
    if not function.least <= len(code) - 2 <= most:
        yield at, f"`{function.name}` has a wrong number of arguments"
    for index in range(2, len(code)):
        yield from code_problems(code[index], f"{at}/{index}", depth)


def _each(code: list[Json], at: str, depth: int) -> Problems:
    name = code[1]
    function = FUNCTIONS.get(name) if isinstance(name, str) else None
    if function is None or function.takes_lambda == "no":
        yield f"{at}/1", "there is no such function with a lambda"
    yield from code_problems(code[2], f"{at}/2", depth)
    yield from _names(code, at, (3,))
    yield from code_problems(code[4], f"{at}/4", depth)


def _schema_parts(kind: str, schema: dict[str, Json], at: str, depth: int) -> Problems:
    match kind:
        case "$ref":
            name = schema["$ref"]
            if not isinstance(name, str) or not name.startswith("#/types/"):
                yield f"{at}/$ref", "a reference is `#/types/NAME`"
            else:
                yield from value_problems(name, f"{at}/$ref")
        case "anyOf":
            yield from _members_of_union(schema["anyOf"], f"{at}/anyOf", depth)
        case "string":
            yield from _texts(schema.get("enum", [""]), f"{at}/enum", least=1)
        case "array":
            yield from schema_problems(schema.get("items", {}), f"{at}/items", depth)
        case "object":
            yield from _object_parts(schema, at, depth)
        case _:
            return


def _members_of_union(members: Json, at: str, depth: int) -> Problems:
    if not isinstance(members, list) or len(members) < 2:
        yield at, "a union has a list of two members or more"
        return
    for index, member in enumerate(members):
        yield from schema_problems(member, f"{at}/{index}", depth)


def _object_parts(schema: dict[str, Json], at: str, depth: int) -> Problems:
    if "properties" not in schema:
        if "required" in schema:
            yield f"{at}/required", "only a record with properties requires some"
        yield from schema_problems(schema.get("additionalProperties", {}), f"{at}/additionalProperties", depth)
        return
    if "additionalProperties" in schema:
        yield f"{at}/additionalProperties", "a record has properties or additional properties, not both"
    properties = schema["properties"]
    if not isinstance(properties, dict):
        yield f"{at}/properties", f"properties are an object, not {name_of(properties)}"
        return
    for name, member in properties.items():
        yield from value_problems(name, f"{at}/properties")
        yield from schema_problems(member, f"{at}/properties" + pointer(name), depth)
    required = schema.get("required", [])
    yield from _texts(required, f"{at}/required", least=0)
    for index, each in enumerate(required if isinstance(required, list) else []):
        if isinstance(each, str) and each not in properties:
            yield f"{at}/required/{index}", "there is no such property"


def _texts(values: Json, at: str, *, least: int) -> Problems:
    if not isinstance(values, list) or len(values) < least:
        yield at, "a list of texts must stand here"
        return
    for index, value in enumerate(values):
        if not isinstance(value, str):
            yield f"{at}/{index}", f"a text must stand here, not {name_of(value)}"
        else:
            yield from value_problems(value, f"{at}/{index}")
