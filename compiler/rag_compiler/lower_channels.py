"""Lower channels, and the lines of a `state` block, which are channels too."""

from __future__ import annotations

from rag_compiler import syntax
from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete
from rag_compiler.expressions import Expr, Name, TypeExpr, TypeHole
from rag_compiler.kinds import REDUCER_ALIASES, REDUCERS
from rag_compiler.lower_expr import lower_expr
from rag_compiler.lower_names import ABSENT, STRINGS, declared_name, inner, reference
from rag_compiler.lower_strings import plain_text
from rag_compiler.lower_types import lower_type
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import change
from rag_compiler.words.syntax import bad_form, missing_reducer


def lower_channel(low: Lowering, node: Concrete) -> syntax.Channel:
    """`channel NAME: TYPE REDUCER ARG* = INITIAL`"""
    return _channel(low, node, low.keyword(node))


def lower_state(low: Lowering, node: Concrete) -> list[syntax.Item]:
    """The lines of a `state` block are channels."""
    low.brackets(node, "`state`")
    low.commas(node)
    keyword = Name("channel", node.children[0].span)
    channels: list[syntax.Item] = []
    for child in node.children:
        if child.kind == "state_channel":
            channels.append(low.guarded(child, lambda low, child: _channel(low, child, keyword)))
        elif child.kind in (ERROR, TOO_DEEP) or child.kind.startswith("missing:"):
            low.unexpected(child)
    return channels


def _channel(low: Lowering, node: Concrete, keyword: Name) -> syntax.Channel:
    doc = low.docs.pop(node.start, "")
    name = _channel_name(low, node)
    owner = f"channel `{name.text}`" if name else "the channel"
    type_node, reducer_node = node.child("type"), node.child("reducer")
    if _is_reducer(low, type_node) and reducer_node is not None and reducer_node.kind in ABSENT and type_node:
        return _untyped(low, node, keyword, name, type_node, doc)
    type_: TypeExpr | None = lower_type(low, type_node, owner) if type_node else None
    if type_node is None or not isinstance(type_, TypeHole):
        reducer = _reducer(low, reducer_node, name, keyword)
    else:
        reducer = None if reducer_node is None or reducer_node.kind in ABSENT else reference(low, reducer_node, keyword)
    initial = node.child("initial")
    return syntax.Channel(
        keyword=keyword,
        name=name,
        type=type_,
        reducer=reducer,
        arguments=tuple(_argument(low, argument) for argument in node.every("argument")),
        initial=lower_expr(low, initial, 0, owner) if initial else None,
        doc=doc,
        span=node.span,
    )


def _channel_name(low: Lowering, node: Concrete) -> Name | None:
    name = node.child("name")
    if node.kind == "channel_declaration":
        return declared_name(low, node, "a channel")
    if name is not None and name.kind in STRINGS:
        text = plain_text(low, name, "the name of a channel")
        return None if text is None else Name(text, inner(low, name), True)
    return Name(low.text(name), name.span) if name else None


def _reducer(low: Lowering, node: Concrete | None, name: Name | None, keyword: Name) -> Name | None:
    if node is None or node.kind in ABSENT:
        owner = f"channel `{name.text}`" if name else "the channel"
        where = low.before(node.start) if node else keyword.span
        end = low.place(Span(where.end, where.end))
        low.trouble(missing_reducer(low.place(name.span if name else keyword.span), owner, REDUCERS, end))
        return None
    return reference(low, node, keyword)


def _is_reducer(low: Lowering, node: Concrete | None) -> bool:
    text = low.text(node) if node is not None and node.kind == "named_type" else ""
    return text in REDUCERS or text in REDUCER_ALIASES


def _untyped(
    low: Lowering, node: Concrete, keyword: Name, name: Name | None, type_: Concrete, doc: str
) -> syntax.Channel:
    """`channel x: append`: the colon announces a type, and a reducer stands there."""
    reducer = Name(low.text(type_), type_.span)
    low.troubles += 1
    colon = node.first(":") or type_
    fix = change(low.place(Span(colon.start, type_.start)), " ", "delete `:`")
    help_ = f"write `channel {name.text if name else 'NAME'} {reducer.text}`, or a type before the reducer"
    low.report(bad_form(low.place(type_), f"`{reducer.text}` is a reducer, not a type", help_, fix))
    initial = node.child("initial")
    value: Expr | None = lower_expr(low, initial, 0, "the channel") if initial else None
    return syntax.Channel(keyword, name, None, reducer, (), value, doc, node.span)


def _argument(low: Lowering, node: Concrete) -> Expr:
    return lower_expr(low, node)
