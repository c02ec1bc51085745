"""Lower the items of nodes, agents and graphs: a word and its value."""

from __future__ import annotations

from rag_compiler import syntax
from rag_compiler.concrete import Concrete
from rag_compiler.expressions import Expr, Hole, Literal, Name, Pair, RecordType, Template
from rag_compiler.lower_expr import lower_expr, lower_pairs
from rag_compiler.lower_lists import lower_names, name_of
from rag_compiler.lower_names import ABSENT, reference, target
from rag_compiler.lower_types import lower_fields, lower_type
from rag_compiler.lowering import Lowering
from rag_compiler.words.foreign import change, edge_condition, edge_list, prompt_expression
from rag_compiler.words.syntax import bad_form, missing_value

TEXTS = ("system", "prompt", "description")
NAMES = ("tools", "stores", "middleware", "options", "sources")
PAIRS = ("args", "with", "writes")


def lower_name_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`kind agent`, `model "default"`: a word and one name."""
    low.punctuation(node)
    keyword, value = low.keyword(node), node.child("value")
    if value is not None and value.kind == "list":
        names = lower_names(low, value, keyword, quoted=False)
        fix = (change(low.place(value), f'"{names[0].text}"'),) if len(names) == 1 else ()
        low.report(bad_form(low.place(value), f"`{keyword.text}` takes one name, not a list", "write one name", *fix))
        return syntax.RefItem(keyword, names[0] if names else None, node.span)
    return syntax.RefItem(keyword, reference(low, value, keyword), node.span)


def lower_target_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`next b`, `on_error b`, `goto b`: a word and a node."""
    low.punctuation(node)
    keyword, value, condition = low.keyword(node), node.child("value"), node.first("condition")
    if value is not None and value.kind == "list":
        return _next_list(low, node, keyword, value)
    found = target(low, value, f"`{keyword.text}`", keyword.span)
    if condition is None:
        return syntax.RefItem(keyword, found, node.span)
    guard = lower_expr(low, condition.child("value"), 0, "`when`")
    written = low.text(condition.children[-1])
    text = f"routes {{ when {written} -> {found.text if found else 'END'}  else -> END }}"
    fix = change(low.place(node), text, "write `routes`", safe=False)
    low.report(edge_condition(low.place(condition), "write `routes { when .. -> a  else -> b }`", fix))
    end = Name("END", condition.span)
    routes = (
        syntax.Route(None, guard, found, condition.span, node.span),
        syntax.Route(None, None, end, condition.span, node.span),
    )
    return syntax.RoutesItem(Name("routes", keyword.span), routes, node.span)


def _next_list(low: Lowering, node: Concrete, keyword: Name, value: Concrete) -> syntax.Item:
    names = lower_names(low, value, keyword, quoted=False)
    if keyword.text != "next":
        low.report(bad_form(low.place(value), f"`{keyword.text}` takes one node, not a list", "write one name"))
        return syntax.RefItem(keyword, names[0] if names else None, node.span)
    text = f"send [{', '.join(name.text for name in names)}]"
    fix = change(low.place(node), text, safe=False)
    low.report(edge_list(low.place(value), "`next`", f"write `{text}`", fix))
    sends = tuple(syntax.Send(name, None, None, (), name.span) for name in names)
    return syntax.SendItem(Name("send", keyword.span), sends, node.span)


def lower_mode_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`checkpoint MODE`, `interrupt MODE` and `graph NAME` of a test."""
    low.punctuation(node)
    keyword = low.keyword(node)
    return syntax.RefItem(keyword, reference(low, node.child("value"), keyword), node.span)


def lower_start_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`start NODE`"""
    low.punctuation(node)
    keyword = low.keyword(node)
    return syntax.RefItem(keyword, target(low, node.child("value"), "`start`", keyword.span), node.span)


def lower_value_item(low: Lowering, node: Concrete) -> syntax.Item:
    """A word and an expression: a text, a list of names, pairs, or a plain value."""
    low.punctuation(node)
    keyword, value = low.keyword(node), node.child("value")
    if keyword.text in TEXTS:
        return syntax.TextItem(keyword, _text(low, value, keyword), node.span)
    if keyword.text in NAMES:
        return syntax.RefListItem(keyword, lower_names(low, value, keyword), node.span)
    if keyword.text in PAIRS:
        return syntax.BlockItem(keyword, lower_block(low, value, keyword), node.span)
    if keyword.text == "input" and value is not None and value.kind == "object":
        return syntax.BlockItem(keyword, lower_pairs(low, value), node.span)
    return syntax.ValueItem(keyword, lower_expr(low, value, 0, f"`{keyword.text}`"), node.span)


def _text(low: Lowering, value: Concrete | None, keyword: Name) -> Expr:
    expr = lower_expr(low, value, 0, f"`{keyword.text}`")
    if (
        value is None
        or isinstance(expr, Hole | Template)
        or (isinstance(expr, Literal) and isinstance(expr.value, str))
    ):
        return expr
    written = low.text(value)
    if value.kind in ("identifier", "number", "duration"):
        low.report(prompt_expression(low.place(value), keyword.text, f'"{written}"'))
        return Literal(written, value.span)
    if "\n" not in written:
        low.report(prompt_expression(low.place(value), keyword.text, f'"{{{{ {written} }}}}"'))
    else:
        low.report(bad_form(low.place(value), f"`{keyword.text}` takes a text in quotes", 'write `"{{ .. }}"`'))
    return Template((expr,), value.span)


def lower_block(low: Lowering, value: Concrete | None, keyword: Name) -> tuple[Pair, ...]:
    """The pairs of an item's block; what is none is reported."""
    if value is not None and value.kind in ("object", "policy"):
        return lower_pairs(low, value)
    if value is None or value.kind in ABSENT:
        help_ = f"write `{keyword.text} {{ key: value }}`"
        low.trouble(missing_value(low.place(keyword.span), f"`{keyword.text}`", help_))
        return ()
    help_ = f"write `{keyword.text} {{ key: value }}`"
    if keyword.text == "writes" and (name := name_of(low, value)):
        fix = change(low.place(keyword.span), "into", f"write `into {name}`", safe=False)
        low.report(bad_form(low.place(value), "`writes` takes a block of channels and values", help_, fix))
    elif keyword.text == "retry" and value.kind == "number":
        fix = change(low.place(value), f"{{ max_attempts: {low.text(value)} }}", safe=False)
        low.report(bad_form(low.place(value), "`retry` takes a block", help_, fix))
    else:
        low.report(bad_form(low.place(value), f"`{keyword.text}` takes a block of pairs", help_))
    return ()


def lower_policy_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`retry { .. }`, `defaults { .. }`: a word and pairs."""
    low.punctuation(node)
    keyword = low.keyword(node)
    return syntax.BlockItem(keyword, lower_block(low, node.child("value"), keyword), node.span)


def lower_type_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`output TYPE` of a node, `input { .. }` of an agent."""
    low.punctuation(node)
    keyword = low.keyword(node)
    type_ = lower_type(low, node.child("value"), f"`{keyword.text}`")
    if keyword.text == "input" and not isinstance(type_, RecordType):
        _needs_fields(low, node, keyword)
        type_ = RecordType((), node.span)
    return syntax.TypeItem(keyword, type_, node.span)


def lower_fields_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`input { .. }` and `output { .. }` of a graph."""
    low.punctuation(node)
    keyword, value = low.keyword(node), node.child("value")
    if value is not None and value.kind == "record":
        return syntax.FieldsItem(keyword, lower_fields(low, value), node.span)
    lower_type(low, value, f"`{keyword.text}`")
    _needs_fields(low, node, keyword)
    return syntax.FieldsItem(keyword, (), node.span)


def _needs_fields(low: Lowering, node: Concrete, keyword: Name) -> None:
    value = node.child("value")
    if value is not None and not value.broken:
        help_ = f"write `{keyword.text} {{ name: {low.text(value)} }}`"
        low.report(bad_form(low.place(value), f"`{keyword.text}` takes a block of fields", help_))


def lower_allow_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`allow KIND [..]`"""
    low.punctuation(node)
    keyword = low.keyword(node)
    kind = reference(low, node.child("kind"), keyword)
    names = lower_names(low, node.child("value"), kind or keyword, quoted=False) if kind else ()
    return syntax.AllowItem(keyword, kind, names, node.span)


def lower_unknown_item(low: Lowering, node: Concrete) -> syntax.Item:
    """A word that is no item. `human allow [..]` and `parent allow [..]` are the older spelling of `steering`."""
    keyword = low.keyword(node)
    values = list(node.every("value"))
    if keyword.text in ("human", "parent") and len(values) == 2 and low.text(values[0]) == "allow":
        names = lower_names(low, values[1], keyword, quoted=False)
        return syntax.AllowItem(keyword, Name("allow", values[0].span), names, node.span)
    low.troubles += 1
    return syntax.UnknownItem(keyword, node.span)
