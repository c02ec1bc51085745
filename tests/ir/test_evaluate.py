"""Expressions have the values that the language gives them, fail as it says, and always end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from rag_ir.evaluate import EvaluationError, evaluate, json_equal, render
from rag_ir.graph import Code, Json
from rag_ir.operators import FUNCTIONS, OPERATORS, PARTS
from rag_ir.shapes import code_problems
from tests.ir.values import CODES, JSON_VALUES, SCOPES

SCOPE: dict[str, Json] = {
    "input": {"question": "why", "n": 3},
    "state": {"found": [1, 2.5, 3], "texts": ["b", "a"], "none": None, "map": {"a": {"b": [10]}}, "yes": True},
    "args": None,
    "topic": "loops",
}


def lit(value: Json) -> Code:
    return ["lit", value]


FOUND: Code = ["get", "state", "found"]
TEXTS: Code = ["get", "state", "texts"]
X: Code = ["var", "x"]


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (lit({"a": [1]}), {"a": [1]}),
        (["get", "input"], {"question": "why", "n": 3}),
        (["get", "state", "map", "a", "b"], [10]),
        (["get", "state", "missing", "more"], None),
        (["get", "state", "found", "length"], None),
        (["get", "args", "children"], None),
        (["var", "topic"], "loops"),
        (["member", lit({"a": 1}), "a"], 1),
        (["member", lit("text"), "a"], None),
        (["index", FOUND, lit(0)], 1),
        (["index", FOUND, lit(1.0)], 2.5),
        (["index", FOUND, lit(0.5)], None),
        (["index", FOUND, lit(3)], None),
        (["index", FOUND, lit(-1)], None),
        (["index", FOUND, lit(True)], None),
        (["index", lit({"a": 1}), lit("a")], 1),
        (["index", lit(None), lit(0)], None),
        (["list", lit(1), lit("a")], [1, "a"]),
        (["list"], []),
        (["object", ["a", lit(1)], ["b", FOUND]], {"a": 1, "b": [1, 2.5, 3]}),
        (["or", lit(True), ["/", lit(1), lit(0)]], True),
        (["and", lit(False), ["/", lit(1), lit(0)]], False),
        (["or", lit(False), lit(True)], True),
        (["not", lit(False)], True),
        (["??", lit(None), lit(2)], 2),
        (["??", lit(False), ["/", lit(1), lit(0)]], False),
        (["if", lit(True), lit(1), ["/", lit(1), lit(0)]], 1),
        (["if", lit(False), lit(1), lit(2)], 2),
        (["==", lit(1), lit(1.0)], True),
        (["==", lit(1), lit(True)], False),
        (["==", lit([{"a": 1, "b": 2}]), lit([{"b": 2.0, "a": 1}])], True),
        (["==", lit([True]), lit([1])], False),
        (["!=", lit("1"), lit(1)], True),
        (["<", lit(1), lit(1.5)], True),
        (["<=", lit("a"), lit("b")], True),
        ([">", lit(2**60), lit(float(2**60 - 1000))], True),
        ([">=", lit(2), lit(2.0)], True),
        (["in", lit(2.5), FOUND], True),
        (["in", lit("h"), lit("why")], True),
        (["in", lit("a"), lit({"a": None})], True),
        (["+", lit(1), lit(2)], 3),
        (["-", lit(1), lit(0.5)], 0.5),
        (["*", lit(3), lit(2)], 6),
        (["/", lit(6), lit(3)], 2.0),
        (["%", lit(-7), lit(3)], 2),
        (["%", lit(7), lit(-3)], -2),
        (["%", lit(-7.5), lit(2)], 0.5),
        (["neg", lit(3)], -3),
        (["call", "len", lit("aé😀")], 3),
        (["call", "len", FOUND], 3),
        (["call", "len", lit({"a": 1})], 1),
        (["call", "first", FOUND], 1),
        (["call", "last", FOUND], 3),
        (["call", "first", lit([])], None),
        (["call", "contains", FOUND, lit(3.0)], True),
        (["call", "contains", lit("why"), lit("x")], False),
        (["call", "lower", lit("AbC")], "abc"),
        (["call", "upper", lit("ab")], "AB"),
        (["call", "trim", lit("  a b\n")], "a b"),
        (["call", "join", TEXTS, lit(", ")], "b, a"),
        (["call", "split", lit("a,b,,c"), lit(",")], ["a", "b", "", "c"]),
        (["call", "sum", FOUND], 6.5),
        (["call", "sum", lit([])], 0),
        (["call", "min", FOUND], 1),
        (["call", "max", TEXTS], "b"),
        (["call", "min", lit([])], None),
        (["call", "sort", TEXTS], ["a", "b"]),
        (["call", "unique", lit([1, 1.0, True, True, "a", [1], [1.0], {"a": 1}, {"a": 1}])], [1, True, "a", [1], {"a": 1}]),
        (["call", "any", lit([False, True])], True),
        (["call", "any", lit([])], False),
        (["call", "all", lit([])], True),
        (["call", "json", lit({"b": [1, None, True, "é", 2.0]})], '{"b":[1,null,true,"é",2]}'),
        (["each", "map", FOUND, "x", ["*", X, lit(2)]], [2, 5.0, 6]),
        (["each", "filter", FOUND, "x", [">", X, lit(1)]], [2.5, 3]),
        (["each", "any", FOUND, "x", [">", X, lit(2)]], True),
        (["each", "all", FOUND, "x", [">", X, lit(2)]], False),
        (["each", "sort", FOUND, "x", ["neg", X]], [3, 2.5, 1]),
        (["each", "sum", TEXTS, "x", ["call", "len", X]], 2),
        (["each", "max", TEXTS, "x", ["call", "len", X]], 1),
        (["each", "map", TEXTS, "x", ["each", "map", FOUND, "y", ["list", X, ["var", "y"]]]],
            [[["b", 1], ["b", 2.5], ["b", 3]], [["a", 1], ["a", 2.5], ["a", 3]]]),
        (["each", "map", lit([[1], [2]]), "x", ["list", ["each", "sum", X, "x", X], X]], [[1, [1]], [2, [2]]]),
        (["template", "a ", TEXTS, " ", lit("b"), lit(None), lit(1.0), lit(True)], 'a ["b","a"] b1true'),
        (["template", lit(5)], "5"),
        (["template"], ""),
    ],
)  # fmt: skip
def test_value(code: Code, value: Json) -> None:
    found = evaluate(code, SCOPE)
    assert json_equal(found, value), found
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("code", "error", "path"),
    [
        (["+", lit("a"), lit("b")], "type", ""),
        (["+", lit(1), lit(None)], "type", ""),
        (["+", lit(1), lit(True)], "type", ""),
        (["+", FOUND, FOUND], "type", ""),
        (["<", lit(1), lit("1")], "type", ""),
        (["<", lit(None), lit(1)], "type", ""),
        (["<", lit(False), lit(True)], "type", ""),
        (["in", lit(1), lit(None)], "type", ""),
        (["in", lit(1), lit("1")], "type", ""),
        (["neg", lit("a")], "type", ""),
        (["list", ["/", lit(1), lit(0)]], "division-by-zero", "/1"),
        (["object", ["a", lit(1)], ["b", ["%", lit(1.0), lit(0)]]], "division-by-zero", "/2/1"),
        (["each", "map", FOUND, "x", ["/", X, lit(0)]], "division-by-zero", "/4"),
        (["template", "a", ["/", lit(1), lit(0)]], "division-by-zero", "/2"),
        (["if", lit(1), lit(1), lit(2)], "condition", "/1"),
        (["and", lit(True), lit(None)], "condition", "/2"),
        (["not", lit("")], "condition", "/1"),
        (["each", "filter", FOUND, "x", X], "condition", ""),
        (["call", "any", lit([1])], "condition", ""),
        (["get", "output"], "unbound", ""),
        (["var", "nobody"], "unbound", ""),
        (["call", "len", lit(1)], "argument", ""),
        (["call", "first", lit(None)], "argument", ""),
        (["call", "lower", lit(1)], "argument", ""),
        (["call", "join", lit([1]), lit("")], "argument", ""),
        (["call", "split", lit("a"), lit("")], "argument", ""),
        (["call", "sum", lit(["a"])], "argument", ""),
        (["call", "sum", lit([True])], "argument", ""),
        (["call", "sort", lit([1, "a"])], "argument", ""),
        (["call", "min", lit([None])], "argument", ""),
        (["each", "map", lit("abc"), "x", X], "argument", ""),
        (["*", lit(1e300), lit(1e300)], "number-too-large", ""),
        (["*", lit(2**4000), lit(2**4000)], "number-too-large", ""),
        (["/", lit(10**1000), lit(1)], "number-too-large", ""),
        (["+", lit(10**1000), lit(0.5)], "number-too-large", ""),
        ("text", "malformed", ""),
        (["if", lit(True)], "malformed", ""),
        (["list", ["nonsense", 1]], "malformed", "/1"),
        (["object", ["a"]], "malformed", "/1"),
        (["call", "eval", lit("1")], "malformed", ""),
        (["call", "map", FOUND], "malformed", ""),
        (["each", "len", FOUND, "x", X], "malformed", ""),
    ],
)
def test_failure(code: Code, error: str, path: str) -> None:
    with pytest.raises(EvaluationError) as raised:
        evaluate(code, SCOPE)
    assert (raised.value.code, raised.value.path) == (error, path)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (lit("a"), "a"),
        (lit(None), ""),
        (lit(2.0), "2"),
        (lit({"b": 1, "a": []}), '{"b":1,"a":[]}'),
        (["template", "x"], "x"),
    ],
)
def test_rendering(code: Code, text: str) -> None:
    assert render(code, SCOPE) == text


def test_every_operator_and_function_is_known_to_both_tables() -> None:
    assert set(OPERATORS) == set(PARTS)
    for operator, (least, _) in PARTS.items():
        if operator not in ("call", "each"):
            _known([operator, *[lit(None)] * least])
    for function in FUNCTIONS.values():
        if function.takes_lambda != "must":
            _known(["call", function.name, *[lit("a")] * function.least])
        if function.takes_lambda != "no":
            _known(["each", function.name, lit([]), "x", X])


def _known(code: Code) -> None:
    error = _error(code, SCOPE)
    names_missing = isinstance(code, list) and code[0] in ("get", "var", "member", "object")
    assert error is None or error.code != "malformed" or names_missing


def _error(code: Code, scope: dict[str, Json]) -> EvaluationError | None:
    try:
        evaluate(code, scope)
    except EvaluationError as error:
        return error
    return None


def test_a_value_is_shared_and_a_scope_never_changed() -> None:
    before = json.dumps(SCOPE)
    assert evaluate(FOUND, SCOPE) is evaluate(FOUND, SCOPE)
    evaluate(["each", "sort", FOUND, "x", X], SCOPE)
    evaluate(["call", "sort", TEXTS], SCOPE)
    assert json.dumps(SCOPE) == before


def _doubled(times: int) -> Code:
    code: Code = lit([1])
    for _ in range(times):
        code = ["each", "map", ["list", code], "x", ["list", X, X]]
    return code


def _squared(times: int) -> Code:
    code: Code = lit(10)
    for _ in range(times):
        code = ["call", "first", ["each", "map", ["list", code], "x", ["*", X, X]]]
    return code


def _repeated(times: int) -> Code:
    code: Code = lit("ab" * 50)
    for _ in range(times):
        code = ["call", "first", ["each", "map", ["list", code], "x", ["template", X, X]]]
    return code


def _nested(times: int) -> Code:
    code: Code = lit(1)
    for _ in range(times):
        code = ["list", code]
    return code


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (_doubled(40), "step-limit"),
        (["call", "json", _doubled(40)], "step-limit"),
        (["==", _doubled(40), _doubled(40)], "step-limit"),
        (["call", "unique", ["list", _doubled(40)]], "step-limit"),
        (_squared(40), "number-too-large"),
        (_repeated(40), "step-limit"),
        (_nested(200), "nesting"),
        (_nested(100_000), "nesting"),
        (["call", "json", lit(_nested(500))], "nesting"),
    ],
)
def test_nothing_grows_without_end(code: Code, error: str) -> None:
    with pytest.raises(EvaluationError) as raised:
        evaluate(code, SCOPE)
    assert raised.value.code == error


def test_steps_are_counted() -> None:
    big: dict[str, Json] = {"state": [*range(1000)]}
    code: Code = ["each", "map", ["get", "state"], "x", ["+", X, lit(1)]]
    assert evaluate(code, big, steps=10_000) == [*range(1, 1001)]
    with pytest.raises(EvaluationError) as raised:
        evaluate(code, big, steps=1000)
    assert raised.value.code == "step-limit"


def test_what_is_passed_on_costs_nothing() -> None:
    big: dict[str, Json] = {"state": [{"text": f"{n:100}", "n": n} for n in range(20_000)]}
    assert evaluate(["get", "state"], big) is big["state"]
    assert evaluate(["object", ["all", ["get", "state"]]], big) == {"all": big["state"]}
    whole: Code = ["get", "state"]
    with pytest.raises(EvaluationError):
        evaluate(["list", *[whole] * 200], big)


@given(CODES, SCOPES)
def test_evaluation_is_total(code: Code, scope: dict[str, Json]) -> None:
    error = _error(code, scope)
    if error is not None:
        assert error.message
        _at(code, error.path)
    else:
        value = evaluate(code, scope)
        assert json.loads(json.dumps(value, allow_nan=False)) == value


@given(CODES, SCOPES)
def test_well_formed_code_is_never_malformed(code: Code, scope: dict[str, Json]) -> None:
    error = _error(code, scope)
    assert error is None or error.code != "malformed" or list(code_problems(code))


@given(JSON_VALUES, JSON_VALUES)
def test_equality_is_that_of_json(a: Json, b: Json) -> None:
    assert json_equal(a, a)
    assert json_equal(a, b) == json_equal(b, a) == (_plain(a) == _plain(b))
    assert evaluate(["call", "len", ["call", "unique", lit([a, b])]], {}) == 2 - json_equal(a, b)


def _plain(value: Json) -> object:
    """A value whose Python equality is that of JSON."""
    if isinstance(value, bool):
        return str(value), "boolean"
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _at(code: Any, path: str) -> Any:
    """The part of the code that a pointer names, which must exist."""
    for part in path.split("/")[1:]:
        code = code[int(part)]
    return code


@pytest.mark.parametrize("numbers", [[1e308, 1e308], [10**400, 1.5], [-1e308, -1e308]])
def test_no_infinity_comes_out(numbers: list[Json]) -> None:
    with pytest.raises(EvaluationError):
        evaluate(["call", "sum", lit(numbers)], {})
