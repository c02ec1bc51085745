"""Facts about one graph that no single item shows: its counts, its conversation."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler import hir
from rag_compiler.kinds import MOST_CHANNELS, MOST_NODES
from rag_compiler.sink import Sink
from rag_compiler.words.structure import duplicate_item, missing_item, second_conversation
from rag_compiler.words.values import bad_value, over_limit


def check_graph(graph: hir.Graph, agents: Mapping[str, hir.Agent], sink: Sink) -> None:
    """Limits of the graph, one conversation, and tools for its executors."""
    if len(graph.nodes) > MOST_NODES:
        sink.add(over_limit(sink.at(graph.name.span), f"graph `{graph.name.name}` has more than {MOST_NODES} nodes"))
    if len(graph.channels) > MOST_CHANNELS:
        message = f"graph `{graph.name.name}` has more than {MOST_CHANNELS} channels"
        sink.add(over_limit(sink.at(graph.name.span), message))
    _check_conversation(graph, sink)
    _check_joins(graph, sink)
    if not offered_tools(graph, agents):
        for node in graph.nodes.values():
            if isinstance(node.behaviour, hir.ExecutorNode) and node.behaviour.tools is None:
                owner = f"node `{node.name.name}` of kind `tool_executor`"
                help_ = 'add `tools ["NAME"]`; no node of the graph offers tools to a model'
                sink.add(missing_item(sink.at(node.name.span), owner, "tools", help_))


def _check_conversation(graph: hir.Graph, sink: Sink) -> None:
    first: hir.Ref | None = None
    for channel in graph.channels.values():
        if channel.reducer and channel.reducer.name == "messages":
            if first is None:
                first = channel.name
            else:
                place = sink.at(channel.reducer.span)
                sink.add(second_conversation(place, channel.name.name, first.name, sink.at(first.span)))


def _check_joins(graph: hir.Graph, sink: Sink) -> None:
    """Report a join that repeats another, and one that waits for nothing."""
    first: dict[tuple[str, frozenset[str]], hir.GraphJoin] = {}
    for join in graph.joins:
        if not join.sources:
            sink.add(bad_value(sink.at(join.keyword), "`join` names no sources", "write `join [a, b] -> c`"))
        names = frozenset(source.name for source in join.sources if isinstance(source, hir.Ref))
        if not isinstance(join.target, hir.Ref) or len(names) < len(join.sources):
            continue
        before = first.setdefault((join.target.name, names), join)
        if before is not join:
            sink.add(duplicate_item(sink.at(join.keyword), "join", "a graph", sink.at(before.keyword)))


def joined_nodes(graph: hir.Graph) -> set[str]:
    """The nodes that joins of the graph, or of its nodes, name as their target."""
    targets = [join.target for join in graph.joins]
    targets += [to.target for node in graph.nodes.values() for to in node.routings if isinstance(to, hir.JoinSends)]
    return {target.name for target in targets if isinstance(target, hir.Ref)}


def offered_tools(graph: hir.Graph, agents: Mapping[str, hir.Agent]) -> tuple[hir.Target, ...]:
    """The tools that the graph's model-driven nodes offer, each once, sorted by name."""
    tools: dict[str, hir.Target] = {}
    for node in graph.nodes.values():
        match node.behaviour:
            case hir.ModelNode(agent=hir.Ref(name)) if name in agents:
                offered = agents[name].tools
            case hir.ModelNode(tools=offered):
                pass
            case _:
                offered = ()
        for tool in offered:
            tools.setdefault(tool.name if isinstance(tool, hir.Ref) else "", tool)
    return tuple(tools[name] for name in sorted(tools))
