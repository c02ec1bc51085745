"""Every node can be reached from `start`, and can reach an end.

Exact, with guards taken as free: a node is reported if no choice of routes leads to it, or none leads from it to an end. What
only hangs on a reported node is not reported by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_ir.graph import END
from rag_verify.flow import Flow, components, flow_of, reachable, reversed_edges

MOST_RELATED = 8


def check_reachability(graph: ir.Graph, at: str) -> list[Finding]:
    """The findings on a graph whose names resolve, or are `HOLE`; `at` is its pointer."""
    flow = flow_of(graph)
    follows = {name: tuple(flow.follows(name)) for name in flow.goes}
    reached = reachable((flow.start,), follows)
    places = {node.name: f"{at}/nodes/{index}" for index, node in enumerate(graph.nodes)}
    lost = [node.name for node in graph.nodes if node.name not in reached and not node.implicit]
    return [*_unreachable(lost, follows, flow, places), *_endless(flow, reached, places)]


def _unreachable(
    lost: Sequence[str], follows: Mapping[str, Sequence[str]], flow: Flow, places: Mapping[str, str]
) -> Iterator[Finding]:
    """One finding for each part that nothing leads to, at its first node."""
    order = {name: index for index, name in enumerate(flow.goes)}
    back = reversed_edges(follows)
    inside = set(lost)
    roots: list[tuple[str, list[str]]] = []
    for component in components(lost, follows):
        own = set(component)
        if not any(source in inside and source not in own for name in component for source in back.get(name, ())):
            first = min(component, key=order.__getitem__)
            roots.append((first, _behind(first, follows, inside)))
    for name, behind in sorted(roots, key=lambda root: order[root[0]]):
        yield Finding(
            code="unreachable-node",
            at=places[name],
            message=f"no path from `start` leads to node `{name}`",
            label="never runs",
            help=f"route or send to `{name}` from a node that runs, or remove it",
            related=tuple(Related(places[other], f"`{other}` comes behind it") for other in behind),
        )


def _behind(first: str, follows: Mapping[str, Sequence[str]], inside: set[str]) -> list[str]:
    """The first few nodes of `inside` that a node leads to."""
    seen = {first: None}
    pending = [first]
    for name in pending:
        for target in follows[name]:
            if target in inside and target not in seen and len(seen) <= MOST_RELATED:
                seen[target] = None
                pending.append(target)
    return list(seen)[1:]


def _endless(flow: Flow, reached: set[str], places: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each loop that cannot be left, at its first node."""
    last = [name for name, targets in flow.goes.items() if not targets]
    ending = reachable((END, *last), reversed_edges(flow.goes))
    stuck = [name for name in flow.goes if name in reached and name not in ending]
    order = {name: index for index, name in enumerate(flow.goes)}
    loops: list[list[str]] = []
    for component in components(stuck, flow.goes):
        own = set(component)
        if all(target in own for name in component for target in flow.goes[name]):
            loops.append(sorted(component, key=order.__getitem__))
    for loop in sorted(loops, key=lambda each: order[each[0]]):
        first = loop[0]
        round_ = f"`{first}` routes to itself alone" if len(loop) == 1 else f"{_way(first, flow)} goes round for ever"
        yield Finding(
            code="no-way-to-end",
            at=places[first],
            message=f"no path from node `{first}` leads to an end: {round_}",
            label="never ends",
            help=f"route one of them to `END` when the work is done, as `routes {{ when CONDITION -> END  else -> {_next(first, flow)} }}`",
            related=tuple(Related(places[other], f"`{other}` is in the loop") for other in loop[1 : MOST_RELATED + 1]),
        )


def _next(name: str, flow: Flow) -> str:
    return flow.goes[name][0]


def _way(first: str, flow: Flow) -> str:
    """A shortest way from a node back to itself, as it is shown."""
    before: dict[str, str] = {}
    pending = [first]
    for name in pending:
        for target in flow.goes[name]:
            if target not in before:
                before[target] = name
                pending.append(target)
    way = [first]
    while len(way) == 1 or way[-1] != first:
        way.append(before[way[-1]])
    names = [f"`{name}`" for name in reversed(way)]
    return " -> ".join(names if len(names) <= MOST_RELATED else [*names[:4], "..", *names[-3:]])
