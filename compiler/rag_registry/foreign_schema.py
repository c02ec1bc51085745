"""JSON Schema of others as the closed subset of the IR: what the subset cannot say becomes wider, never narrower.

The server that made a schema checks what it is called with; here it is for models, which read it, and for a first look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_ir.shapes import schema_problems
from rag_ir.types import problems

if TYPE_CHECKING:
    from rag_ir.graph import Json, Schema

NESTING = 32
"""What is nested deeper, references followed, may be anything."""

PARTS = 5_000
"""After so many parts, references followed, everything may be anything."""

_PLAIN = ("string", "integer", "number", "boolean", "null")


def object_schema(schema: Json) -> Schema:
    """The schema of an object, such as a tool's arguments. Total on any JSON."""
    found = foreign_schema(schema)
    return found if "properties" in found else {"type": "object", "properties": {}, "required": []}


def foreign_schema(schema: Json) -> Schema:
    """The schema of any value. Total on any JSON."""
    root = schema if isinstance(schema, dict) else {}
    found = _Reader(root).read(root, 0)
    return {} if list(schema_problems(found)) else found


class _Reader:
    def __init__(self, root: dict[str, Json]) -> None:
        self.root = root
        self.left = PARTS

    def read(self, given: Json, depth: int) -> dict[str, Json]:
        """The subset's form of a part, with its description and its default."""
        self.left -= 1
        if not isinstance(given, dict) or depth > NESTING or self.left < 0:
            return {}
        found = self.shape(given, depth)
        doc, default = given.get("description"), given.get("default")
        if isinstance(doc, str) and doc:
            found = {**found, "description": doc}
        if default is not None and not problems(default, found, {}):
            found = {**found, "default": default}
        return found

    def shape(self, given: dict[str, Json], depth: int) -> dict[str, Json]:
        """The form alone."""
        if "$ref" in given:
            return self.read(self.target(given["$ref"]), depth + 1)
        if "const" in given or "enum" in given:
            listed = given.get("enum", [given.get("const")])
            return _of_values(listed if isinstance(listed, list) else [])
        for key in ("anyOf", "oneOf"):
            members = given.get(key)
            if isinstance(members, list):
                return _any_of([self.read(member, depth + 1) for member in members])
        whole = given.get("allOf")
        if isinstance(whole, list):
            return self.read(whole[0], depth + 1) if len(whole) == 1 else {}
        kind = given.get("type")
        if isinstance(kind, list):
            return _any_of([self.typed(each, given, depth) for each in kind])
        return self.typed(kind or ("object" if "properties" in given else None), given, depth)

    def typed(self, kind: Json, given: dict[str, Json], depth: int) -> dict[str, Json]:
        """The form of a part whose `type` is one word."""
        if kind in _PLAIN:
            return {"type": kind}
        if kind == "array":
            return {"type": "array", "items": self.read(given.get("items", {}), depth + 1)}
        if kind != "object":
            return {}
        members = given.get("properties")
        if not isinstance(members, dict):
            return {"type": "object", "additionalProperties": self.read(given.get("additionalProperties"), depth + 1)}
        needed = given.get("required")
        return {
            "type": "object",
            "properties": {name: self.read(member, depth + 1) for name, member in members.items()},
            "required": [name for name in needed if name in members] if isinstance(needed, list) else [],
        }

    def target(self, reference: Json) -> Json:
        """What a reference within the same schema leads to; null for every other."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        part: Json = self.root
        for step in reference.removeprefix("#").split("/")[1:]:
            part = part.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(part, dict) else None
        return part


def _of_values(values: list[Json]) -> dict[str, Json]:
    """The form of one of some values: texts keep theirs, of everything else the type stays."""
    texts: list[Json] = list(dict.fromkeys(value for value in values if isinstance(value, str)))
    members: list[dict[str, Json]] = []
    if texts:
        members.append({"type": "string", "enum": texts})
    for value in values:
        if not isinstance(value, (str, list, dict)):
            members.append({"type": _kind(value)})
    return {} if any(isinstance(value, (list, dict)) for value in values) else _any_of(members)


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    return "integer" if isinstance(value, int) else "number"


def _any_of(members: list[dict[str, Json]]) -> dict[str, Json]:
    """One of some forms; where one of them may be anything, anything."""
    flat: list[dict[str, Json]] = []
    for member in members:
        inner = member.get("anyOf")
        for part in inner if isinstance(inner, list) else [member]:
            if isinstance(part, dict) and part not in flat:
                flat.append(part)
    if not flat or any(not set(part) - {"description", "default"} for part in flat):
        return {}
    return flat[0] if len(flat) == 1 else {"anyOf": [*flat]}
