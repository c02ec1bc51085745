"""A strategy of closed expressions, most of which are of the type that is asked for."""

from __future__ import annotations

from hypothesis import strategies as st

from rag_compiler import hir
from rag_compiler.source import Span
from rag_ir.types import (
    BOOL,
    FLOAT,
    INT,
    NULL,
    STRING,
    ListOf,
    Primitive,
    Record,
    RecordField,
    TypeValue,
    Union,
    optional,
)

AT = Span(0, 0)
PAIR = Record((RecordField("a", INT, True), RecordField("b", optional(STRING), False)))
KINDS: tuple[TypeValue, ...] = (
    INT, FLOAT, STRING, BOOL, NULL, optional(INT), optional(STRING), ListOf(INT), ListOf(STRING), ListOf(optional(INT)),
    PAIR, ListOf(PAIR), optional(PAIR),
)  # fmt: skip
Scope = tuple[tuple[str, TypeValue], ...]


@st.composite
def expressions(draw: st.DrawFn, type_: TypeValue, depth: int = 4, scope: Scope = ()) -> hir.Expr:
    """An expression, mostly of the type; `scope` are the variables that it may name."""
    if draw(st.integers(0, 40)) == 0:
        type_ = draw(st.sampled_from(KINDS))
    variables = [name for name, kind in scope if kind == type_]
    if len(variables) > 0 and draw(st.integers(0, 1)):
        return hir.Local(draw(st.sampled_from(variables)), AT)
    below = depth - 1
    match draw(st.integers(0, 7)) if depth > 0 else 0:
        case 0:
            return draw(_leaf(type_))
        case 1:
            return draw(_choice(type_, below, scope))
        case 2:
            return draw(_default(type_, below, scope))
        case 3:
            return draw(_element(type_, below, scope))
        case 4:
            return draw(_member(type_, below, scope))
        case _:
            return draw(_own(type_, below, scope))


def _one_of(*types: TypeValue) -> st.SearchStrategy[TypeValue]:
    return st.sampled_from(types)


@st.composite
def _leaf(draw: st.DrawFn, type_: TypeValue) -> hir.Expr:
    match type_:
        case Primitive("int"):
            return hir.Constant(draw(st.integers(-3, 3)), AT)
        case Primitive("float"):
            return hir.Constant(draw(st.one_of(st.integers(-3, 3), st.sampled_from((0.5, 2.0)))), AT)
        case Primitive("string"):
            return hir.Constant(draw(st.sampled_from(("a", "b", "a b"))), AT)
        case Primitive("bool"):
            return hir.Constant(draw(st.booleans()), AT)
        case ListOf(item):
            return hir.ListOf(tuple(draw(st.lists(_leaf(item), max_size=2))), AT)
        case Record():
            pairs = [("a", draw(_leaf(INT)))]
            return hir.ObjectOf((*pairs, *([("b", draw(_leaf(STRING)))] if draw(st.booleans()) else [])), AT)
        case Union(members):
            return draw(_leaf(draw(st.sampled_from(members))))
        case _:
            return hir.Constant(None, AT)


@st.composite
def _choice(draw: st.DrawFn, type_: TypeValue, depth: int, scope: Scope) -> hir.Expr:
    condition = draw(expressions(BOOL, depth, scope))
    yes, no = (draw(expressions(type_, depth, scope)) for _ in range(2))
    return hir.Choice(condition, yes, no, AT)


@st.composite
def _default(draw: st.DrawFn, type_: TypeValue, depth: int, scope: Scope) -> hir.Expr:
    left = draw(expressions(optional(type_), depth, scope))
    return hir.Operation("??", (left, draw(expressions(type_, depth, scope))), AT)


@st.composite
def _element(draw: st.DrawFn, type_: TypeValue, depth: int, scope: Scope) -> hir.Expr:
    """An element of a list, which is there only if it is asked for."""
    items = draw(expressions(ListOf(type_), depth, scope))
    match draw(st.integers(0, 3)):
        case 0:
            element: hir.Expr = hir.Call(draw(st.sampled_from(("first", "last", "min", "max"))), (items,), AT)
        case 1:
            element = hir.Index(items, draw(expressions(INT, depth, scope)), AT)
        case _:
            element = hir.Index(items, hir.Constant(draw(st.integers(-1, 2)), AT), AT)
    return hir.Operation("??", (element, draw(_leaf(type_))), AT)


@st.composite
def _member(draw: st.DrawFn, type_: TypeValue, depth: int, scope: Scope) -> hir.Expr:
    """A field, under a guard where the record may be null."""
    name = "a" if type_ == INT else "b"
    whole = draw(expressions(draw(st.sampled_from((PAIR, optional(PAIR)))), depth, scope))
    plain = hir.Member(whole, name, Span(0, len(name)))
    if draw(st.booleans()):
        return plain
    within = (*scope, ("p", PAIR))
    asked = hir.Operation("!=", (hir.Local("p", AT), hir.Constant(None, AT)), AT)
    guarded = hir.Choice(
        asked, hir.Member(hir.Local("p", AT), name, Span(0, len(name))), draw(expressions(type_, depth, within)), AT
    )
    items = hir.EachOf("map", hir.ListOf((whole,), AT), "p", guarded, AT)
    return hir.Operation("??", (hir.Index(items, hir.Constant(0, AT), AT), draw(_leaf(type_))), AT)


@st.composite
def _own(draw: st.DrawFn, type_: TypeValue, depth: int, scope: Scope) -> hir.Expr:
    """What operators and functions give values of the type."""

    def of(kind: TypeValue, inner: Scope = scope) -> hir.Expr:
        return draw(expressions(kind, depth, inner))

    def call(names: tuple[str, ...], *arguments: hir.Expr) -> hir.Expr:
        return hir.Call(draw(st.sampled_from(names)), arguments, AT)

    def each(names: tuple[str, ...], element: TypeValue, body: TypeValue) -> hir.Expr:
        name = draw(st.sampled_from(("x", "y")))
        inner = of(body, (*((n, t) for n, t in scope if n != name), (name, element)))
        return hir.EachOf(draw(st.sampled_from(names)), of(ListOf(element)), name, inner, AT)

    number = FLOAT if type_ == FLOAT else INT
    kind = draw(st.sampled_from(KINDS))
    match type_, draw(st.integers(0, 3)):
        case (Primitive("int" | "float"), 0):
            return hir.Operation(draw(st.sampled_from(("+", "-", "*", "%"))), (of(number), of(number)), AT)
        case (Primitive("int"), 1):
            return call(("len",), of(draw(_one_of(STRING, ListOf(kind), PAIR))))
        case (Primitive("float"), 1):
            return hir.Operation("/", (of(number), of(number)), AT)
        case (Primitive("int" | "float"), 2):
            return each(("sum",), kind, number) if draw(st.booleans()) else call(("sum",), of(ListOf(number)))
        case (Primitive("int" | "float"), _):
            return hir.Operation("neg", (of(number),), AT)
        case (Primitive("string"), 0):
            return call(("lower", "upper", "trim"), of(STRING))
        case (Primitive("string"), 1):
            return call(("join",), of(ListOf(STRING)), of(STRING))
        case (Primitive("string"), _):
            return call(("json",), of(kind)) if draw(st.booleans()) else hir.Template((of(kind), "-", of(kind)), AT)
        case (Primitive("bool"), 0):
            operands = draw(st.sampled_from(((INT, FLOAT), (STRING, STRING))))
            order = draw(st.sampled_from(("<", "<=", ">", ">=")))
            return hir.Operation(order, (of(operands[0]), of(operands[1])), AT)
        case (Primitive("bool"), 1):
            return hir.Operation(draw(st.sampled_from(("and", "or", "==", "!="))), (of(BOOL), of(BOOL)), AT)
        case (Primitive("bool"), 2):
            return each(("any", "all"), kind, BOOL) if draw(st.booleans()) else hir.Operation("not", (of(BOOL),), AT)
        case (Primitive("bool"), _):
            inside = draw(_one_of(ListOf(kind), STRING, PAIR))
            part = of(kind if isinstance(inside, ListOf) else STRING)
            return draw(
                st.sampled_from((call(("contains",), of(inside), part), hir.Operation("in", (part, of(inside)), AT)))
            )
        case (ListOf(item), 0):
            return each(("map",), kind, item)
        case (ListOf(item), 1):
            return each(("filter",), item, BOOL)
        case (ListOf(item), 2):
            return call(("unique", "sort"), of(type_)) if item in (INT, STRING) else each(("sort",), item, INT)
        case (ListOf(Primitive("string")), _):
            return call(("split",), of(STRING), of(STRING))
        case (ListOf(item), _):
            return hir.ListOf((of(item), of(item)), AT)
        case (Record(), _):
            return hir.ObjectOf((("a", of(INT)), ("b", of(optional(STRING)))), AT)
        case _:
            return draw(_leaf(type_))
