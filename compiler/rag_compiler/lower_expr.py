"""Lower expressions. An idiom of another language is reported and lowered as what it stands for."""

from __future__ import annotations

from rag_compiler.concrete import TOO_DEEP, Concrete
from rag_compiler.expressions import (
    Binary,
    Call,
    Expr,
    Hole,
    IfElse,
    Index,
    Lambda,
    ListExpr,
    Literal,
    Member,
    Name,
    ObjectExpr,
    Pair,
    Template,
    Unary,
    Variable,
)
from rag_compiler.lower_names import hyphenated
from rag_compiler.lower_numbers import lower_duration, lower_number
from rag_compiler.lower_operators import check_binary, check_unary, concatenation, report_concatenation
from rag_compiler.lower_pairs import lower_pair_key, pair_nodes
from rag_compiler.lower_strings import string_parts
from rag_compiler.lower_templates import check_template, report_template
from rag_compiler.lowering import MOST_LEVELS, Lowering, always
from rag_compiler.parse import parse_template
from rag_compiler.source import Span
from rag_compiler.words.foreign import change, foreign, no_operator, pipe, rewrite, spread
from rag_compiler.words.syntax import bad_form, insert, missing_mark, missing_value

CONSTANTS: dict[str, bool | None] = {"True": True, "False": False, "None": None, "nil": None, "undefined": None}
SPELLINGS = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}


def lower_expr(low: Lowering, node: Concrete | None, level: int = 0, what: str = "") -> Expr:
    """The expression of a node; `what` names what it is the value of, in case it is missing."""
    if node is None:
        return Hole(Span(0, 0))
    if level > MOST_LEVELS or node.kind == TOO_DEEP:
        low.too_deep(node)
        return Hole(node.span)
    match node.kind:
        case "identifier":
            return _identifier(low, node)
        case "number":
            return lower_number(low, node)
        case "duration":
            return lower_duration(low, node)
        case "signed_number":
            operand = lower_expr(low, node.children[-1], level + 1)
            return Unary("-", operand, node.span)
        case "true" | "false":
            return Literal(node.kind == "true", node.span)
        case "null":
            return Literal(None, node.span)
        case "string" | "block_string" | "foreign_string":
            return lower_text(low, node, level)
        case "list":
            return _list(low, node, level)
        case "object" | "policy":
            return ObjectExpr(lower_pairs(low, node, level), node.span)
        case "parenthesized":
            low.brackets(node, "the bracket")
            return lower_expr(low, _inside(node), level + 1, "the bracket")
        case "member":
            return _member(low, node, level)
        case "index":
            return _index(low, node, level)
        case "call":
            return _call(low, node, level)
        case "unary":
            return _unary(low, node, level)
        case "binary":
            return _binary(low, node, level)
        case "conditional" | "foreign_conditional":
            return _conditional(low, node, level)
        case "kebab_name":
            return Variable(hyphenated(low, node))
        case "quorum":
            return _quorum(low, node)
        case "lambda":
            return _lambda(low, node, level)
        case "spread":
            low.report(spread(low.place(node)))
            return Hole(node.span)
        case _:
            return _hole(low, node, what)


def lower_text(low: Lowering, node: Concrete, level: int = 0) -> Literal | Template:
    """A string: a literal, or a template if it holds interpolations."""
    parts = string_parts(low, node)
    if all(isinstance(part, str) for part in parts):
        return Literal("".join(part for part in parts if isinstance(part, str)), node.span)
    lowered = tuple(part if isinstance(part, str) else _interpolation(low, part, level) for part in parts)
    return Template(lowered, node.span)


def _interpolation(low: Lowering, node: Concrete, level: int) -> Expr:
    """The expression inside one `{{ }}`."""
    if not check_template(low, node):
        return Hole(node.span)
    root = parse_template(low.data, node.start, node.end)
    body = root.first("template_body")
    value = body.child("value") if body and not root.broken else None
    if value is None:
        report_template(low, node, root)
        return Hole(node.span)
    return lower_expr(low, value, level + 1)


def lower_pairs(low: Lowering, node: Concrete, level: int = 0) -> tuple[Pair, ...]:
    """The pairs of a block or an object; only a block's may go without a colon."""
    low.brackets(node, "the block")
    low.commas(node)
    pairs: list[Pair] = []
    before, quiet = low.breaks, low.silent
    for child in pair_nodes(low, node):
        low.silent = quiet or low.breaks > before
        pair = low.guarded(child, lambda low, child: _pair(low, child, node.kind, level))
        if pair is not None:
            pairs.append(pair)
    low.silent = quiet
    return tuple(pairs)


def _pair(low: Lowering, node: Concrete, kind: str, level: int) -> Pair | None:
    key = lower_pair_key(low, node, strict=kind == "object")
    if key is None:
        return None
    value = node.child("value")
    if value is not None and value.kind == "allow":
        value = value.child("value")
    return Pair(key, lower_expr(low, value, level + 1, f"`{key.text}`"), node.span)


def _hole(low: Lowering, node: Concrete, what: str) -> Hole:
    if node.kind in ("missing_value", "missing_name") or node.kind.startswith("missing:"):
        low.trouble(missing_value(low.place(low.before(node.start)), what or "an operator"))
    else:
        low.unexpected(node)
    return Hole(node.span)


def _inside(node: Concrete) -> Concrete | None:
    return next((child for child in node.children if child.kind not in ("(", ")", "missing_close")), None)


def _identifier(low: Lowering, node: Concrete) -> Expr:
    text = low.text(node)
    if text in CONSTANTS:
        low.report(rewrite(low.place(node), f"`{text}` is written `{SPELLINGS[text]}`", SPELLINGS[text]))
        return Literal(CONSTANTS[text], node.span)
    return Variable(Name(text, node.span))


def _list(low: Lowering, node: Concrete, level: int) -> Expr:
    low.brackets(node, "the list")
    low.commas(node, between=always)
    skipped = ("[", "]", ",", "missing_close")
    items = [child for child in node.children if child.kind not in skipped]
    return ListExpr(tuple(lower_expr(low, item, level + 1) for item in items), node.span)


def _member(low: Lowering, node: Concrete, level: int) -> Expr:
    target = lower_expr(low, node.child("value"), level + 1)
    sign = node.first("foreign_operator")
    if sign is not None:
        low.report(
            foreign(
                low.place(sign),
                "a missing member is null: `?.` is written `.`",
                "write `.`",
                change(low.place(sign), "."),
            )
        )
    name = node.child("name")
    if name is None or name.kind != "identifier":
        dot = node.first(".", "foreign_operator") or node
        low.trouble(
            missing_value(low.place(dot), "the `.`", "the name of a member stands behind `.`, on the same line")
        )
        return Member(target, None, node.span)
    return Member(target, Name(low.text(name), name.span), node.span)


def _index(low: Lowering, node: Concrete, level: int) -> Expr:
    low.brackets(node, "the index")
    target = lower_expr(low, node.child("value"), level + 1)
    return Index(target, lower_expr(low, node.child("index"), level + 1, "the index"), node.span)


def _call(low: Lowering, node: Concrete, level: int) -> Expr:
    low.brackets(node, "the call")
    low.commas(node, between=always)
    function = node.children[0]
    arguments = tuple(lower_expr(low, child, level + 1) for child in node.every("argument"))
    if function.kind == "identifier":
        return Call(Name(low.text(function), function.span), arguments, node.span)
    if function.kind == "member" and (name := function.child("name")) and name.kind == "identifier":
        return _method(low, node, function, name, arguments, level)
    low.report(
        bad_form(low.place(function), "only a function's name can be called", "write `len(x)`, `join(list, sep)`, ..")
    )
    return Hole(node.span)


def _method(
    low: Lowering, node: Concrete, function: Concrete, name: Concrete, arguments: tuple[Expr, ...], level: int
) -> Expr:
    subject = function.children[0]
    given = [low.text(child) for child in node.every("argument")]
    text = f"{low.text(name)}({', '.join([low.text(subject), *given])})"
    low.report(rewrite(low.place(node), "the language has functions, and no methods", text, safe=False))
    return Call(Name(low.text(name), name.span), (lower_expr(low, subject, level + 1), *arguments), node.span)


def _lambda(low: Lowering, node: Concrete, level: int) -> Expr:
    parameter = node.child("parameter")
    body = lower_expr(low, node.child("body"), level + 1, "the lambda")
    if parameter is not None and parameter.kind == "parenthesized":
        inside = _inside(parameter)
        if inside is not None and inside.kind == "identifier":
            name = low.text(inside)
            low.report(rewrite(low.place(parameter), "a lambda's parameter stands without brackets", name))
            parameter = inside
    if parameter is None or parameter.kind != "identifier":
        where = parameter or node
        low.report(bad_form(low.place(where), "a lambda has one parameter, a name", "write `x => ..`"))
        return Hole(node.span)
    return Lambda(Name(low.text(parameter), parameter.span), body, node.span)


def _unary(low: Lowering, node: Concrete, level: int) -> Expr:
    operator = check_unary(low, node)
    operand = lower_expr(low, node.child("operand"), level + 1, f"`{operator}`")
    return Unary(operator, operand, node.span)


def _binary(low: Lowering, node: Concrete, level: int) -> Expr:
    """Left operands nest to the left, so a chain of operators is as deep as it is long."""
    sign, left, right = node.child("operator"), node.child("left"), node.child("right")
    if sign is None or left is None or right is None:
        low.unexpected(node)
        return Hole(node.span)
    if texts := concatenation(node):
        report_concatenation(low, node, texts)
        return Template(tuple(_flat([lower_expr(low, text, level + 1) for text in texts])), node.span)
    written = low.text(sign)
    operands = (lower_expr(low, left, level + 1), lower_expr(low, right, level + 1, f"`{written}`"))
    if sign.kind == "foreign_operator" and written == "|":
        return _filter(low, node, left, right, operands)
    operator = check_binary(low, node, sign, left, right)
    if operator is None:
        return Hole(node.span)
    if operator == "not in":
        return Unary("not", Binary("in", *operands, node.span), node.span)
    return Binary(operator, *operands, node.span)


def _flat(operands: list[Expr]) -> list[str | Expr]:
    parts: list[str | Expr] = []
    for operand in operands:
        match operand:
            case Template(inner):
                parts.extend(inner)
            case Literal(str() as text):
                parts.append(text)
            case _:
                parts.append(operand)
    return parts


def _filter(low: Lowering, node: Concrete, left: Concrete, right: Concrete, operands: tuple[Expr, Expr]) -> Expr:
    """`x | f` and `x | f(a)` stand for `f(x)` and `f(x, a)`."""
    subject = low.text(left)
    match operands[1]:
        case Variable(name):
            low.report(pipe(low.place(node), name.text, f"{name.text}({subject})"))
            return Call(name, (operands[0],), node.span)
        case Call(name, arguments):
            given = ", ".join([subject, *(low.text(child) for child in right.every("argument"))])
            low.report(pipe(low.place(node), name.text, f"{name.text}({given})"))
            return Call(name, (operands[0], *arguments), node.span)
        case _:
            sign = node.child("operator") or node
            low.report(no_operator(low.place(sign), "|", "call a function: `lower(x)`; choose with `or` or `??`"))
            return Hole(node.span)


def _conditional(low: Lowering, node: Concrete, level: int) -> Expr:
    condition = lower_expr(low, node.child("condition"), level + 1, "`if`")
    yes = lower_expr(low, node.child("then"), level + 1, "`then`")
    other = node.child("else")
    if other is None:
        here = low.place(Span(node.end, node.end))
        low.trouble(missing_mark(here, "else", "an `if` has no `else`", insert(here, " else null", safe=False)))
        return IfElse(condition, yes, Hole(Span(node.end, node.end)), node.span)
    no = lower_expr(low, other, level + 1, "`else`")
    if node.kind == "foreign_conditional":
        parts = [low.text(child) if (child := node.child(name)) else "" for name in ("condition", "then", "else")]
        text = f"if {parts[0]} then {parts[1]} else {parts[2]}"
        low.report(rewrite(low.place(node), "a choice is written with `if`", text))
    return IfElse(condition, yes, no, node.span)


def _quorum(low: Lowering, node: Concrete) -> Expr:
    """`quorum 2 keep` as a call; `quorum` alone is a word."""
    function = Name("quorum", node.children[0].span)
    count, keep = node.child("count"), node.child("keep")
    if count is None and keep is None:
        return Variable(function)
    arguments: list[Expr] = [lower_expr(low, count)] if count else []
    if keep is not None:
        arguments.append(Variable(Name("keep", keep.span)))
    return Call(function, tuple(arguments), node.span)
