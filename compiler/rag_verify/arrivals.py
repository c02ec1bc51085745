"""When joins over declared nodes fire, as the machine has it: by what has arrived in a region, and what can still arrive there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_verify.flow import HOLE, reachable

Arrival = tuple[str, tuple[int, ...]]
"""A source that has arrived, and the joins from whose firing it descends, sorted."""


class Joins:
    """The joins of a graph by their index, and what was seen of them."""

    def __init__(self, graph: ir.Graph) -> None:
        self.joins = graph.joins
        self.fired: set[int] = set()
        self.full: set[int] = set()
        self.skipped: set[tuple[int, str]] = set()
        self.again: set[int] = set()
        self._before: dict[str, list[str]] = {}
        for node in graph.nodes:
            for target in _followers(node):
                self._before.setdefault(target, []).append(node.name)
        self._leading: dict[tuple[int, str], set[str]] = {}

    def arrive(self, arrived: dict[int, set[Arrival]], name: str, colours: frozenset[int]) -> None:
        """An activation of a node has ended."""
        for index, join in enumerate(self.joins):
            if name in join.sources:
                arrived.setdefault(index, set()).add((name, tuple(sorted(colours))))

    def release(
        self,
        arrived: dict[int, set[Arrival]],
        fired: set[int],
        scheduled: Collection[str],
        waited: Collection[str],
        *,
        idle: bool,
    ) -> Iterator[tuple[int, frozenset[int]]]:
        """The joins that fire, each with the joins from whose firing its target then descends."""
        waiting = sorted(arrived)
        ready = [join for join in waiting if self._holds(join, arrived, scheduled, waited)]
        for join in self._without_successors(ready) or (waiting[:1] if idle else []):
            arrivals = arrived.pop(join)
            names = {name for name, _ in arrivals}
            missing = [source for source in self.joins[join].sources if source not in names]
            self.skipped.update((join, source) for source in missing)
            if not missing:
                self.full.add(join)
            if join in fired and not all(join in colours for _, colours in arrivals):
                self.again.add(join)
            fired.add(join)
            self.fired.add(join)
            common = frozenset[int].intersection(*(frozenset(colours) for _, colours in arrivals))
            yield join, common | {join}

    def _holds(
        self, join: int, arrived: dict[int, set[Arrival]], scheduled: Collection[str], waited: Collection[str]
    ) -> bool:
        if any(source in scheduled for source in self.joins[join].sources):
            return False
        names = {name for name, _ in arrived[join]}
        others = (self.joins[other].target for other in arrived if other != join)
        pending = {*scheduled, *waited, *others}
        missing = (source for source in self.joins[join].sources if source not in names)
        return not any(self._leads_to(join, source) & pending for source in missing)

    def _leads_to(self, join: int, source: str) -> set[str]:
        """The nodes that can lead to a source without the join itself."""
        found = self._leading.get((join, source))
        if found is None:
            before = {name: [*names] for name, names in self._before.items()}
            for index, other in enumerate(self.joins):
                if index != join:
                    before.setdefault(other.target, []).extend(other.sources)
            found = self._leading[join, source] = reachable([source], before)
        return found

    def _without_successors(self, ready: list[int]) -> list[int]:
        """Without those a source of which another one is about to start."""
        held: set[int] = set()
        for join in ready:
            others = (other for other in ready if other != join and other not in held)
            if any(self.joins[other].target in self.joins[join].sources for other in others):
                held.add(join)
        return [join for join in ready if join not in held]


def _followers(node: ir.Node) -> Iterator[str]:
    """What a node leads to in its own region, other than by joins over declared nodes."""
    match node.routing:
        case ir.Next(target=target):
            targets = [target]
        case ir.Routes(entries=entries):
            targets = [entry.target for entry in entries]
        case ir.JoinSends(target=target, on_timeout=late):
            targets = [target, *(() if late is None else (late,))]
        case ir.Finish():
            targets = []
    yield from (target for target in targets if target not in (END, HOLE))
    if node.on_error is not None:
        yield node.on_error
    if not isinstance(node.routing, ir.JoinSends):
        yield from (send.target for send in node.sends)
