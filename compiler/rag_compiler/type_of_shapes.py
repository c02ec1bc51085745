"""The shapes that values written out in source are held against: the one kind of list, or of object, that a type takes."""

from __future__ import annotations

from collections.abc import Container

from rag_compiler.relate_types import Types
from rag_compiler.words.types import shown
from rag_ir.types import JSON, ListOf, MapOf, Record, TypeValue


def only_list(types: Types, type_: TypeValue) -> TypeValue | None:
    """The elements' type of the one kind of list that a type takes."""
    parts = types.alternatives(type_)
    lists = [part.item for part in parts if isinstance(part, ListOf)]
    return lists[0] if len(lists) == 1 and JSON not in parts else None


def only_object(types: Types, type_: TypeValue, given: Container[str]) -> Record | MapOf | None:
    """The one kind of object that a type takes, or the one that an object with such fields can be."""
    parts = types.alternatives(type_)
    objects = [part for part in parts if isinstance(part, Record | MapOf)]
    if len(objects) > 1:
        objects = [part for part in objects if isinstance(part, Record) and _has(types, part, given)]
    return objects[0] if len(objects) == 1 and JSON not in parts else None


def type_of_field(types: Types, shape: Record | MapOf, name: str) -> TypeValue | None:
    """The type of a field of an object; null for one that a record does not name."""
    if isinstance(shape, MapOf):
        return shape.value
    field = types.fields(shape).get(name)
    return field.type if field else None


def difference(types: Types, found: TypeValue, wanted: TypeValue) -> tuple[list[str], str]:
    """What a record lacks of another, and the first field of a type that does not fit, as a sentence."""
    match types.alternatives(found), types.alternatives(wanted):
        case ([Record() as one], [Record() as other]):
            given, fields = types.fields(one), types.fields(other)
            lacking = [
                name
                for name, field in fields.items()
                if field.required and not (name in given and given[name].required)
            ]
            for name, field in fields.items():
                if name in given and name not in lacking and not types.fits(given[name].type, field.type):
                    both = f"is `{shown(given[name].type)}`, and `{shown(field.type)}` is wanted"
                    return lacking, f"its field `{name}` {both}"
            return lacking, ""
        case _:
            return [], ""


def _has(types: Types, shape: Record, given: Container[str]) -> bool:
    return all(name in given for name, field in types.fields(shape).items() if field.required)
