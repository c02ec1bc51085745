"""The types of expressions are those of their values, and what is well-typed does not fail for its types."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from rag_compiler import hir
from rag_compiler.emit_code import emit_code
from rag_compiler.places import Places
from rag_compiler.relate_types import types_of
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.type_of import Typing
from rag_compiler.type_of_facts import Known
from rag_ir.evaluate import EvaluationError, evaluate
from rag_ir.graph import Json
from rag_ir.operators import BINARY, FUNCTIONS, UNARY
from rag_ir.signatures import SIGNATURES
from rag_ir.types import JSON, ListOf, MapOf, Record, TypeValue, Union, problems, spell_out, to_schema
from tests.compiler.typed_expressions import KINDS, expressions

CLOSED = Known({})
MAY_FAIL = ("division-by-zero", "number-too-large", "step-limit")


def typed(expr: hir.Expr) -> tuple[TypeValue, Sink, list[TypeValue]]:
    """The type of an expression, what is wrong with it, and the types of its parts."""
    found: list[TypeValue] = []
    sink = Sink("case.rag")

    def see(_: Span, type_: TypeValue) -> None:
        found.append(type_)

    return Typing(types_of({}), sink, see).of(expr, CLOSED), sink, found


def value_or_failure(expr: hir.Expr) -> Json | EvaluationError:
    """The value of an expression, or the error that it ends with."""
    try:
        return evaluate(emit_code(expr, "", Places("case.rag")), {})
    except EvaluationError as error:
        return error


def gradual(type_: TypeValue) -> bool:
    """Whether `json` stands in a type."""
    match type_:
        case ListOf(inner) | MapOf(inner):
            return gradual(inner)
        case Record(fields):
            return any(gradual(field.type) for field in fields)
        case Union(members):
            return any(gradual(member) for member in members)
        case _:
            return type_ == JSON


@given(st.data(), st.sampled_from(KINDS))
@settings(max_examples=400)
def test_what_is_well_typed_has_a_value_of_its_type(data: st.DataObject, kind: TypeValue) -> None:
    expr = data.draw(expressions(kind))
    type_, sink, parts = typed(expr)
    if any(each.severity == "error" for each in sink.found) or any(gradual(part) for part in parts):
        return
    value = value_or_failure(expr)
    if isinstance(value, EvaluationError):
        empty = value.code == "argument" and "empty" in value.message
        assert empty or value.code in MAY_FAIL, (value.code, value.message)
    else:
        found = problems(value, to_schema(type_), {})
        assert not found, (spell_out(type_), value, found)


@given(st.data(), st.sampled_from(KINDS))
def test_what_fails_for_its_types_is_found(data: st.DataObject, kind: TypeValue) -> None:
    """The other way round: whatever ends with an error of types has been reported, or rests on `json`."""
    expr = data.draw(expressions(kind))
    value = value_or_failure(expr)
    if isinstance(value, EvaluationError) and value.code in ("type", "condition"):
        _, sink, parts = typed(expr)
        assert sink.found or any(gradual(part) for part in parts)


def test_the_table_has_every_operator_and_function() -> None:
    assert set(SIGNATURES) == {*BINARY, *UNARY, *FUNCTIONS}
    for name, function in FUNCTIONS.items():
        counts = Counter(len(each.parameters) + (each.body is not None) for each in SIGNATURES[name])
        assert min(counts) == function.least
        assert max(counts) == function.most
        assert any(each.body for each in SIGNATURES[name]) == (function.takes_lambda != "no")
        assert all(each.body for each in SIGNATURES[name]) == (function.takes_lambda == "must")


def test_most_of_what_is_generated_is_well_typed() -> None:
    """The properties would say nothing if everything that is drawn were refused."""
    counts: Counter[bool] = Counter()

    @given(st.data(), st.sampled_from(KINDS))
    @settings(max_examples=200, database=None)
    def count(data: st.DataObject, kind: TypeValue) -> None:
        _, sink, parts = typed(data.draw(expressions(kind)))
        counts[not sink.found and not any(gradual(part) for part in parts)] += 1

    count()
    assert counts[True] > counts.total() // 3
