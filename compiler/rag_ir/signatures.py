"""What the operators and functions of expressions take and give, as types: the one table that checks and editors read.

A signature is one way to use a function; the first that the operands fit is used. `T` and `U` stand for any type, `N` for a type
of numbers, `S` for a type of texts: the most precise one that all operands in its place fit. With a `body`, the last argument is
a lambda over the elements of the first one.

A well-typed use never fails for its types. What else can fail stands with `rag_ir.evaluate`: division by zero, numbers that grow
too large, an empty separator, steps. `??`, `if`, paths, indices and literals have rules of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.record import record
from rag_ir.type_values import (
    BOOL,
    FLOAT,
    INT,
    JSON,
    STRING,
    ListOf,
    MapOf,
    Named,
    TypeValue,
    Union,
    optional,
)


@record
class Signature:
    """The types of the parameters, of the lambda's body if there is one, and of the result."""

    parameters: tuple[TypeValue, ...]
    result: TypeValue
    body: TypeValue | None = None


BOUNDS: Mapping[str, TypeValue] = {"T": JSON, "U": JSON, "N": FLOAT, "S": STRING}
"""The variables of the table, and what each stands for at most."""

_T, _U, _N, _S = Named("T"), Named("U"), Named("N"), Named("S")
_LIST, _OBJECT = ListOf(JSON), MapOf(JSON)


def _of(parameters: tuple[TypeValue, ...], result: TypeValue, body: TypeValue | None = None) -> Signature:
    return Signature(parameters, result, body)


_TRUTHS = (_of((BOOL, BOOL), BOOL),)
_EQUALITY = (_of((JSON, JSON), BOOL),)
_ORDER = (_of((FLOAT, FLOAT), BOOL), _of((STRING, STRING), BOOL))
_NUMBERS = (_of((_N, _N), _N),)
_TEXT = (_of((STRING,), STRING),)
_LEAST = (
    _of((ListOf(_N),), optional(_N)),
    _of((ListOf(_S),), optional(_S)),
    _of((ListOf(_T),), optional(_N), _N),
    _of((ListOf(_T),), optional(_S), _S),
)

SIGNATURES: Mapping[str, tuple[Signature, ...]] = {
    "or": _TRUTHS,
    "and": _TRUTHS,
    "not": (_of((BOOL,), BOOL),),
    "==": _EQUALITY,
    "!=": _EQUALITY,
    "<": _ORDER,
    "<=": _ORDER,
    ">": _ORDER,
    ">=": _ORDER,
    "in": (_of((JSON, _LIST), BOOL), _of((STRING, STRING), BOOL), _of((STRING, _OBJECT), BOOL)),
    "??": (_of((optional(_T), _U), Union((_T, _U))),),
    "+": _NUMBERS,
    "-": _NUMBERS,
    "*": _NUMBERS,
    "%": _NUMBERS,
    "/": (_of((FLOAT, FLOAT), FLOAT),),
    "neg": (_of((_N,), _N),),
    "len": (_of((Union((_LIST, _OBJECT, STRING)),), INT),),
    "first": (_of((ListOf(_T),), optional(_T)),),
    "last": (_of((ListOf(_T),), optional(_T)),),
    "contains": (_of((_LIST, JSON), BOOL), _of((STRING, STRING), BOOL), _of((_OBJECT, STRING), BOOL)),
    "lower": _TEXT,
    "upper": _TEXT,
    "trim": _TEXT,
    "join": (_of((ListOf(STRING), STRING), STRING),),
    "split": (_of((STRING, STRING), ListOf(STRING)),),
    "sum": (_of((ListOf(_N),), Union((INT, _N))), _of((ListOf(_T),), Union((INT, _N)), _N)),
    "min": _LEAST,
    "max": _LEAST,
    "sort": (
        _of((ListOf(_N),), ListOf(_N)),
        _of((ListOf(_S),), ListOf(_S)),
        _of((ListOf(_T),), ListOf(_T), _N),
        _of((ListOf(_T),), ListOf(_T), _S),
    ),
    "unique": (_of((ListOf(_T),), ListOf(_T)),),
    "map": (_of((ListOf(_T),), ListOf(_U), _U),),
    "filter": (_of((ListOf(_T),), ListOf(_T), BOOL),),
    "any": (_of((ListOf(BOOL),), BOOL), _of((ListOf(_T),), BOOL, BOOL)),
    "all": (_of((ListOf(BOOL),), BOOL), _of((ListOf(_T),), BOOL, BOOL)),
    "json": (_of((JSON,), STRING),),
}
