"""Whether a value is of a type: inputs, structured output and tool arguments at run time.

An integer is also of type `float`; a boolean is no number; a float that is a whole number is of type `int`, since JSON has one
kind of number. Members that a record does not name are allowed; a field that is not required may be absent, and null only if its
type says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rag_ir.canonical import compact
from rag_ir.finding import pointer
from rag_ir.type_schemas import MESSAGE, describe
from rag_ir.values import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag_ir.graph import Json, Schema

NESTING = 128
"""Values and chains of references deeper than this are refused."""

MOST = 20
"""More problems than this are not told."""

NOTHING: Schema = {"type": "nothing"}
"""The schema of no value."""

_TESTS: Mapping[str, Callable[[Json], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: not isinstance(value, bool) and (isinstance(value, int) or _is_whole(value)),
    "number": lambda value: not isinstance(value, bool) and isinstance(value, (int, float)),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}

_PLAIN = ("integer", "number", "boolean", "null")


def problems(value: Json, schema: Schema, types: Mapping[str, Schema]) -> list[tuple[str, str]]:
    """What keeps a value from being of a schema of the subset, as `(JSON pointer into the value, message)`; empty if nothing.

    `types` are the declarations that `#/types/NAME` refers to. Never fails: what is not of the subset admits no value.
    """
    if _is_plainly(value, schema):
        return []
    found: list[tuple[str, str]] = []
    checker = _Checker(types)
    if not checker.fits(value, schema):
        checker.tell(value, schema, "", found)
    return found


def _is_plainly(value: Json, schema: Schema) -> bool:
    """Whether that can be said at once: of any value where the schema takes all, and of numbers, booleans and null."""
    if not schema:
        return True
    kind = schema.get("type")
    return isinstance(kind, str) and kind in _PLAIN and _TESTS[kind](value)


class _Checker:
    """What fits is remembered by identity, so that unions of unions cost no more than value times schema.

    While a value is compared with a schema it is taken not to fit, so that a type that is only itself has no values.
    """

    def __init__(self, types: Mapping[str, Schema]) -> None:
        self.types = types
        self.known: dict[tuple[int, int], bool] = {}

    def fits(self, value: Json, schema: Json | Schema, depth: int = 0) -> bool:
        """Whether a value is of a schema."""
        if not isinstance(schema, Mapping) or depth > NESTING:
            return False
        key = (id(value), id(schema))
        if key not in self.known:
            self.known[key] = False
            self.known[key] = self._fits(value, schema, depth + 1)
        return self.known[key]

    def tell(self, value: Json, schema: Json | Schema, at: str, found: list[tuple[str, str]], depth: int = 0) -> None:
        """Say why a value is not of a schema."""
        if len(found) >= MOST or self.fits(value, schema, depth):
            return
        named, schema = schema, self.resolved(schema)
        members = schema.get("anyOf")
        if isinstance(members, list):
            likely = [member for member in members if member != {"type": "null"} and self.outline(value, member)]
            if len(likely) == 1:
                self.tell(value, likely[0], at, found, depth + 1)
            else:
                found.append((at, _misfit(value, named if schema is not NOTHING else schema)))
        elif not self.outline(value, schema) or not isinstance(value, (list, dict)):
            found.append((at, _misfit(value, named if schema is not NOTHING else schema)))
        else:
            for name in _missing(value, schema):
                found.append((at, f"the field `{name}` is missing"))
            for key, item, inner in _children(value, schema):
                self.tell(item, inner, at + pointer(key), found, depth + 1)

    def outline(self, value: Json, schema: Json | Schema) -> bool:
        """Whether the value's outermost layer is the schema's: a list for a list, an object for an object."""
        kind = self.resolved(schema).get("type")
        return isinstance(kind, str) and kind in _TESTS and _TESTS[kind](value)

    def resolved(self, schema: Json | Schema) -> Schema:
        """The schema that references lead to; one that nothing fits where they lead nowhere."""
        for _ in range(NESTING):
            if not isinstance(schema, Mapping):
                break
            if "$ref" not in schema:
                return schema
            name = str(schema["$ref"]).removeprefix("#/types/")
            schema = self.types.get(name, MESSAGE if name == "message" else None)
        return NOTHING

    def _fits(self, value: Json, schema: Schema, depth: int) -> bool:
        schema = self.resolved(schema) if "$ref" in schema else schema
        if "anyOf" in schema:
            members = schema["anyOf"]
            return isinstance(members, list) and any(self.fits(value, member, depth) for member in members)
        kind = schema.get("type")
        if kind is None:
            return True
        if not isinstance(kind, str) or kind not in _TESTS or not _TESTS[kind](value):
            return False
        if isinstance(value, str):
            allowed = schema.get("enum")
            return allowed is None or (isinstance(allowed, list) and value in allowed)
        if isinstance(value, (list, dict)):
            children = _children(value, schema)
            return not _missing(value, schema) and all(self.fits(item, inner, depth) for _, item, inner in children)
        return True


def _missing(value: Json, schema: Schema) -> list[str]:
    required = schema.get("required")
    if not isinstance(value, dict) or not isinstance(required, list):
        return []
    return [name for name in required if isinstance(name, str) and name not in value]


def _children(value: list[Json] | dict[str, Json], schema: Schema) -> Iterator[tuple[str | int, Json, Json]]:
    """The parts of a value that the schema speaks of, each with its own."""
    if isinstance(value, list):
        inner = schema.get("items", {})
        yield from ((index, item, inner) for index, item in enumerate(value))
        return
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        inner = schema.get("additionalProperties", {})
        yield from ((key, item, inner) for key, item in value.items())
        return
    yield from ((key, item, properties[key]) for key, item in value.items() if key in properties)


def _is_whole(value: Json) -> bool:
    return isinstance(value, float) and value.is_integer()


def _misfit(value: Json, schema: Json | Schema) -> str:
    whole = schema if isinstance(schema, Mapping) else NOTHING
    found = compact(value) if isinstance(value, str) and len(value) <= 40 and "enum" in whole else ""
    try:
        return f"must be `{describe(whole)}`, not {f'`{found}`' if found else name_of(value)}"
    except ValueError:
        return f"the schema admits no value, not even {name_of(value)}"
