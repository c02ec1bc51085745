"""Everything that is proved of one graph: the analyses of its control flow, which share one map of it and its supersteps."""

from __future__ import annotations

from rag_ir import graph as ir
from rag_ir.finding import Finding
from rag_verify.accesses import World
from rag_verify.children import check_children
from rag_verify.conflicts import check_conflicts
from rag_verify.joins import check_joins
from rag_verify.reachability import check_reachability
from rag_verify.supersteps import Supersteps
from rag_verify.ways import map_of


def check_graph(graph: ir.Graph, at: str, world: World) -> list[Finding]:
    """The findings on a graph whose names resolve, or are holes; `at` is its pointer."""
    known = map_of(graph, at)
    steps = Supersteps(graph)
    return [
        *check_joins(graph, at),
        *check_children(graph, at),
        *check_reachability(graph, at),
        *check_conflicts(known, steps, world),
    ]
