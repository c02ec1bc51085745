"""Everything that is proved of one graph: the analyses of its control flow, which share one map of it and its supersteps."""

from __future__ import annotations

from rag_ir import graph as ir
from rag_ir.finding import Finding
from rag_verify.accesses import World
from rag_verify.caches import check_caches
from rag_verify.children import check_children
from rag_verify.effects import check_effects
from rag_verify.interrupts import check_interrupts
from rag_verify.joins import check_joins
from rag_verify.loops import check_loops
from rag_verify.outputs import check_outputs
from rag_verify.reachability import check_reachability
from rag_verify.reads import check_channels
from rag_verify.supersteps import Supersteps
from rag_verify.ways import Map, map_of


def check_graph(graph: ir.Graph, at: str, world: World, *, whole: bool = True) -> list[Finding]:
    """The findings on a graph whose names resolve, or are holes; `at` is its pointer.

    Of one that is not `whole`, something in which is broken and reported, nothing is said that what is missing could disprove.
    """
    known = map_of(graph, at)
    steps = Supersteps(graph)
    found = [
        *check_joins(graph, at),
        *check_caches(graph, at, world),
        *check_children(graph, at),
        *check_reachability(graph, at),
        *_check_branches(known, steps, world),
        *check_interrupts(known, world),
        *check_effects(known, world),
    ]
    if whole:
        found += check_loops(known, world)
        found += check_channels(known, steps, world)
        found += check_outputs(known, world)
    return found


def _check_branches(known: Map, steps: Supersteps, world: World) -> list[Finding]:
    """What only a graph can break that has more than one branch: others do not load it."""
    graph = known.graph
    if not graph.joins and not any(node.sends for node in graph.nodes):
        return []
    from rag_verify.conflicts import check_conflicts
    from rag_verify.losers import check_losers

    found = check_losers(known, steps, world)
    if not graph.joins:
        return [*check_conflicts(known, steps, world), *found]
    from rag_verify.declared_joins import check_declared_joins
    from rag_verify.explore import explore

    seen = explore(graph, steps)
    return [*check_conflicts(known, steps, world, seen), *check_declared_joins(known, seen), *found]
