"""What a run of a graph can cost at most, where the cost of one activation of each node is known.

A branch is followed for as many steps as the recursion limit allows: at each node what it costs, what the children that it sends to
can cost, the joins of the graph that it may fire, and the most expensive of the ways on. So alternatives are never added up. A join
of the graph is counted for each arrival of each of its sources, which is more than it can fire; the handler of a node, beside its
other ways, for each branch of the children that it does not join.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_ir.record import record
from rag_verify.amounts import ZERO, Amounts, Bound, highest, plus, product

ONE = Bound(1)
MOST_STEPS = 400_000
"""So many edges are walked for one amount; past that, nothing is said of it."""


@record
class _Way:
    """What follows a node: children with how many of each there may be, joins of the graph, and where the branch goes on.

    `handler` takes each failure of a child that nobody joins; without such children it is null.
    """

    children: tuple[tuple[str, Bound], ...]
    fired: tuple[str, ...]
    goes: tuple[str, ...]
    handler: str | None


def runs_of(graph: ir.Graph, max_fanout: int | None, each: Mapping[str, Amounts]) -> Amounts:
    """The bounds of one run; nodes that are not in `each` cost nothing."""
    ways = _ways(graph, max_fanout)
    ends = _most(graph, ways, {name: ONE for name, way in ways.items() if not way.goes}, None)
    return Amounts(
        *(
            _most(graph, ways, {node: getattr(amounts, name) for node, amounts in each.items()}, ends)[graph.start]
            for name in Amounts.names()
        )
    )


def _most(
    graph: ir.Graph, ways: Mapping[str, _Way], own: Mapping[str, Bound], ends: Mapping[str, Bound] | None
) -> Mapping[str, Bound]:
    """By node, the most that a branch costs which begins there. `ends` are the branches that may end below a node."""
    most = dict.fromkeys(ways, ZERO)
    if all(bound.most == 0 for bound in own.values()):
        return most
    edges = sum(1 + len(way.children) + len(way.fired) + len(way.goes) for way in ways.values())
    for step in range(graph.recursion_limit):
        if step * edges > MOST_STEPS:
            return dict.fromkeys(ways, Bound(None, (f"graph `{graph.name}` may take too many steps to count",)))
        before, most = most, {}
        for name, way in ways.items():
            bound = own.get(name, ZERO)
            for child, count in way.children:
                bound = plus(bound, product(before[child], count))
                if way.handler is not None:
                    failing = count if ends is None else product(ends[child], count)
                    bound = plus(bound, product(before[way.handler], failing))
            for target in way.fired:
                bound = plus(bound, before[target])
            most[name] = plus(bound, highest(before[target] for target in way.goes))
        if most == before:
            break
    return most


def _ways(graph: ir.Graph, max_fanout: int | None) -> dict[str, _Way]:
    names = {node.name for node in graph.nodes}

    def handler(node: ir.Node) -> str | None:
        apart = not isinstance(node.routing, ir.JoinSends) or any(not send.blocking for send in node.sends)
        return node.on_error if apart and node.sends and node.on_error in names else None

    return {
        node.name: _Way(
            tuple((send.target, _count(node, send, max_fanout)) for send in node.sends if send.target in names),
            tuple(join.target for join in graph.joins if node.name in join.sources and join.target in names),
            tuple(dict.fromkeys(target for target in _targets(node) if target in names)),
            handler(node),
        )
        for node in graph.nodes
    }


def _count(node: ir.Node, send: ir.Send, max_fanout: int | None) -> Bound:
    if send.each is None:
        return Bound(1)
    limits = [limit for limit in (send.max, max_fanout) if limit is not None]
    if limits:
        return Bound(min(limits))
    return Bound(None, (f"`each` in `{node.name}` has no `max`",))


def _targets(node: ir.Node) -> list[str | None]:
    """Where the branch of a node goes on; one of them in each run."""
    match node.routing:
        case ir.Finish():
            return [node.on_error]
        case ir.Next(target=target):
            return [target, node.on_error]
        case ir.Routes(entries=entries):
            return [*(entry.target for entry in entries if entry.target != END), node.on_error]
        case ir.JoinSends(target=target, on_timeout=handler):
            return [target, handler, node.on_error]
