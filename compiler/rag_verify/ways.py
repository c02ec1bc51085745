"""How a fact about a whole graph is shown: the way that leads to it, step by step, each with its pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from rag_ir import graph as ir
from rag_ir.finding import Related
from rag_ir.record import record
from rag_verify.flow import Flow, flow_of, reachable, way_to

MOST_STEPS = 8


@record
class Map:
    """A graph at a pointer, with what every analysis asks of it. `reached`: the nodes that some run comes to."""

    graph: ir.Graph
    at: str
    nodes: Mapping[str, ir.Node]
    places: Mapping[str, str]
    flow: Flow
    follows: Mapping[str, tuple[str, ...]]
    reached: frozenset[str]

    def way(self, target: str) -> list[str]:
        """A shortest way from the start to a node."""
        return way_to(self.graph.start, target, self.follows)

    def steps_to(self, target: str) -> list[Related]:
        """The same, as it is shown; without the node itself."""
        return self.shown(self.way(target))[:-1]

    def shown(self, way: Sequence[str]) -> list[Related]:
        """A way through the graph, from its start."""
        steps = [self.step(name, how) for name, how in zip(way, _hows(way, self), strict=True)]
        return steps if len(steps) <= MOST_STEPS else [*steps[:2], *steps[2 - MOST_STEPS :]]

    def step(self, name: str, message: str) -> Related:
        """One step, at a node."""
        return Related(self.places.get(name, self.at), message)


def map_of(graph: ir.Graph, at: str) -> Map:
    """The map of a graph whose names resolve, or are holes; `at` is its pointer."""
    flow = flow_of(graph)
    follows = {name: tuple(flow.follows(name)) for name in flow.goes}
    return Map(
        graph=graph,
        at=at,
        nodes={node.name: node for node in graph.nodes},
        places={node.name: f"{at}/nodes/{index}" for index, node in enumerate(graph.nodes)},
        flow=flow,
        follows=follows,
        reached=frozenset(reachable((flow.start,), follows)),
    )


def _hows(way: Sequence[str], known: Map) -> list[str]:
    hows = [f"the run starts at `{way[0]}`"] if way else []
    for before, name in pairwise(way):
        node = known.nodes.get(before)
        sent = node is not None and any(send.target == name for send in node.sends)
        joined = node is not None and isinstance(node.routing, ir.JoinSends) and node.routing.target == name
        how = "sends to" if sent else "joins its children in" if joined else "leads to"
        hows.append(f"`{before}` {how} `{name}`")
    return hows
