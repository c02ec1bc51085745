"""The fewest calls with which a run of a graph can finish: guards are free, lists may be empty, and what may fail may fail at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from rag_ir import graph as ir
from rag_ir.graph import END, Document
from rag_ir.record import record


@record
class Least:
    """The fewest calls of models and of tools; each by itself."""

    model_calls: int
    tool_calls: int


def least_calls(document: Document, graph: str) -> Least | None:
    """The fewest calls; null where no way leads to an end, or graphs call each other without one."""
    counts = [_least(document, graph, tools, ()) for tools in (False, True)]
    models, tools = counts
    return None if models is None or tools is None else Least(models, tools)


def _least(document: Document, name: str, tools: bool, inside: tuple[str, ...]) -> int | None:
    graph = document.graphs.get(name)
    if graph is None or name in inside:
        return None
    nodes = {node.name: node for node in graph.nodes}
    own = {node.name: _own(document, node, tools, (*inside, name)) for node in graph.nodes}
    return _way(graph.start, nodes, own)


def _own(document: Document, node: ir.Node, tools: bool, inside: tuple[str, ...]) -> int:
    """The fewest calls of an activation that succeeds. An agent may answer without any tool."""
    match node.behaviour:
        case ir.ModelCall() | ir.Subagent():
            return 0 if tools or node.cache is not None else 1
        case ir.ToolCall():
            return 1 if tools and node.cache is None else 0
        case ir.Subgraph(graph=graph):
            return _least(document, graph, tools, inside) or 0
        case _:
            return 0


def _way(start: str, nodes: Mapping[str, ir.Node], own: Mapping[str, int]) -> int | None:
    """The cheapest way from a node to an end (Dijkstra's algorithm)."""
    best: dict[str, int] = {start: 0}
    pending = [(0, start)]
    while pending:
        spent, name = heappop(pending)
        if name == END:
            return spent
        if name not in nodes or spent > best[name]:
            continue
        for target, cost in _steps(nodes[name], nodes, own):
            if spent + cost < best.get(target, spent + cost + 1):
                best[target] = spent + cost
                heappush(pending, (spent + cost, target))
    return None


def _steps(node: ir.Node, nodes: Mapping[str, ir.Node], own: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Where a node leads, and the fewest calls on the way: none where it may fail first."""
    cost = own[node.name]
    match node.routing:
        case ir.Finish():
            yield END, cost
        case ir.Next(target=target):
            yield target, cost
        case ir.Routes(entries=entries):
            for entry in entries:
                fails = entry.label in ("error", "failed") or (entry.label is None and entry.when is None)
                yield entry.target, 0 if fails else cost
        case ir.JoinSends(target=target, on_timeout=handler):
            yield target, cost + _children(node, node.routing, nodes, own)
            if handler is not None:
                yield handler, cost
    if node.on_error is not None:
        yield node.on_error, 0


def _children(node: ir.Node, routing: ir.JoinSends, nodes: Mapping[str, ir.Node], own: Mapping[str, int]) -> int:
    """What children must spend before their join holds."""
    if routing.wait not in ("all", "compare"):
        return 0
    needed = [send for send in node.sends if send.each is None and send.blocking and not send.optional]
    return sum(own[send.target] for send in needed if send.target in nodes and nodes[send.target].implicit)
