"""The types of operators and functions, from the table of signatures."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler.relate_types import Types
from rag_compiler.type_of_members import element
from rag_ir.record import record
from rag_ir.signatures import BOUNDS, SIGNATURES, Signature
from rag_ir.types import FLOAT, INT, JSON, ListOf, MapOf, Named, TypeValue, Union, union

Bound = dict[str, TypeValue]


@record
class Use:
    """The result of a use that fits. Of one that does not, `wrong` is the operand that fits no signature.

    Null: each would fit one, and together they fit none. `wanted` is what the operands in that place may be.
    """

    result: TypeValue
    wrong: int | None = None
    fits: bool = True
    wanted: TypeValue = JSON


def use(types: Types, function: str, operands: Sequence[TypeValue], body: TypeValue | None = None) -> Use:
    """What a function gives for operands of these types, and for a lambda whose body is of a type. Of what is none, `json`."""
    if function not in SIGNATURES:
        return Use(JSON)
    given = [*operands, *([body] if body is not None else [])]
    signatures = [each for each in SIGNATURES[function] if (each.body is None) == (body is None)]
    for signature in signatures:
        bound: Bound = {}
        patterns = _patterns(signature)
        if all(_accepts(types, pattern, type_, bound) for pattern, type_ in zip(patterns, given, strict=True)):
            return Use(_filled(types, signature.result, bound))
    for at, type_ in enumerate(given):
        taken = [_patterns(signature)[at] for signature in signatures]
        if not any(_accepts(types, pattern, type_, {}) for pattern in taken):
            return Use(JSON, at, False, union([_bound_type(pattern) for pattern in dict.fromkeys(taken)]))
    return Use(JSON, None, False)


def _patterns(signature: Signature) -> tuple[TypeValue, ...]:
    return (*signature.parameters, *([signature.body] if signature.body is not None else []))


def _accepts(types: Types, pattern: TypeValue, given: TypeValue, bound: Bound) -> bool:
    """Whether an operand fits; what its variables stand for is added to `bound`."""
    match pattern:
        case Named(name):
            if not types.fits(given, BOUNDS[name]):
                return False
            bound[name] = types.join([bound[name], given]) if name in bound else given
            return True
        case ListOf(Named() as inner):
            item = element(types, given)
            return item is not None and _accepts(types, inner, item, bound)
        case _:
            return types.fits(given, pattern)


def _filled(types: Types, result: TypeValue, bound: Bound) -> TypeValue:
    match result:
        case Named(name):
            return bound[name]
        case ListOf(inner):
            return ListOf(_filled(types, inner, bound))
        case Union(members):
            return types.join([_filled(types, member, bound) for member in members])
        case _:
            return result


def _bound_type(pattern: TypeValue) -> TypeValue:
    """A pattern as authors read it: its variables as what they stand for at most."""
    match pattern:
        case Named("N"):
            return Union((INT, FLOAT))
        case Named(name):
            return BOUNDS[name]
        case ListOf(inner):
            return ListOf(_bound_type(inner))
        case MapOf(inner):
            return MapOf(_bound_type(inner))
        case Union(members):
            return union([_bound_type(member) for member in members])
        case _:
            return pattern
