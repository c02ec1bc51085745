"""Lower the bodies of graphs, nodes and agents."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator

from rag_compiler import syntax
from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete
from rag_compiler.expressions import Expr, Name, TypeExpr, TypeHole
from rag_compiler.kinds import REDUCER_ALIASES, REDUCERS
from rag_compiler.lower_edges import lower_edges
from rag_compiler.lower_expr import lower_expr
from rag_compiler.lower_items import (
    lower_allow_item,
    lower_fields_item,
    lower_mode_item,
    lower_name_item,
    lower_policy_item,
    lower_start_item,
    lower_target_item,
    lower_type_item,
    lower_unknown_item,
    lower_value_item,
)
from rag_compiler.lower_names import ABSENT, STRINGS, declared_name, inner, reference
from rag_compiler.lower_routing import (
    lower_command_item,
    lower_graph_join,
    lower_join_item,
    lower_loose_routes,
    lower_routes_item,
    lower_send_item,
)
from rag_compiler.lower_strings import plain_text
from rag_compiler.lower_types import lower_type
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import change
from rag_compiler.words.syntax import bad_form, missing_reducer

Lower = Callable[[Lowering, Concrete], syntax.Item]

ITEMS: dict[str, Lower] = {
    "name_item": lower_name_item,
    "target_item": lower_target_item,
    "value_item": lower_value_item,
    "policy_item": lower_policy_item,
    "type_item": lower_type_item,
    "routes_item": lower_routes_item,
    "send_item": lower_send_item,
    "join_item": lower_join_item,
    "command_item": lower_command_item,
    "unknown_item": lower_unknown_item,
}
NODE_EXPECTED = "an item of a node: a word such as `kind`, `model` or `next`, and its value"
GRAPH_EXPECTED = "an item of a graph: `start`, `channel`, `node`, an edge `a -> b`, .."
AGENT_EXPECTED = "an item of an agent: `model`, `system`, `tools`, `input`, `output`, .."


def lower_graph(low: Lowering, node: Concrete, orphans: Iterable[Concrete] = ()) -> syntax.Graph:
    """`graph NAME { .. }`; `orphans` are items that stand behind it and belong to it."""
    low.punctuation(node)
    name = declared_name(low, node, "a graph")
    low.brackets(node, f"graph `{name.text}`" if name else "the graph")
    owner = f"in graph `{name.text}`" if name else "in a graph"
    members = [*contents(low, node, MEMBERS, owner, GRAPH_EXPECTED), *orphans]
    items = lower_members(low, members)
    return syntax.Graph(low.keyword(node), name, tuple(items), low.docs.pop(node.start, ""), node.span)


def lower_members(low: Lowering, members: Iterable[Concrete]) -> list[syntax.Item]:
    """The items of a graph in order."""
    items: list[syntax.Item] = []
    edges: list[Concrete] = []
    for member in members:
        if member.kind == "edge":
            edges.append(member)
        elif member.kind == "state_declaration":
            items.extend(low.guarded(member, _state))
        else:
            items.append(low.guarded(member, MEMBERS[member.kind]))
    return sorted(lower_edges(low, edges, items), key=lambda item: item.span.start) if edges else items


def contents(low: Lowering, node: Concrete, kinds: Container[str], where: str, expected: str) -> Iterator[Concrete]:
    """The items of a body; what is none is reported, and items inside of what is broken are kept."""
    outer = low.where, low.expected
    low.where, low.expected = where, expected
    for child in node.children:
        if child.kind in kinds:
            yield child
        elif child.kind in (ERROR, TOO_DEEP, "stray") or child.kind.startswith("missing:"):
            low.unexpected(child)
            yield from _salvaged(child, kinds)
    low.where, low.expected = outer


def _salvaged(node: Concrete, kinds: Container[str]) -> Iterator[Concrete]:
    for child in node.children:
        if child.kind in kinds:
            yield child
        elif child.kind == ERROR:
            yield from _salvaged(child, kinds)


def lower_node(low: Lowering, node: Concrete) -> syntax.Node:
    """`node NAME { .. }`"""
    low.punctuation(node)
    name = declared_name(low, node, "a node")
    low.brackets(node, f"node `{name.text}`" if name else "the node")
    owner = f"in node `{name.text}`" if name else "in a node"
    body = contents(low, node, NODE_ITEMS, owner, NODE_EXPECTED)
    return syntax.Node(low.keyword(node), name, _items(low, body), low.docs.pop(node.start, ""), node.span)


def _items(low: Lowering, body: Iterator[Concrete]) -> tuple[syntax.Item, ...]:
    items: list[syntax.Item] = []
    loose: list[Concrete] = []
    for child in body:
        if child.kind == "edge":
            loose.append(child)
            continue
        if loose:
            items.append(lower_loose_routes(low, loose))
            loose = []
        items.append(low.guarded(child, ITEMS[child.kind]))
    if loose:
        items.append(lower_loose_routes(low, loose))
    return tuple(items)


def lower_agent(low: Lowering, node: Concrete) -> syntax.Agent:
    """`agent NAME { .. }`"""
    low.punctuation(node)
    name = declared_name(low, node, "an agent")
    low.brackets(node, f"agent `{name.text}`" if name else "the agent")
    owner = f"in agent `{name.text}`" if name else "in an agent"
    body = contents(low, node, NODE_ITEMS, owner, AGENT_EXPECTED)
    return syntax.Agent(low.keyword(node), name, _items(low, body), low.docs.pop(node.start, ""), node.span)


def lower_type_declaration(low: Lowering, node: Concrete) -> syntax.TypeDecl:
    """`type NAME { .. }` and `type NAME = TYPE`"""
    name = declared_name(low, node, "a type")
    doc = low.docs.pop(node.start, "")
    type_ = lower_type(low, node.child("value"), f"type `{name.text}`" if name else "the type")
    return syntax.TypeDecl(low.keyword(node), name, type_, doc, node.span)


def lower_channel(low: Lowering, node: Concrete) -> syntax.Channel:
    """`channel NAME: TYPE REDUCER ARG* = INITIAL`"""
    return _channel(low, node, low.keyword(node))


def _state(low: Lowering, node: Concrete) -> list[syntax.Item]:
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
        return None if text is None else Name(text, inner(name), True)
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


NODE_ITEMS: dict[str, Lower] = {**ITEMS, "edge": lower_unknown_item}
MEMBERS: dict[str, Lower] = {
    "start_item": lower_start_item,
    "type_item": lower_fields_item,
    "policy_item": lower_policy_item,
    "allow_item": lower_allow_item,
    "mode_item": lower_mode_item,
    "value_item": lower_value_item,
    "join_item": lower_graph_join,
    "unknown_item": lower_unknown_item,
    "channel_declaration": lower_channel,
    "node_declaration": lower_node,
    "type_declaration": lower_type_declaration,
    "state_declaration": lower_unknown_item,
    "edge": lower_unknown_item,
}
