"""Types: their syntax, their schemas, and what is of a type."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Json, Schema
from rag_ir.shapes import schema_problems
from rag_ir.types import (
    ALIASES,
    MESSAGE,
    TypeProblem,
    TypeValue,
    describe,
    from_schema,
    parse_type,
    problems,
    spell_out,
    to_schema,
)
from tests.ir.values import JSON_VALUES

VALIDATOR: Any = import_module("jsonschema").Draft202012Validator

TYPES: dict[str, Schema] = {
    "Finding": to_schema(
        from_schema({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]})
    ),
    "Tree": {
        "anyOf": [
            {"type": "array", "items": {"$ref": "#/types/Tree"}},
            {"type": "object", "additionalProperties": {"$ref": "#/types/Tree"}},
            {"type": "string"},
        ]
    },
}

LIST_OF_L: Json = {"type": "array", "items": {"$ref": "#/types/L"}}

SPELLINGS = [
    ("string", "string"),
    ("  text ", "string"),
    ("number", "float"),
    ("integer?", "int?"),
    ("boolean[]", "bool[]"),
    ("object", "json"),
    ("any", "json"),
    ("json?", "json?"),
    ("list<list<int>>", "int[][]"),
    ("list", "list"),
    ("map<string?>[]", "map<string?>[]"),
    ('"a"', '"a"'),
    ('"a" | "b" | "a"', '"a" | "b"'),
    ('("a" | "b")[]', '("a" | "b")[]'),
    ('("a" | "b")?', '("a" | "b")?'),
    ('"a" | int | "b"', '"a" | "b" | int'),
    ("int | string?", "(int | string)?"),
    ("(json | int?)[]", "json?[]"),
    ("(int | string)?[]", "(int | string)?[]"),
    ("int | json", "json"),
    ("int??", "int?"),
    ("Finding[]", "Finding[]"),
    ("message", "message"),
    ("{}", "{}"),
    ("{ a: string b: int? }", "{ a: string, b: int? }"),
    ("{a:string,\n b:{c:A|B},}", "{ a: string, b: { c: A | B } }"),
    (r'"\n\"\\\u{e9}"', '"\\n\\"\\\\é"'),
]


@pytest.mark.parametrize(("text", "spelled"), SPELLINGS)
def test_syntax(text: str, spelled: str) -> None:
    type_ = parse_type(text)
    assert not isinstance(type_, TypeProblem)
    assert spell_out(type_) == spelled
    assert parse_type(spelled) == type_
    assert from_schema(to_schema(type_)) == type_
    assert describe(to_schema(type_)) == spelled
    assert not list(schema_problems(to_schema(type_)))


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("", "a type is missing", 0),
        ("int |", "a type is missing", 5),
        ("int]", "`]` stands after the type", 3),
        ("string string", "`s` stands after the type", 7),
        ("map<int", "`>` is missing", 7),
        ("(int", "`)` is missing", 4),
        ("int[", "`]` is missing", 4),
        ("int[3]", "`]` is missing", 4),
        ("null", "null is no type", 0),
        ("int | null", "null is no type", 6),
        ("{ a int }", "`:` is missing", 4),
        ("{ a: int", "a field's name or `}` is missing", 8),
        ("{ a: int, a: int }", "the field `a` stands twice", 10),
        ('"open', "the string is never closed", 0),
        ('"a\nb"', "the string is never closed", 0),
        (r'"\x"', "there is no such escape", 1),
        (r'"\u{d800}"', "there is no such escape", 1),
        ("3", "`3` begins no type", 0),
        ("[int]", "`[` begins no type", 0),
        ("é", "`é` begins no type", 0),
        ("(" * 100 + "int" + ")" * 100, "types are nested more than 64 deep", 64),
        ("int" + "[]" * 100, "types are nested more than 64 deep", 131),
    ],
)
def test_broken_syntax(text: str, message: str, start: int) -> None:
    problem = parse_type(text)
    assert isinstance(problem, TypeProblem)
    assert problem.message.startswith(message)
    assert problem.start == start
    assert problem.start <= problem.end <= len(text)


@given(st.text(st.sampled_from('int[]?|"{}():, <>\\a\n.mp'), max_size=40))
def test_any_text_is_a_type_or_a_problem(text: str) -> None:
    type_ = parse_type(text)
    if not isinstance(type_, TypeProblem):
        assert parse_type(spell_out(type_)) == type_


def test_fields_that_may_be_absent() -> None:
    schema = _schema("{ a: int b: int? c: json d: json? }")
    assert schema["required"] == ["a", "c"]


def test_documentation_becomes_descriptions() -> None:
    assert to_schema(_type("int"), "how many") == {"type": "integer", "description": "how many"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("string", ""),
        ("int", 3),
        ("int", 3.0),
        ("float", 3),
        ("float", 0.5),
        ("bool", False),
        ("json", {"a": [None]}),
        ("int?", None),
        ("int[]", []),
        ("int[]", [1, 2.0]),
        ("map<int>", {"a": 1}),
        ("{ a: int b: string? }", {"a": 1}),
        ("{ a: int b: string? }", {"a": 1, "b": None, "more": True}),
        ('"a" | "b"', "b"),
        ('"a" | int', 3),
        ("Finding", {"title": "x"}),
        ("Finding?", None),
        ("message", {"role": "user", "content": "hi"}),
        ("Tree", [["a"], {"b": ["c"]}]),
    ],
)
def test_values_of_a_type(text: str, value: Json) -> None:
    assert problems(value, _schema(text), TYPES) == []


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("string", None, [("", "must be `string`, not null")]),
        ("int", True, [("", "must be `int`, not a boolean")]),
        ("int", 1.5, [("", "must be `int`, not a number")]),
        ("float", "1", [("", "must be `float`, not a text")]),
        ("int[]", {"a": 1}, [("", "must be `int[]`, not an object")]),
        ("int[]", [1, "a", None], [("/1", "must be `int`, not a text"), ("/2", "must be `int`, not null")]),
        ("map<int>", {"a/b": "x"}, [("/a~1b", "must be `int`, not a text")]),
        ("{ a: int b: string? }", {"b": 1}, [("", "the field `a` is missing"), ("/b", "must be `string?`, not a number")]),
        ('"a" | "b"', "c", [("", 'must be `"a" | "b"`, not `"c"`')]),
        ("Finding?", {"title": 3}, [("/title", "must be `string`, not a number")]),
        ("Finding | int", {}, [("", "the field `title` is missing")]),
        ("{ a: int } | { b: int }", {}, [("", "must be `{ a: int } | { b: int }`, not an object")]),
        ("Missing", 1, [("", "the schema admits no value, not even a number")]),
        ("message", {"role": "boss", "content": ""}, [("/role", 'must be `"system" | "user" | "assistant" | "tool"`, not `"boss"`')]),
        ("Tree", [[1]], [("/0/0", "must be `Tree`, not a number")]),
    ],
)  # fmt: skip
def test_values_that_are_not_of_a_type(text: str, value: Json, found: list[tuple[str, str]]) -> None:
    assert problems(value, _schema(text), TYPES) == found


def test_references_and_unions_without_end_are_bounded() -> None:
    types: dict[str, Schema] = {
        "A": {"$ref": "#/types/B"},
        "B": {"$ref": "#/types/A"},
        "U": {"anyOf": [{"$ref": "#/types/U"}, {"$ref": "#/types/U"}]},
        "L": {"anyOf": [LIST_OF_L, LIST_OF_L]},
    }
    deep: Json = "x"
    for _ in range(60):
        deep = [deep]
    for name in types:
        assert problems(deep, {"$ref": f"#/types/{name}"}, types)


TYPE_TEXTS = st.recursive(
    st.sampled_from(["string", "int", "float", "bool", "json", '"a"', '"k"', "Finding"]),
    lambda inner: st.one_of(
        st.builds("({})[]".format, inner),
        st.builds("({})?".format, inner),
        st.builds("map<{}>".format, inner),
        st.builds("({} | {})".format, inner, inner),
        st.builds("{{ a: {} b: {}? }}".format, inner, inner),
    ),
    max_leaves=6,
)


@given(TYPE_TEXTS, JSON_VALUES)
def test_jsonschema_has_the_same_opinion(text: str, value: Json) -> None:
    schema = _schema(text)
    whole = {**schema, "types": dict(TYPES)}
    assert (problems(value, schema, TYPES) == []) == VALIDATOR(whole).is_valid(value)


@given(JSON_VALUES, JSON_VALUES)
def test_any_schema_is_taken(value: Json, schema: Json) -> None:
    if isinstance(schema, dict):
        problems(value, schema, {"a": schema})
    list(schema_problems(schema))


def test_the_built_in_message_is_of_the_subset() -> None:
    assert not list(schema_problems(dict(MESSAGE)))
    assert set(ALIASES.values()) == {"string", "int", "float", "bool", "json"}


def _type(text: str) -> TypeValue:
    type_ = parse_type(text)
    assert not isinstance(type_, TypeProblem)
    return type_


def _schema(text: str) -> dict[str, Json]:
    return to_schema(_type(text))
