"""Bind channels: reducers and their words, types, initial values."""

from __future__ import annotations

from rag_compiler import hir, syntax
from rag_compiler.kinds import REDUCER_ALIASES, REDUCERS, REFUSED_REDUCERS
from rag_compiler.names import Names
from rag_compiler.resolve_types import bind_type
from rag_compiler.resolve_values import bind_constant
from rag_compiler.sink import Sink
from rag_compiler.words import names as say
from rag_compiler.words.values import bad_value, not_built
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
BUILT = "reducers that work: " + say.quoted(sorted(REDUCERS))


def bind_channel(channel: syntax.Channel, name: syntax.Name, names: Names, sink: Sink) -> hir.Channel:
    """A channel; a reducer that does not bind is a hole."""
    reducer = _reducer(channel, names, sink)
    word = _word(channel, reducer, sink)
    type_ = bind_type(channel.type, names, sink) if channel.type else None
    if reducer and type_:
        _check_shape(channel, reducer, type_, sink)
    return hir.Channel(
        name=hir.Ref(name.text, name.span),
        reducer=reducer,
        deep=word == "deep",
        accumulate=word == "accumulate",
        type=type_,
        initial=bind_constant(channel.initial, "the initial value of a channel", sink) if channel.initial else None,
        doc=channel.doc,
    )


def _reducer(channel: syntax.Channel, names: Names, sink: Sink) -> hir.Ref | None:
    name = channel.reducer
    if name is None:
        return None
    canonical = REDUCER_ALIASES.get(name.text, name.text)
    if canonical in REDUCERS:
        return hir.Ref(canonical, name.span)
    place, registered = sink.at(name.span), names.others("reducers")
    if name.text == "aggregate":
        _refuse_aggregate(channel, name, registered if names.registry.readable else None, sink)
    elif name.text in registered:
        sink.add(not_built(place, f"reducer `{name.text}` of the manifest", BUILT))
    elif names.registry.readable or name.text in REFUSED_REDUCERS:
        hint = REFUSED_REDUCERS.get(name.text, "")
        sink.add(say.unknown_word("unknown-reducer", place, "reducer", name.text, REDUCERS, hint))
    return None


def _refuse_aggregate(
    channel: syntax.Channel, name: syntax.Name, registered: tuple[str, ...] | None, sink: Sink
) -> None:
    """Report `aggregate`, or the function that is not among the registered ones, where these are known."""
    match channel.arguments[:1]:
        case (syntax.Literal(str() as function, span),) if registered is not None and function not in registered:
            place = sink.at(span)
            sink.add(say.unknown_capability("unknown-capability", place, "reducer", function, registered, {}, ""))
        case _:
            sink.add(not_built(sink.at(name.span), "reducer `aggregate`", BUILT))


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
