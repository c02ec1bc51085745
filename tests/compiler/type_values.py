"""Strategies of types, and of values that are of a given type."""

from __future__ import annotations

from typing import cast

from hypothesis import strategies as st

from rag_compiler.relate_types import Types, types_of
from rag_ir.graph import Json
from rag_ir.types import (
    BOOL,
    FLOAT,
    INT,
    NULL,
    STRING,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    RecordField,
    TypeValue,
    Union,
    may_be_absent,
    optional,
    union,
)

FIELDS = ("a", "b", "c")
WORDS = ("x", "y", "z")


def record_of(**fields: TypeValue) -> Record:
    """A record of some fields, as a declaration gives it."""
    return Record(tuple(RecordField(name, type_, not may_be_absent(type_)) for name, type_ in fields.items()))


DECLARED: dict[str, TypeValue] = {
    "Tree": record_of(a=STRING, b=ListOf(Named("Tree"))),
    "Chain": record_of(a=STRING, b=optional(Named("Chain"))),
    "Ring": record_of(a=Literals(("x", "y")), b=optional(Named("Chain"))),
    "Nested": union((STRING, ListOf(Named("Nested")))),
    "Maybe": optional(INT),
    "Word": Literals(("x", "y")),
    "Spoken": union((Named("Word"), Named("Maybe"))),
}

_LEAVES: st.SearchStrategy[TypeValue] = st.one_of(
    st.sampled_from((STRING, INT, FLOAT, BOOL)),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True).map(lambda words: Literals(tuple(words))),
    st.sampled_from([Named(name) for name in DECLARED]),
)


def _record(names: list[str], types: list[TypeValue]) -> TypeValue:
    return record_of(**dict(zip(names, types, strict=False)))


def _around(inner: st.SearchStrategy[TypeValue]) -> st.SearchStrategy[TypeValue]:
    names = st.lists(st.sampled_from(FIELDS), max_size=3, unique=True)
    return st.one_of(
        inner.map(ListOf),
        inner.map(MapOf),
        inner.map(optional),
        st.builds(_record, names, st.lists(inner, min_size=3, max_size=3)),
        st.lists(inner, min_size=2, max_size=3).map(union),
    )


TYPES: st.SearchStrategy[TypeValue] = st.recursive(_LEAVES, _around, max_leaves=6)
"""Types without `json`, that name those of `DECLARED`."""


def relations() -> Types:
    """The relations between such types."""
    return types_of(DECLARED)


def values_of(type_: TypeValue, depth: int = 0) -> st.SearchStrategy[Json]:
    """Values of a type: exactly the fields that a record names, for what else it may hold is of no type."""
    match type_:
        case Primitive(name):
            return _PRIMITIVES[name]
        case Literals(values):
            return st.sampled_from(values)
        case ListOf(item):
            return _lists(st.deferred(lambda: values_of(item, depth + 1)), depth)
        case MapOf(value):
            inner = st.deferred(lambda: values_of(value, depth + 1))
            empty: st.SearchStrategy[Json] = st.builds(dict[str, Json])
            keys = st.sampled_from(FIELDS)
            return empty if depth > 3 else cast("st.SearchStrategy[Json]", st.dictionaries(keys, inner, max_size=2))
        case Record(fields):
            return _objects(fields, depth)
        case Union(members):
            kept = [member for member in members if member == NULL] if depth > 3 else []
            return st.one_of([values_of(member, depth + 1) for member in kept or members])
        case Named(name):
            return values_of(DECLARED[name], depth + 1)


_PRIMITIVES: dict[str, st.SearchStrategy[Json]] = {
    "string": st.sampled_from((*WORDS, "other")),
    "int": st.integers(-9, 9),
    "float": st.one_of(st.integers(-9, 9), st.floats(-9, 9)),
    "bool": st.booleans(),
    "null": st.none(),
}


def _lists(inner: st.SearchStrategy[Json], depth: int) -> st.SearchStrategy[Json]:
    if depth > 3:
        return st.builds(list[Json])
    return cast("st.SearchStrategy[Json]", st.lists(inner, max_size=2))


def _objects(fields: tuple[RecordField, ...], depth: int) -> st.SearchStrategy[Json]:
    required = {field.name: values_of(field.type, depth + 1) for field in fields if field.required}
    others = {} if depth > 3 else {f.name: values_of(f.type, depth + 1) for f in fields if not f.required}
    return cast("st.SearchStrategy[Json]", st.fixed_dictionaries(required, optional=others))


def _one_of(*types: TypeValue) -> st.SearchStrategy[TypeValue]:
    return st.sampled_from(types)


@st.composite
def widened(draw: st.DrawFn, type_: TypeValue) -> TypeValue:
    """A type near another one: parts of it are wider, and some are not what they were."""
    if draw(st.integers(0, 9)) == 0:
        return draw(TYPES)
    match type_:
        case ListOf(item):
            wider: TypeValue = ListOf(draw(widened(item)))
        case MapOf(value):
            wider = MapOf(draw(widened(value)))
        case Record(fields):
            kept = [field for field in fields if draw(st.integers(0, 3))]
            wider = record_of(**{field.name: draw(widened(field.type)) for field in kept})
        case Union(members):
            wider = union([draw(widened(member)) for member in members])
        case Literals():
            wider = draw(_one_of(type_, STRING, Named("Word")))
        case Named(name):
            wider = draw(_one_of(type_, DECLARED[name]))
        case Primitive():
            wider = FLOAT if type_ == INT else type_
    extra = draw(st.integers(0, 3))
    return optional(wider) if extra == 0 else union((wider, draw(TYPES))) if extra == 1 else wider


PAIRS: st.SearchStrategy[tuple[TypeValue, TypeValue]] = TYPES.flatmap(lambda one: st.tuples(st.just(one), widened(one)))
"""Two types, of which the second often takes what the first is."""
