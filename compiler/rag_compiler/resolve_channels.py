"""Bind channels: reducers and their words, types, initial values."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir, syntax
from rag_compiler.kinds import REDUCER_ALIASES, REDUCERS, REFUSED_REDUCERS
from rag_compiler.names import Names
from rag_compiler.resolve_names import bind_capability
from rag_compiler.resolve_policies import written_name
from rag_compiler.resolve_types import bind_type, type_of_schema
from rag_compiler.resolve_values import bind_constant
from rag_compiler.sink import Sink
from rag_compiler.words import names as say
from rag_compiler.words.values import bad_value
from rag_ir.reducers import LISTS, NUMBERS
from rag_ir.types import (
    FLOAT,
    INT,
    JSON,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    TypeValue,
    Union,
    spell_out,
)

WORDS = {"merge": "deep", "topic": "accumulate"}
"""The one word that a reducer may be followed by."""
CONVERSATIONS = (ListOf(Named("message")), ListOf(JSON))
"""The types, beside `json`, that a conversation may be given."""


def bind_channel(channel: syntax.Channel, name: syntax.Name, names: Names, sink: Sink) -> hir.Channel:
    """A channel; a reducer that does not bind is a hole."""
    reducer, function = _reducer(channel, names, sink)
    word = _word(channel, reducer, sink) if function is None else ""
    type_ = bind_type(channel.type, names, sink) if channel.type else None
    if function:
        type_ = _made(function, type_, names, sink)
    elif reducer and type_:
        _check_shape(channel, reducer, type_, sink)
    return hir.Channel(
        name=hir.Ref(name.text, name.span),
        reducer=reducer,
        function=function,
        deep=word == "deep",
        accumulate=word == "accumulate",
        type=type_,
        initial=bind_constant(channel.initial, "the initial value of a channel", sink) if channel.initial else None,
        doc=channel.doc,
    )


def _reducer(channel: syntax.Channel, names: Names, sink: Sink) -> tuple[hir.Ref | None, hir.Ref | None]:
    """The reducer, and with `aggregate` the registered function."""
    name = channel.reducer
    if name is None:
        return None, None
    canonical = REDUCER_ALIASES.get(name.text, name.text)
    if canonical in REDUCERS:
        return hir.Ref(canonical, name.span), None
    if name.text == "aggregate":
        return _registered(_function(channel, name, sink), channel.arguments[1:], names, sink)
    if names.find("reducer", name.text) and name.text not in REFUSED_REDUCERS:
        return _registered(name, channel.arguments, names, sink)
    if names.registry.readable or name.text in REFUSED_REDUCERS:
        hint = REFUSED_REDUCERS.get(name.text, "")
        known = (*REDUCERS, *names.available("reducer"))
        sink.add(say.unknown_word("unknown-reducer", sink.at(name.span), "reducer", name.text, known, hint))
    return None, None


def _function(channel: syntax.Channel, name: syntax.Name, sink: Sink) -> syntax.Name | None:
    """The name behind `aggregate`."""
    match channel.arguments[:1]:
        case (syntax.Hole(),):
            return None
        case (first,):
            written = written_name(first)
        case _:
            written = None
    if written is None:
        place = sink.at(channel.arguments[0].span if channel.arguments else name.span)
        sink.add(bad_value(place, "`aggregate` takes the name of a registered reducer", 'write `aggregate "NAME"`'))
    return written


def _registered(
    name: syntax.Name | None, rest: Sequence[syntax.Expr], names: Names, sink: Sink
) -> tuple[hir.Ref | None, hir.Ref | None]:
    for argument in rest:
        if not isinstance(argument, syntax.Hole):
            sink.add(bad_value(sink.at(argument.span), "a registered reducer takes no arguments"))
    found = bind_capability("reducer", name, names, sink, name.span) if name else None
    if not isinstance(found, hir.Ref):
        return None, None
    return hir.Ref("aggregate", found.span), found


def _made(function: hir.Ref, declared: hir.Type | None, names: Names, sink: Sink) -> hir.Type | None:
    """The type of the whole value: what the manifest says of the reducer, which a declared type can only repeat."""
    schema = names.registry.reducers[function.name].schema
    if schema is None:
        return declared
    made = type_of_schema(schema)
    if declared is None:
        return hir.Type(made, function.span, True)
    if declared.whole and declared.value != made:
        message = f"reducer `{function.name}` makes `{spell_out(made)}`, not `{spell_out(declared.value)}`"
        sink.add(
            bad_value(sink.at(declared.span), message, fixes=(say.replace(sink.at(declared.span), spell_out(made)),))
        )
    return declared


def _word(channel: syntax.Channel, reducer: hir.Ref | None, sink: Sink) -> str:
    """The word after the reducer; everything else that stands there is reported."""
    if reducer is None:
        return ""
    allowed = WORDS.get(reducer.name)
    found = ""
    for argument in channel.arguments:
        match argument:
            case syntax.Literal(str() as word) if word == allowed and not found:
                found = word
            case syntax.Variable(name) if name.text == allowed and not found:
                found = name.text
            case syntax.Hole():
                pass
            case _:
                takes = f'at most the word `"{allowed}"`' if allowed else "no arguments"
                sink.add(bad_value(sink.at(argument.span), f"reducer `{reducer.name}` takes {takes}"))
    return found


def _check_shape(channel: syntax.Channel, reducer: hir.Ref, type_: hir.Type, sink: Sink) -> None:
    """A channel's type is that of its whole value: a list for `append`, an object for `merge`, a number for `sum`."""
    value = type_.value
    if not type_.whole or value == JSON:
        return
    place = sink.at(type_.span)
    wanted, fix = "", ""
    if reducer.name == "messages":
        wanted, fix = ("" if value in CONVERSATIONS else "`message[]`"), "message[]"
    elif reducer.name in LISTS:
        element = isinstance(value, Primitive | Literals | MapOf | Record) or value == Named("message")
        written = spell_out(value)
        wanted, fix = ("a list" if element else ""), f"({written})[]" if " " in written else f"{written}[]"
    elif reducer.name == "merge":
        wanted = "an object" if isinstance(value, Primitive | Literals | ListOf) else ""
    elif reducer.name in NUMBERS:
        wanted = "" if _may_be_number(value) else "a number"
    if wanted:
        article = "an" if reducer.name[0] in "au" else "a"
        message = f"the type of {article} `{reducer.name}` channel is that of its whole value, {wanted}, not `{spell_out(value)}`"
        sink.add(bad_value(place, message, fixes=(say.replace(place, fix),) if fix else ()))


def _may_be_number(value: TypeValue) -> bool:
    """Whether some value of the type is a number; a declared type may be anything."""
    members = value.members if isinstance(value, Union) else (value,)
    return any(member in (INT, FLOAT, JSON) or isinstance(member, Named) for member in members)
