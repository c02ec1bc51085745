"""The types of what channels take: their reducers merge more than values of the channel's own type."""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.check_values import channel_type
from rag_compiler.relate_types import Types
from rag_ir.record import replace
from rag_ir.reducers import LISTS, NUMBERS
from rag_ir.types import (
    FLOAT,
    JSON,
    STRING,
    ListOf,
    MapOf,
    Named,
    Record,
    RecordField,
    TypeValue,
    Union,
    from_schema,
    union,
)

_MARKER = Record((RecordField("id", STRING, True), RecordField("remove", from_schema({"type": "boolean"}), True)))
_MESSAGES: tuple[TypeValue, ...] = (Named("message"), _MARKER)
CONVERSATION = union([*_MESSAGES, ListOf(union(_MESSAGES))])
"""What a conversation takes: messages, and markers that delete one."""


def written_type(channel: hir.Channel, types: Types) -> TypeValue:
    """The type of what may be written into a channel; `json` where its reducer is not known, or no value of it has the type."""
    type_ = channel_type(channel)
    reducer = channel.reducer.name if channel.reducer else ""
    if reducer == "messages":
        return CONVERSATION
    if reducer in LISTS:
        return _elements_too(types.without_null(type_), types)
    if reducer == "merge":
        whole = partial(types.without_null(type_), types, deep=channel.deep)
        return MapOf(JSON) if whole == JSON else whole if types.fits(whole, MapOf(JSON)) else JSON
    if reducer in NUMBERS:
        number = types.without_null(type_)
        return FLOAT if number == JSON else number if types.fits(number, FLOAT) else JSON
    return type_ if reducer else JSON


def partial(type_: TypeValue, types: Types, *, deep: bool, levels: int = 8) -> TypeValue:
    """An object of which any field may be missing: a write is merged into what is there. With `deep`, so is what is inside."""
    match types.resolve(type_):
        case Record(fields):
            inner = (
                [partial(each.type, types, deep=True, levels=levels - 1) for each in fields] if deep and levels else []
            )
            made = zip(fields, inner or [each.type for each in fields], strict=True)
            return Record(tuple(replace(field, type=part, required=False) for field, part in made))
        case _:
            return type_


def _elements_too(type_: TypeValue, types: Types) -> TypeValue:
    """A list, or one element of it. Of elements that are lists themselves a list is meant as the whole."""
    parts = types.alternatives(type_)
    if JSON in parts:
        return JSON
    items = [part.item for part in parts if isinstance(part, ListOf)]
    single = [each for item in items for each in _not_lists(item, types)]
    return union([*single, type_]) if items else JSON


def _not_lists(item: TypeValue, types: Types) -> list[TypeValue]:
    """The alternatives that are no lists; a name stays where it stands for none."""
    found: list[TypeValue] = []
    for part in item.members if isinstance(item, Union) else (item,):
        if not any(isinstance(each, ListOf) for each in types.alternatives(part)):
            found.append(part)
        elif isinstance(part, Named):
            found += [each for each in types.alternatives(part) if not isinstance(each, ListOf)]
    return found
