"""How types relate is what is true of their values."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rag_compiler.relate_types import LARGEST, MOST, NEVER, types_of
from rag_ir.graph import Json
from rag_ir.types import (
    FLOAT,
    JSON,
    NULL,
    STRING,
    ListOf,
    Named,
    TypeProblem,
    TypeValue,
    optional,
    parse_type,
    problems,
    to_schema,
    union,
)
from rag_ir.values import json_equal
from tests.compiler.type_values import DECLARED, PAIRS, TYPES, record_of, relations, values_of

SCHEMAS = {name: to_schema(type_) for name, type_ in DECLARED.items()}


def of(text: str) -> TypeValue:
    """A type as it is written."""
    type_ = parse_type(text)
    assert not isinstance(type_, TypeProblem)
    return type_


def conforms(value: Json, type_: TypeValue) -> bool:
    """Whether a value is of a type, as the runtime sees it."""
    return not problems(value, to_schema(type_), SCHEMAS)


@given(st.data(), PAIRS)
def test_what_fits_is_of_the_type(data: st.DataObject, pair: tuple[TypeValue, TypeValue]) -> None:
    source, target = pair
    assume(relations().fits(source, target))
    value = data.draw(values_of(source))
    assert conforms(value, source)
    assert conforms(value, target)


@given(st.data(), TYPES, TYPES)
def test_together_types_hold_the_values_of_both(data: st.DataObject, one: TypeValue, other: TypeValue) -> None:
    joined = relations().join((one, other))
    assert conforms(data.draw(values_of(one)), joined)
    assert conforms(data.draw(values_of(other)), joined)
    assert relations().fits(one, joined)


@given(st.data(), TYPES, TYPES)
def test_what_never_meets_is_never_equal(data: st.DataObject, one: TypeValue, other: TypeValue) -> None:
    assume(not relations().overlap(one, other))
    assert not json_equal(data.draw(values_of(one)), data.draw(values_of(other)))


@given(st.data(), TYPES)
def test_without_null(data: st.DataObject, type_: TypeValue) -> None:
    types = relations()
    rest = types.without_null(type_)
    assert not types.nullable(rest)
    assert types.fits(rest, type_)
    value = data.draw(values_of(type_))
    assert value is None or conforms(value, rest)


@given(TYPES)
def test_every_type_fits_itself(type_: TypeValue) -> None:
    assert relations().fits(type_, type_)
    assert relations().fits(NEVER, type_)


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        ("int", "float", True),
        ("float", "int", False),
        ("int[]", "float[]", True),
        ("string", "string?", True),
        ("string?", "string", False),
        ('"a"', '"a" | "b"', True),
        ('"a" | "b"', '"a"', False),
        ('"a" | "b"', "string", True),
        ("string", '"a"', False),
        ("{ a: int, b: string }", "{ a: float }", True),
        ("{ a: int }", "{ a: int, b: string }", False),
        ("{ a: int }", "{ a: int, b: string? }", True),
        ("{ a: int? }", "{ a: int }", False),
        ("{ a: int, b: int }", "map<int>", True),
        ("map<int>", "{ a: int? }", True),
        ("map<int>", "{ a: int }", False),
        ("map<json>", "{ a: int }", True),
        ("json", "int", True),
        ("{ a: int[] }", "json", True),
        ("{ a: json }", "{ a: int[] }", True),
        ("json[]", "{ a: int }[]", True),
        ("json[]", "string", False),
        ("int | string", "string | int | bool", True),
        ("int | string", "string", False),
        ("Chain", "Ring", False),
        ("Ring", "Chain", True),
        ("Ring", "{ a: string, b: { a: string }? }", True),
        ("Word", "Spoken", True),
        ('"x" | int', "Spoken", True),
        ("Spoken", "Maybe", False),
        ("Nested", "Nested[]", False),
        ("Nested[]", "Nested", True),
        ("message", "{ role: string }", True),
        ('{ role: "robot", content: string }', "message", False),
    ],
)
def test_fits(source: str, target: str, fits: bool) -> None:
    assert relations().fits(of(source), of(target)) is fits


def test_types_that_hold_only_themselves_are_compared_and_end() -> None:
    declared: dict[str, TypeValue] = {
        "A": Named("A"),
        "B": union((Named("B"), STRING)),
        "C": record_of(a=Named("D")),
        "D": record_of(a=Named("C")),
    }
    types = types_of(declared)
    assert types.fits(Named("C"), Named("D"))
    assert types.fits(Named("B"), STRING)
    assert not types.fits(Named("C"), STRING)
    assert types.alternatives(Named("A")) == [JSON]


def test_a_long_chain_of_names_ends() -> None:
    names = range(20_000)
    declared: dict[str, TypeValue] = {f"T{at}": record_of(next=Named(f"T{at + 1}")) for at in names}
    twins: dict[str, TypeValue] = {f"U{at}": record_of(next=Named(f"U{at + 1}")) for at in names}
    types = types_of({**declared, **twins})
    assert types.fits(Named("T0"), Named("U0"))
    assert types.overlap(Named("T0"), Named("U0"))
    aliases: dict[str, TypeValue] = {f"T{at}": optional(Named(f"T{at + 1}")) for at in names}
    assert NULL in types_of(aliases).alternatives(Named("T0"))


def test_wide_unions_end() -> None:
    one = union([record_of(all=ListOf(STRING), **{f"f{at}": FLOAT}) for at in range(600)])
    other = union([record_of(all=ListOf(FLOAT), **{f"f{at}": STRING}) for at in range(600)])
    types = relations()
    types.fits(one, other)
    assert types.overlap(one, other) in (True, False)


def test_what_is_too_large_is_json() -> None:
    types = relations()
    type_: TypeValue = STRING
    for _ in range(40):
        type_ = types.bounded(record_of(left=type_, right=type_))
    assert types.size(type_) <= LARGEST
    assert types.join([record_of(**{f"f{at}": STRING}) for at in range(MOST + 1)]) == JSON
    assert types.join([of(f'"w{at}"') for at in range(MOST + 2)]) == STRING
