"""The smallest value that fits a schema of the IR's subset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from rag_ir.graph import Json, Schema

_DEFINITIONS = "#/$defs/"
_PRIMITIVES: Mapping[object, Json] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}


def smallest(schema: Schema) -> Json:
    """The value: empty texts and lists, zeros, the first of several types, no optional fields.

    `schema` stands alone: the records that it names are its `$defs`. Raises ValueError where no finite value fits.
    """
    return _Search(cast("Mapping[str, Schema]", schema.get("$defs", {}))).of(schema, ())


class _Search:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def of(self, schema: Schema, inside: tuple[str, ...]) -> Json:
        """`inside`: the records around the value; one of them again would never end."""
        match schema:
            case {"$ref": str(reference)}:
                return self._named(reference.removeprefix(_DEFINITIONS), inside)
            case {"anyOf": list(members)}:
                return self._first(cast("list[Schema]", members), inside)
            case {"enum": [first, *_]}:
                return first
            case {"type": "array"}:
                return []
            case {"type": "object"}:
                return self._object(schema, inside)
            case _:
                return _PRIMITIVES.get(schema.get("type"))

    def _named(self, name: str, inside: tuple[str, ...]) -> Json:
        if name in inside or name not in self._definitions:
            raise ValueError(f"no finite value fits `{name}`")
        return self.of(self._definitions[name], (*inside, name))

    def _first(self, members: list[Schema], inside: tuple[str, ...]) -> Json:
        for member in members[:-1]:
            try:
                return self.of(member, inside)
            except ValueError:
                continue
        return self.of(members[-1], inside)

    def _object(self, schema: Schema, inside: tuple[str, ...]) -> Json:
        properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
        required = cast("list[str]", schema.get("required", []))
        return {name: self.of(properties[name], inside) for name in required}
