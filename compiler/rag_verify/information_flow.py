"""How far information spreads through a document, and by which way.

Every call of a graph is looked at by itself, so that what one caller gives does not come out at another; where there are more than
`MOST_CALLS` of them, each graph is looked at once, for all of its callers together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag_ir.graph import Document
from rag_ir.record import record
from rag_verify.information_points import ANY, WHOLE, GraphPoints, Point, graph_points

MOST_CALLS = 1000

Spot = tuple[int, Point]
"""A point of a call, which is numbered. Stores belong to all calls, and have the number -1."""


@record
class Call:
    """A graph as somebody runs it: on its own, or from nodes of other calls."""

    graph: str
    callers: tuple[tuple[int, str], ...]


@record
class Spread:
    """Where one kind of information is: each spot with the one before it on a shortest way, null where it begins."""

    found: Mapping[Spot, Spot | None]

    def way(self, spot: Spot) -> list[Spot]:
        """The way to a spot, its beginning first."""
        way = [spot]
        while (before := self.found[way[-1]]) is not None:
            way.append(before)
        return way[::-1]


class Information:
    """A document's graphs and their calls. `roots` are the graphs that are run on their own."""

    def __init__(self, document: Document, roots: Sequence[str]) -> None:
        self.document = document
        self.points: dict[str, GraphPoints] = {
            name: graph_points(graph, document) for name, graph in document.graphs.items()
        }
        self.calls, self._called = _calls(self.points, roots)
        self._keepers: dict[str, list[Spot]] = {}
        for number, call in enumerate(self.calls):
            for point, targets in self.points[call.graph].edges.items():
                if point[0] == "store":
                    self._keepers.setdefault(str(point[2]), []).extend((number, target) for target in targets)

    def spread(self, sources: Iterable[Spot]) -> Spread:
        """Everything that information from some spots reaches."""
        found: dict[Spot, Spot | None] = dict.fromkeys(sources)
        pending = list(found)
        for spot in pending:
            for target in self._targets(spot):
                if target not in found:
                    found[target] = spot
                    pending.append(target)
        return Spread(found)

    def _targets(self, spot: Spot) -> Iterator[Spot]:
        number, point = spot
        kind, node, name = point
        if kind == "store":
            yield from self._keepers[str(name)]
            return
        points = self.points[self.calls[number].graph]
        for target in points.edges.get(point, ()):
            yield (-1 if target[0] == "store" else number), target
        if kind in ("call", "fork") and (number, node) in self._called:
            yield from self._into(self._called[number, node], kind, str(name))
        elif kind == "result":
            for caller, at in self.calls[number].callers:
                yield caller, ("made", at, name)
                if name not in (WHOLE, ANY):
                    yield caller, ("made", at, ANY)

    def _into(self, number: int, kind: str, name: str) -> Iterator[Spot]:
        graph = self.points[self.calls[number].graph].graph
        if kind == "fork":
            if graph.messages is not None:
                yield number, ("state", graph.start, (graph.messages,))
        elif name != ANY:
            yield number, ("input", "", name)
            yield number, ("input", "", ANY)


def _calls(points: Mapping[str, GraphPoints], roots: Sequence[str]) -> tuple[list[Call], Mapping[tuple[int, str], int]]:
    """The calls, the roots' first, and which one a node of a call makes."""
    calls = [Call(name, ()) for name in roots if name in points]
    called: dict[tuple[int, str], int] = {}
    for number, call in enumerate(calls):
        for node, graph in points[call.graph].calls.items():
            if graph in points:
                called[number, node] = len(calls)
                calls.append(Call(graph, ((number, node),)))
        if len(calls) > MOST_CALLS:
            return _shared(points)
    return calls, called


def _shared(points: Mapping[str, GraphPoints]) -> tuple[list[Call], Mapping[tuple[int, str], int]]:
    """One call of each graph, for everybody."""
    numbers = {name: number for number, name in enumerate(points)}
    callers: dict[str, list[tuple[int, str]]] = {name: [] for name in points}
    called: dict[tuple[int, str], int] = {}
    for name, graph in points.items():
        for node, target in graph.calls.items():
            if target in points:
                callers[target].append((numbers[name], node))
                called[numbers[name], node] = numbers[target]
    return [Call(name, tuple(callers[name])) for name in points], called
