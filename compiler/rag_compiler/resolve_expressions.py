"""Bind expressions: roots, channels, fields, loop variables and functions."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir, syntax
from rag_compiler.hir import Expr
from rag_compiler.scope import ROOT_HELP, Scope
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words import names as say
from rag_compiler.words.structure import duplicate_key
from rag_compiler.words.values import bad_argument, bad_value, too_deep
from rag_ir.operators import FUNCTIONS, ROOTS, Function
from rag_ir.spell import closest

DEEPEST = 100
"""Operations nested or chained deeper than this are refused; evaluation has a limit of its own above it."""


def bind(expr: syntax.Expr, scope: Scope, sink: Sink, depth: int = 0) -> Expr:
    """An expression with every name bound; what does not bind is a hole, and has been reported."""
    if depth > DEEPEST:
        sink.add(too_deep(sink.at(expr.span), DEEPEST))
        return hir.Hole(expr.span)
    below = depth + 1
    match expr:
        case syntax.Literal(value, span):
            return hir.Constant(value, span)
        case syntax.Member() | syntax.Variable():
            return _path(expr, scope, sink, below)
        case syntax.Template(parts, span):
            bound = tuple(part if isinstance(part, str) else bind(part, scope, sink, below) for part in parts)
            return hir.Template(bound, span)
        case syntax.Binary(operator, left, right, span):
            return hir.Operation(operator, (bind(left, scope, sink, below), bind(right, scope, sink, below)), span)
        case syntax.ObjectExpr(pairs, span):
            return hir.ObjectOf(_pairs(pairs, scope, sink, below + 1), span)
        case syntax.ListExpr(items, span):
            return hir.ListOf(tuple(bind(item, scope, sink, below) for item in items), span)
        case syntax.Call():
            return _call(expr, scope, sink, below)
        case syntax.Unary(operator, operand, span):
            word = "neg" if operator == "-" else operator
            return hir.Operation(word, (bind(operand, scope, sink, below),), span)
        case syntax.Index():
            return _index(expr, scope, sink, below)
        case syntax.IfElse(condition, yes, no, span):
            return hir.Choice(
                bind(condition, scope, sink, below), bind(yes, scope, sink, below), bind(no, scope, sink, below), span
            )
        case syntax.Duration(span=span):
            return _refuse_duration(span, sink)
        case syntax.Lambda(span=span):
            takers = ", ".join(f"`{f.name}`" for f in FUNCTIONS.values() if f.takes_lambda != "no")
            sink.add(
                bad_argument(sink.at(span), "a lambda stands only as an argument", f"functions that take one: {takers}")
            )
            return hir.Hole(span)
        case syntax.Hole(span):
            return hir.Hole(span)


def _refuse_duration(span: Span, sink: Sink) -> hir.Hole:
    sink.add(
        bad_value(sink.at(span), "a duration is not a value of an expression", "write a number, or a text in quotes")
    )
    return hir.Hole(span)


def _pairs(pairs: tuple[syntax.Pair, ...], scope: Scope, sink: Sink, depth: int) -> tuple[tuple[str, Expr], ...]:
    return tuple((pair.key.text, bind(pair.value, scope, sink, depth)) for pair in distinct(pairs, sink))


def distinct(pairs: Sequence[syntax.Pair], sink: Sink) -> list[syntax.Pair]:
    """The pairs of a block without those whose key stood before, which are reported."""
    first: dict[str, syntax.Pair] = {}
    for pair in pairs:
        before = first.setdefault(pair.key.text, pair)
        if before is not pair:
            sink.add(duplicate_key(sink.at(pair.key.span), pair.key.text, sink.at(before.key.span)))
    return list(first.values())


def _path(expr: syntax.Member | syntax.Variable, scope: Scope, sink: Sink, depth: int) -> Expr:
    """A chain of members, flattened: on a root one `Get`, on anything else members of a computed value."""
    members: list[syntax.Name] = []
    base: syntax.Expr = expr
    whole = True
    while isinstance(base, syntax.Member):
        if base.name is None:
            whole = False
        else:
            members.append(base.name)
        base = base.target
    members.reverse()
    if not isinstance(base, syntax.Variable):
        target = bind(base, scope, sink, depth)
    elif base.name.text in scope.variables:
        target = hir.Local(base.name.text, base.span)
    elif base.name.text in scope.roots:
        return _get(base.name.text, members, expr.span, scope, sink) if whole else hir.Hole(expr.span)
    else:
        target = _unbound(base.name, scope, sink)
    if not whole or isinstance(target, hir.Hole):
        return hir.Hole(expr.span)
    return _members(target, members, sink)


def _members(target: Expr, members: list[syntax.Name], sink: Sink) -> Expr:
    if len(members) > DEEPEST:
        sink.add(too_deep(sink.at(members[DEEPEST].span), DEEPEST))
        return hir.Hole(target.span)
    for member in members:
        target = hir.Member(target, member.text, target.span.cover(member.span))
    return target


def _get(root: hir.Root, members: list[syntax.Name], span: Span, scope: Scope, sink: Sink) -> Expr:
    if members and not _declared(root, members[0], scope, sink):
        return hir.Hole(span)
    return hir.Get(root, tuple(each.text for each in members), span, tuple(each.span for each in members))


def _declared(root: hir.Root, member: syntax.Name, scope: Scope, sink: Sink) -> bool:
    """Whether a root has a member, as far as that is declared; if not it is reported."""
    place = sink.at(member.span)
    if root == "state":
        if member.text in scope.channels:
            return True
        known = scope.fields.get("input")
        hint = (
            f"`{member.text}` is a field of the input: `input.{member.text}`"
            if known and member.text in known.names
            else ""
        )
        sink.add(say.unknown_channel(place, member.text, scope.owner, scope.channels, hint))
        return False
    fields = scope.fields.get(root)
    if fields is None or member.text in fields.names:
        return True
    if root == "input" and member.text in scope.channels and not closest(member.text, fields.names):
        hint = f"`{member.text}` is a channel: `state.{member.text}`"
    else:
        hint = ""
    sink.add(say.unknown_field(place, member.text, fields.owner, fields.names, hint))
    return False


def _unbound(name: syntax.Name, scope: Scope, sink: Sink) -> hir.Hole:
    hint, meant = "", scope.meant_by(name.text)
    if not scope.roots:
        hint = "nothing has been given yet where this value is needed: write a constant"
    elif name.text in ROOTS:
        hint = ROOT_HELP[name.text]
    elif name.text in FUNCTIONS:
        hint = f"`{name.text}` is a function: `{name.text}(..)`"
    sink.add(say.unknown_variable(sink.at(name.span), name.text, scope.available(), meant, hint))
    return hir.Hole(name.span)


def _index(expr: syntax.Index, scope: Scope, sink: Sink, depth: int) -> Expr:
    target = bind(expr.target, scope, sink, depth)
    if isinstance(target, hir.Get) and not target.members and isinstance(expr.index, syntax.Literal):
        key = expr.index.value
        if isinstance(key, str) and not _declared(target.root, syntax.Name(key, expr.index.span, True), scope, sink):
            return hir.Hole(expr.span)
    return hir.Index(target, bind(expr.index, scope, sink, depth), expr.span)


def _call(expr: syntax.Call, scope: Scope, sink: Sink, depth: int) -> Expr:
    function = FUNCTIONS.get(expr.function.text)
    if function is None:
        sink.add(say.unknown_function(sink.at(expr.function.span), expr.function.text, FUNCTIONS))
        return hir.Hole(expr.span)
    if not _fits(function, expr, sink):
        return hir.Hole(expr.span)
    last = expr.arguments[-1]
    if not isinstance(last, syntax.Lambda):
        arguments = tuple(bind(argument, scope, sink, depth) for argument in expr.arguments)
        return hir.Call(function.name, arguments, expr.span)
    source = bind(expr.arguments[0], scope, sink, depth)
    parameter = check_variable(last.parameter, sink)
    body = bind(last.body, scope.with_variable(parameter), sink, depth)
    return hir.EachOf(function.name, source, parameter, body, expr.span)


def check_variable(name: syntax.Name, sink: Sink) -> str:
    """The name of a loop variable or a parameter, reported if it hides a root."""
    if name.text in ROOTS:
        help_ = f"it would hide the `{name.text}` that every expression has; choose another name"
        sink.add(say.reserved_name(sink.at(name.span), "a variable", name.text, help_))
    return name.text


def _fits(function: Function, expr: syntax.Call, sink: Sink) -> bool:
    """Whether a call has as many arguments as its function takes, and a lambda exactly where one belongs."""
    given, usage = expr.arguments, _usage(function)
    if not function.least <= len(given) <= function.most:
        wanted = str(function.least) if function.least == function.most else f"{function.least} or {function.most}"
        plural = "argument" if wanted == "1" else "arguments"
        message = f"`{function.name}` takes {wanted} {plural}, {len(given)} given"
        sink.add(bad_argument(sink.at(expr.span), message, usage))
        return False
    wants_lambda = function.takes_lambda != "no" and len(given) == 2
    for position, argument in enumerate(given):
        if isinstance(argument, syntax.Hole):
            continue
        if isinstance(argument, syntax.Lambda) != (wants_lambda and position == 1):
            expected = "a lambda" if wants_lambda and position == 1 else "a value, not a lambda"
            message = f"argument {position + 1} of `{function.name}` must be {expected}"
            sink.add(bad_argument(sink.at(argument.span), message, usage))
            return False
    return True


def _usage(function: Function) -> str:
    if function.takes_lambda == "must":
        form = f"{function.name}(list, x => ..)"
    elif function.takes_lambda == "may":
        form = f"{function.name}(list)` or `{function.name}(list, x => ..)"
    else:
        form = f"{function.name}({', '.join('xyz'[: function.most])})"
    return f"`{form}`: {function.summary}"
