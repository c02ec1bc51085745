"""Arithmetic and order of JSON numbers and texts, bounded: no infinity, no not-a-number, no integer that grows without end."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from rag_ir.canonical import INTEGER_BITS
from rag_ir.values import EvaluationError, is_number, name_of

if TYPE_CHECKING:
    from rag_ir.graph import Json

Comparable = TypeVar("Comparable", float, str)

_OF_NUMBERS: dict[str, Callable[[Any, Any], int | float]] = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": lambda a, b: a / b,
    "%": operators.mod,
}
_OF_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}


def arithmetic(operator: str, a: Json, b: Json) -> int | float:
    """`a + b`, `a - b`, `a * b`, `a / b` (a float) or `a % b` (with the divisor's sign) of two numbers."""
    if not (is_number(a) and is_number(b)):
        raise EvaluationError("type", f"`{operator}` takes two numbers, not {name_of(a)} and {name_of(b)}")
    try:
        return bounded(_computed(operator, a, b))
    except ZeroDivisionError:
        raise EvaluationError("division-by-zero", f"`{operator}` by zero") from None
    except OverflowError:
        raise _too_large() from None


def negated(value: Json) -> int | float:
    """The number with the other sign."""
    if not is_number(value):
        raise EvaluationError("type", f"`-` takes a number, not {name_of(value)}")
    return -value


def ordered(operator: str, a: Json, b: Json) -> bool:
    """`a < b`, `a <= b`, `a > b` or `a >= b` of two numbers, or of two texts by their code points."""
    if is_number(a) and is_number(b):
        return _ordered(operator, a, b)
    if isinstance(a, str) and isinstance(b, str):
        return _ordered(operator, a, b)
    raise EvaluationError("type", f"`{operator}` takes two numbers or two texts, not {name_of(a)} and {name_of(b)}")


def bounded(value: int | float) -> int | float:
    """The number, if it is finite and within the limit of integers."""
    if isinstance(value, int):
        if value.bit_length() > INTEGER_BITS:
            raise _too_large()
    elif not isfinite(value):
        raise _too_large()
    return value


def _computed(operator: str, a: int | float, b: int | float) -> int | float:
    if operator not in _OF_NUMBERS:
        raise EvaluationError("malformed", f"`{operator}` is no operator of numbers")
    return _OF_NUMBERS[operator](a, b)


def _ordered(operator: str, a: Comparable, b: Comparable) -> bool:
    if operator not in _OF_ORDER:
        raise EvaluationError("malformed", f"`{operator}` is no operator of order")
    return _OF_ORDER[operator](a, b)


def _too_large() -> EvaluationError:
    return EvaluationError("number-too-large", "the result is too large a number")
