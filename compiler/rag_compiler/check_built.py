"""Refuse what the language has and no IR can say yet, at the item's keyword, or at the value that asks for it.

What the IR can say and no run can do is refused by `rag_verify.unbuilt`.
"""

from __future__ import annotations

from collections.abc import Container

from rag_compiler import hir, syntax
from rag_compiler.kinds import AGENT_ITEMS, GRAPH_ITEMS, JOIN_OPTIONS, KINDS, MODES, NODE_ITEMS
from rag_compiler.resolve_expressions import distinct
from rag_compiler.resolve_policies import written_name
from rag_compiler.sink import Sink
from rag_compiler.words.names import unknown_key
from rag_compiler.words.values import not_built, not_one_of

UNBUILT = {
    "budget": "bound the run with `max_turns`, `max_visits` and `defaults { recursion_limit: .. }`",
    "cache": "without it every call is made",
    "steering": "without it nobody can steer the node while it runs",
    "human": "without it nobody can steer the node while it runs",
    "parent": "without it nobody can steer the node while it runs",
    "stores": "keep what later nodes need in channels",
    "middleware": "without it the node's calls are not wrapped",
    "allow": "a graph may name everything in the registry; leave out of the manifest what it may not",
}
"""Items that are refused wherever they stand, and what works instead."""

BUILT_MODES = {"checkpoint": ("every", "inherit"), "interrupt": ("manual",)}


def check_graph_built(graph: hir.Graph, sink: Sink) -> None:
    """The items of a graph, and the options of its joins."""
    for item in graph.syntax.items:
        match item:
            case syntax.RefItem(keyword, syntax.Name() as mode) if keyword.text in MODES:
                _mode(keyword.text, mode, sink)
            case syntax.GraphJoin():
                for pair in distinct(item.options, sink):
                    _graph_join_option(pair, sink)
            case syntax.Node() | syntax.Channel() | syntax.Edge():
                pass
            case _:
                _refuse(item, "a graph", GRAPH_ITEMS, sink)


def check_agent_built(agent: syntax.Agent, sink: Sink) -> None:
    """The items of an agent."""
    for item in agent.items:
        _refuse(item, "an agent", AGENT_ITEMS, sink)


def check_node_built(node: hir.Node, sink: Sink) -> None:
    """The items of a node."""
    legal = NODE_ITEMS if isinstance(node.behaviour, hir.UnknownNode) else KINDS[node.kind].items
    for item in node.syntax.items:
        match item:
            case syntax.RefItem(keyword, syntax.Name() as mode) if keyword.text == "checkpoint":
                _mode("checkpoint", mode, sink)
            case syntax.Edge():
                pass
            case _:
                _refuse(item, "a node", legal, sink)


def _refuse(item: syntax.Item, owner: str, legal: Container[str], sink: Sink) -> None:
    if isinstance(item, syntax.Edge | syntax.UnknownItem):
        return
    word = item.keyword.text
    if word in UNBUILT and word in legal:
        sink.add(not_built(sink.at(item.keyword.span), f"`{word}` of {owner}", UNBUILT[word]))


def _mode(word: str, mode: syntax.Name, sink: Sink) -> None:
    place = sink.at(mode.span)
    if mode.text in BUILT_MODES[word]:
        return
    if mode.text in MODES[word]:
        sink.add(
            not_built(place, f"`{word} {mode.text}`", f"`{word} {BUILT_MODES[word][0]}` is what this version does")
        )
    else:
        sink.add(not_one_of(place, word, mode.text, MODES[word]))


def _graph_join_option(pair: syntax.Pair, sink: Sink) -> None:
    """A join over declared nodes waits for all of them, and can say so."""
    place, word = sink.at(pair.key.span), pair.key.text
    if word not in JOIN_OPTIONS:
        sink.add(unknown_key(place, word, "`join`", JOIN_OPTIONS))
        return
    name = written_name(pair.value)
    if word != "wait" or name is None or name.text != "all":
        instead = "it waits for every source that can still arrive"
        sink.add(not_built(place, f"`{word}` of a join in a graph", instead))
