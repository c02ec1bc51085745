"""Lower graphs, nodes, agents and types."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from rag_compiler import syntax
from rag_compiler.concrete import Concrete
from rag_compiler.lower_bodies import NODE_ITEMS, Lower, contents, is_loose, lower_body, orphans, report_loose
from rag_compiler.lower_channels import lower_channel, lower_state
from rag_compiler.lower_edges import Nodes, lower_edges
from rag_compiler.lower_items import (
    lower_allow_item,
    lower_fields_item,
    lower_mode_item,
    lower_policy_item,
    lower_start_item,
    lower_unknown_item,
    lower_value_item,
)
from rag_compiler.lower_names import declared_name
from rag_compiler.lower_nodes import restored
from rag_compiler.lower_routing import lower_graph_join
from rag_compiler.lower_types import lower_type
from rag_compiler.lowering import Lowering

NODE_EXPECTED = "an item of a node: a word such as `kind`, `model` or `next`, and its value"
GRAPH_EXPECTED = "an item of a graph: `start`, `channel`, `node`, an edge `a -> b`, .."
AGENT_EXPECTED = "an item of an agent: `model`, `system`, `tools`, `input`, `output`, .."
AMBIGUOUS = ("join_item", "type_item", "mode_item", "policy_item", "value_item", "unknown_item")
"""Items that stand in graphs and in nodes."""


def lower_graph(low: Lowering, node: Concrete, behind: Iterable[Concrete] = ()) -> syntax.Graph:
    """`graph NAME { .. }`; `behind` is what stands between its end and the next declaration."""
    low.punctuation(node)
    name = declared_name(low, node, "a graph")
    node = restored(low, node)
    low.brackets(node, f"graph `{name.text}`" if name else "the graph")
    owner = f"in graph `{name.text}`" if name else "in a graph"
    own = contents(low, node.children, MEMBERS, owner, GRAPH_EXPECTED)
    items = lower_members(low, chain(own, orphans(low, behind, MEMBERS, "the graph")))
    return syntax.Graph(low.keyword(node), name, items, low.docs.pop(node.start, ""), node.span)


def lower_members(low: Lowering, members: Iterable[Concrete]) -> tuple[syntax.Item, ...]:
    """The items of a graph in order. Items of a node behind its block belong to it: the block was closed too early."""
    nodes = Nodes()
    edges: list[Concrete] = []
    loose, broken = False, False
    for member in members:
        before = low.breaks
        if is_loose(low, member) or (loose and member.kind in AMBIGUOUS and member.child("target") is None):
            if not (broken or loose):
                report_loose(low, member, behind_node=nodes.some)
            loose = True
            nodes.give_last(low.guarded(member, (NODE_ITEMS.get(member.kind) or MEMBERS[member.kind])))
        elif member.kind in ("edge", "target_item"):
            edges.append(member)
        elif member.kind == "state_declaration":
            for channel in low.guarded(member, lower_state):
                nodes.add(channel)
        else:
            nodes.add(low.guarded(member, MEMBERS[member.kind]))
            broken = low.breaks > before
            loose = member.kind == "node_declaration" and broken
    plain = lower_edges(low, edges, nodes)
    return tuple(sorted([*nodes.whole(), *plain], key=lambda item: item.span.start))


def lower_node(low: Lowering, node: Concrete) -> syntax.Node:
    """`node NAME { .. }`"""
    low.punctuation(node)
    name = declared_name(low, node, "a node")
    low.brackets(node, f"node `{name.text}`" if name else "the node")
    owner = f"in node `{name.text}`" if name else "in a node"
    items = lower_body(low, contents(low, node.children, NODE_ITEMS, owner, NODE_EXPECTED))
    return syntax.Node(low.keyword(node), name, items, low.docs.pop(node.start, ""), node.span)


def lower_agent(low: Lowering, node: Concrete, behind: Iterable[Concrete] = ()) -> syntax.Agent:
    """`agent NAME { .. }`; `behind` is what stands between its end and the next declaration."""
    low.punctuation(node)
    name = declared_name(low, node, "an agent")
    low.brackets(node, f"agent `{name.text}`" if name else "the agent")
    owner = f"in agent `{name.text}`" if name else "in an agent"
    own = contents(low, node.children, NODE_ITEMS, owner, AGENT_EXPECTED)
    items = lower_body(low, chain(own, orphans(low, behind, NODE_ITEMS, "the agent")))
    return syntax.Agent(low.keyword(node), name, items, low.docs.pop(node.start, ""), node.span)


def lower_type_declaration(low: Lowering, node: Concrete) -> syntax.TypeDecl:
    """`type NAME { .. }` and `type NAME = TYPE`"""
    name = declared_name(low, node, "a type")
    doc = low.docs.pop(node.start, "")
    type_ = lower_type(low, node.child("value"), f"type `{name.text}`" if name else "the type")
    return syntax.TypeDecl(low.keyword(node), name, type_, doc, node.span)


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
    **dict.fromkeys(("state_declaration", "edge", "target_item"), lower_unknown_item),
    **{kind: NODE_ITEMS[kind] for kind in ("name_item", "routes_item", "send_item", "command_item")},
}
"""The items of a graph; edges, `state` blocks and items of nodes are taken out before the table is asked."""
