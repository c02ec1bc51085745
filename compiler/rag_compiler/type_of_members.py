"""The types of members and elements: what `x.name` and `x[i]` are, and what is wrong with asking for them."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler.relate_types import NEVER, Types
from rag_ir.record import field, record
from rag_ir.types import (
    FLOAT,
    JSON,
    NULL,
    STRING,
    ListOf,
    MapOf,
    Primitive,
    Record,
    TypeValue,
)


@record
class Found:
    """What a member is. `null`: the value that has it may be null, `known`: it may be something else too.

    `lacks`: every other value that it may be has no such member; `names` are those that they have. `looked`: it is looked up by
    a key that may not be there.
    """

    type: TypeValue
    null: bool = False
    known: bool = True
    lacks: bool = False
    names: tuple[str, ...] = ()
    looked: bool = False


def member(types: Types, target: TypeValue, name: str) -> Found:
    """The member of a value. One that only some of the records have is null in the others."""
    found: list[TypeValue] = []
    names: dict[str, None] = {}
    null = lacking = looked = False
    for part in types.alternatives(target):
        match part:
            case Primitive("json"):
                return Found(JSON)
            case Primitive("null"):
                null = True
            case MapOf(value):
                found.append(value)
                looked = True
            case Record():
                fields = types.fields(part)
                names |= dict.fromkeys(fields)
                if name in fields:
                    found.append(fields[name].type)
                else:
                    lacking = True
            case _:
                lacking = True
    if not found:
        return Found(JSON, null, known=lacking, lacks=lacking, names=tuple(names))
    whole = types.join(found)
    looked = (looked or lacking) and not types.nullable(whole)
    return Found(types.join([whole, NULL]) if looked or lacking else whole, null, looked=looked)


def element(types: Types, target: TypeValue) -> TypeValue | None:
    """The type of the elements of a list; null for what is not always a list. `json` for `json`."""
    found: list[TypeValue] = []
    for part in types.alternatives(target):
        match part:
            case Primitive("json"):
                return JSON
            case ListOf(item):
                found.append(item)
            case _:
                return None
    return types.join(found) if found else NEVER


@record
class Place:
    """What stands at an index: the elements of lists, and the members of objects, either of which may not be there.

    `null`: the value may be null. `index`: the types of indices that it takes, none where it has no elements at all.
    """

    type: TypeValue
    null: bool = False
    index: Sequence[TypeValue] = field(default_factory=list[TypeValue])


def indexed(types: Types, target: TypeValue) -> Place:
    """What stands at some index of a value."""
    found: list[TypeValue] = []
    index: dict[TypeValue, None] = {}
    null = False
    for part in types.alternatives(target):
        match part:
            case Primitive("json"):
                return Place(JSON, index=(JSON,))
            case Primitive("null"):
                null = True
            case ListOf(item):
                found.append(item)
                index[FLOAT] = None
            case MapOf(value):
                found.append(value)
                index[STRING] = None
            case Record():
                found.append(JSON)
                index[STRING] = None
            case _:
                pass
    return Place(types.join(found), null, tuple(index))
