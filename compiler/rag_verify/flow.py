"""The control flow of one graph: which node can follow which, and the parts of it that go round.

One core for every analysis. Guards are free: a route may be taken whenever its node ends. Everything here is linear in nodes and
edges, and walks without recursion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_ir.record import record

HOLE = "?"
"""Stands for a name that did not resolve, in a graph that is still being written: it may lead anywhere. No node is called so."""


@record
class Flow:
    """`goes`: where a branch goes on to, `END` included. `starts`: what else runs because a node ran: children, join targets.

    Both hold every node, in declaration order, and `HOLE` as one that leads everywhere; each follower once.
    """

    start: str
    goes: Mapping[str, tuple[str, ...]]
    starts: Mapping[str, tuple[str, ...]]

    def follows(self, name: str) -> Iterator[str]:
        """Every node that can run because this one ran."""
        yield from (target for target in self.goes[name] if target != END)
        yield from self.starts[name]


def flow_of(graph: ir.Graph) -> Flow:
    """The control flow of a graph; a name that does not resolve is a hole."""
    everything = tuple(node.name for node in graph.nodes)
    names = frozenset(everything)
    joins: dict[str, list[str]] = {}
    for join in graph.joins:
        for source in join.sources:
            joins.setdefault(graph.start if source == HOLE else source, []).append(join.target)

    def known(targets: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(target if target in names or target == END else HOLE for target in targets))

    goes = {node.name: known(_targets(node)) for node in graph.nodes}
    starts = {
        node.name: known((*(send.target for send in node.sends), *joins.get(node.name, ()))) for node in graph.nodes
    }
    goes[HOLE] = (*everything, END)
    starts[HOLE] = ()
    return Flow(graph.start, goes, starts)


def _targets(node: ir.Node) -> Iterator[str]:
    match node.routing:
        case ir.Finish():
            yield END
        case ir.Next(target=target):
            yield target
        case ir.JoinSends(target=target, on_timeout=late):
            yield target
            if late is not None:
                yield late
        case ir.Routes(entries=entries):
            yield from (entry.target for entry in entries)
    if node.on_error is not None:
        yield node.on_error


def reachable(roots: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that the roots lead to, themselves included."""
    seen = set(roots)
    pending = list(seen)
    while pending:
        for target in edges.get(pending.pop(), ()):
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return seen


def way_to(root: str, target: str, edges: Mapping[str, Iterable[str]]) -> list[str]:
    """A shortest way from `root` to `target`, both included; empty if there is none."""
    before = {root: root}
    pending = [root]
    for name in pending:
        if name == target:
            break
        for after in edges.get(name, ()):
            if after not in before:
                before[after] = name
                pending.append(after)
    if target not in before:
        return []
    way = [target]
    while way[-1] != root:
        way.append(before[way[-1]])
    return way[::-1]


def reversed_edges(edges: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The edges the other way round."""
    back: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            back.setdefault(target, []).append(source)
    return back


def components(names: Iterable[str], edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected components of the graph on `names`, each after those it leads to (Tarjan's algorithm)."""
    inside = dict.fromkeys(names)
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    found: list[list[str]] = []
    for root in inside:
        if root in index:
            continue
        work = [(root, _enter(root, edges, index, low, path, on_path))]
        while work:
            name, targets = work[-1]
            for target in targets:
                if target not in inside:
                    continue
                if target not in index:
                    work.append((target, _enter(target, edges, index, low, path, on_path)))
                    break
                if target in on_path:
                    low[name] = min(low[name], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    found.append(_leave(name, path, on_path))
    return found


def _enter(
    name: str,
    edges: Mapping[str, Iterable[str]],
    index: dict[str, int],
    low: dict[str, int],
    path: list[str],
    on_path: set[str],
) -> Iterator[str]:
    index[name] = low[name] = len(index)
    path.append(name)
    on_path.add(name)
    return iter(edges.get(name, ()))


def _leave(name: str, path: list[str], on_path: set[str]) -> list[str]:
    """Take a finished component off the path."""
    component: list[str] = []
    while name in on_path:
        component.append(path.pop())
        on_path.discard(component[-1])
    return component[::-1]
