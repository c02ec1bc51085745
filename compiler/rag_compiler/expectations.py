"""Whether an expectation holds of a run, and if not, which of its parts say so and what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_compiler.emit_code import emit_code
from rag_compiler.hir_expressions import Constant, Expr, ListOf, ObjectOf, Operation
from rag_compiler.places import Places
from rag_compiler.source import Span
from rag_ir.evaluate import evaluate
from rag_ir.graph import Code, Json
from rag_ir.record import record
from rag_ir.values import EvaluationError, name_of

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")


@record
class Seen:
    """A part of an expectation, and its value in the run; or, in its place, why it has none."""

    span: Span
    value: Json
    failure: str = ""


def unmet(condition: Expr, scope: Mapping[str, Json]) -> tuple[Seen, ...]:
    """Nothing if the condition holds in a scope of facts about a run, else the parts to look at."""
    value = _value(condition, scope)
    if value.value is True and not value.failure:
        return ()
    return tuple(_to_look_at(condition, value, scope))


def facts_in(condition: Expr) -> set[str]:
    """The facts, beside `input`, `state` and `output`, that a condition names."""
    found: set[str] = set()
    pending: list[Code] = [emit_code(condition, "", Places(""))]
    while pending:
        code = pending.pop()
        if isinstance(code, list) and code[:1] == ["var"]:
            found.add(str(code[1]))
        elif isinstance(code, list) and code[:1] != ["lit"]:
            pending.extend(code)
    return found


def _value(expr: Expr, scope: Mapping[str, Json]) -> Seen:
    try:
        return Seen(expr.span, evaluate(emit_code(expr, "", Places("")), scope))
    except EvaluationError as error:
        return Seen(expr.span, None, error.message)


def _to_look_at(expr: Expr, value: Seen, scope: Mapping[str, Json]) -> Iterator[Seen]:
    match expr:
        case Operation("and", operands):
            for operand in operands:
                found = _value(operand, scope)
                if found.value is not True or found.failure:
                    yield from _to_look_at(operand, found, scope)
                    return
        case Operation("or", operands) if not value.failure:
            for operand in operands:
                yield from _to_look_at(operand, _value(operand, scope), scope)
        case Operation("not", (operand,)) if not value.failure:
            yield from _sides((operand,), scope)
        case Operation(operator, operands) if operator in COMPARISONS:
            yield from _sides(operands, scope)
        case _ if not value.failure and not isinstance(value.value, bool):
            yield Seen(value.span, None, f"an expectation is true or false, not {name_of(value.value)}")
        case _:
            yield value


def _sides(operands: tuple[Expr, ...], scope: Mapping[str, Json]) -> Iterator[Seen]:
    """The operands of a comparison that say something: not what was written as it is."""
    telling = [operand for operand in operands if not _is_literal(operand)]
    yield from (_value(operand, scope) for operand in telling or operands)


def _is_literal(expr: Expr) -> bool:
    match expr:
        case Constant():
            return True
        case ListOf(items):
            return all(map(_is_literal, items))
        case ObjectOf(pairs):
            return all(_is_literal(value) for _, value in pairs)
        case _:
            return False
