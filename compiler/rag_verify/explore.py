"""Every situation that a graph with joins over declared nodes can come to, one superstep after another.

Such a join fires by what has arrived and by what can still arrive, so its supersteps hang on all branches at once. A situation is
what is active, what children and joins of children are waited for, and what has arrived, in each region; what follows it is what
the machine does at a boundary, with every choice of routes, of `on_error` where a node has one, and of 0, 1 or 2 children of an
`each`. Exact up to that; failures that nobody catches in their own branch, and what is not waited for, are left out. A graph with
more than `MOST` situations is not explored.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import cast

from rag_ir import graph as ir
from rag_ir.record import field, mutable, record
from rag_verify.arrivals import Arrival, Joins
from rag_verify.supersteps import Site, Supersteps

MOST = 300
MOST_CHOICES = 1_000

Act = tuple[Site, frozenset[int]]
"""An activation, and the joins from whose firing it descends."""


@mutable
class Scope:
    """A tree of activations: the run, a child that a join waits for (then it is a region), or one that nobody joins."""

    acts: list[Act]
    region: Scope | None = None
    loose: list[Scope] = field(default_factory=list["Scope"])
    groups: list[Group] = field(default_factory=list["Group"])
    arrived: dict[int, set[Arrival]] = field(default_factory=dict[int, set[Arrival]])
    fired: set[int] = field(default_factory=set[int])

    @property
    def own_region(self) -> Scope:
        """The nearest tree around it that somebody waits for as a whole."""
        return self if self.region is None else self.region

    @property
    def live(self) -> bool:
        """Whether anything goes on in it."""
        return bool(self.acts or self.loose or self.groups)

    def inside(self) -> Iterator[Scope]:
        """The tree, and those in it that belong to its region."""
        yield self
        for child in self.loose:
            yield from child.inside()


@mutable
class Group:
    """Children that one sender joins; `ended` have ended."""

    sender: str
    colours: frozenset[int]
    children: list[Scope]
    ended: int = 0


@record
class Explored:
    """What was seen. `full`: by join, whether it fired with every source. `skipped`: the sources that it fired without.

    `again`: joins that fired again by a source that was not behind their own target. `pairs`: sites of one superstep.
    """

    fired: frozenset[int]
    full: frozenset[int]
    skipped: frozenset[tuple[int, str]]
    again: frozenset[int]
    pairs: frozenset[tuple[Site, Site]]


def explore(graph: ir.Graph, steps: Supersteps) -> Explored | None:
    """What the graph's runs come to; null if there is too much of it."""
    explorer = _Explorer(graph, steps)
    return explorer.seen() if explorer.run() else None


class _Explorer:
    def __init__(self, graph: ir.Graph, steps: Supersteps) -> None:
        self.graph = graph
        self.steps = steps
        self.joins = Joins(graph)
        self.pairs: set[tuple[Site, Site]] = set()
        self.spent = 0
        self.choices: dict[str, list[tuple[str | None, tuple[Site, ...]]]] = {}

    def run(self) -> bool:
        """Whether everything was seen."""
        start = Scope([((self.graph.start, ""), frozenset())])
        known = {frozen(start)}
        pending = [frozen(start)]
        for step in range(1, self.steps.limit + 1):
            later: list[Frozen] = []
            for situation in pending:
                self.note(situation)
                for after in self.after(situation) if step < self.steps.limit else ():
                    if after not in known:
                        known.add(after)
                        later.append(after)
                if self.spent > MOST_CHOICES or len(known) > MOST:
                    return False
            pending = later
        return True

    def note(self, situation: Frozen) -> None:
        """What is active together."""
        sites = [site for _, (site, _) in _all_acts(thawed(situation))]
        self.pairs.update((one, other) for at, one in enumerate(sites) for other in sites[at + 1 :])

    def seen(self) -> Explored:
        joins = self.joins
        return Explored(
            frozenset(joins.fired),
            frozenset(joins.full),
            frozenset(joins.skipped),
            frozenset(joins.again),
            frozenset(self.pairs),
        )

    def after(self, situation: Frozen) -> Iterator[Frozen]:
        options = [self.options(site[0]) for _, (site, _) in _all_acts(thawed(situation))]
        for moves in islice(product(*options), MOST_CHOICES + 1 - self.spent):
            self.spent += 1
            root = thawed(situation)
            places = _all_acts(root)
            for scope, _ in places:
                scope.acts = []
            for (scope, (site, colours)), (target, sent) in zip(places, moves, strict=True):
                self.move(scope, site[0], colours, target, sent)
            self.settle(root)
            if root.live:
                yield frozen(root)

    # ---- one activation ----------------------------------------------------------------------------------------------

    def options(self, name: str) -> list[tuple[str | None, tuple[Site, ...]]]:
        """Where a node may go on to (null: its branch ends, or its join waits), and what it then sends."""
        if name not in self.choices:
            node = self.steps.nodes.get(name)
            self.choices[name] = [(None, ())] if node is None else [*self._options(node)]
        return self.choices[name]

    def _options(self, node: ir.Node) -> Iterator[tuple[str | None, tuple[Site, ...]]]:
        targets: list[str | None] = [*self.steps.routes(node.name)]
        if isinstance(node.routing, ir.JoinSends) or self.steps.may_end(node.name):
            targets.append(None)
        counts = [
            range(3) if send.each is not None and send.max != 1 else range(int(send.each is None), 2)
            for send in node.sends
        ]
        for target in targets:
            for numbers in product(*counts):
                sites = (self.steps.sent(node.name, index) for index in range(len(node.sends)))
                yield target, tuple(site for site, number in zip(sites, numbers, strict=True) for _ in range(number))
        for target in self.steps.failing(node.name):
            yield target, ()

    def move(
        self, scope: Scope, name: str, colours: frozenset[int], target: str | None, sent: tuple[Site, ...]
    ) -> None:
        """As the machine does when an activation has ended."""
        self.joins.arrive(scope.own_region.arrived, name, colours)
        node = self.steps.nodes.get(name)
        if node is not None and isinstance(node.routing, ir.JoinSends) and target is None:
            scope.groups.append(Group(name, colours, [Scope([(site, colours)]) for site in sent]))
            return
        scope.loose += (Scope([(site, colours)], scope.own_region) for site in sent)
        if target is not None:
            same = next((each for each in scope.acts if each[0] == (target, "")), None)
            if same is not None:
                scope.acts.remove(same)
                colours &= same[1]
            scope.acts.append(((target, ""), colours))

    # ---- the boundary ------------------------------------------------------------------------------------------------

    def settle(self, scope: Scope) -> None:
        """What has ended is taken away, what waited for it starts, and joins fire."""
        for child in scope.loose:
            self.settle(child)
        scope.loose = [child for child in scope.loose if child.live]
        for group in [*scope.groups]:
            for child in group.children:
                self.settle(child)
            group.ended += sum(not child.live for child in group.children)
            group.children = [child for child in group.children if child.live]
            if self.holds(group):
                routing = self.steps.nodes[group.sender].routing
                assert isinstance(routing, ir.JoinSends)
                scope.groups.remove(group)
                scope.acts.append(((routing.target, ""), group.colours))
        if scope.region is None:
            self.release(scope)

    def holds(self, group: Group) -> bool:
        routing = self.steps.nodes[group.sender].routing
        assert isinstance(routing, ir.JoinSends)
        if routing.wait in ("race", "fallback", "quorum"):
            return not group.children or group.ended >= (routing.quorum or 1)
        return not group.children

    def release(self, region: Scope) -> None:
        """The joins that fire in a region at this boundary."""
        scopes = [*region.inside()]
        scheduled = {site[0] for scope in scopes for site, _ in scope.acts}
        waited: set[str] = set()
        for scope in scopes:
            for group in scope.groups:
                node = self.steps.nodes[group.sender]
                assert isinstance(node.routing, ir.JoinSends)
                waited.update((node.routing.target, *(() if node.on_error is None else (node.on_error,))))
        for join, colours in self.joins.release(region.arrived, region.fired, scheduled, waited, idle=not region.live):
            region.acts.append(((self.graph.joins[join].target, ""), colours))


def _all_acts(scope: Scope) -> list[tuple[Scope, Act]]:
    """Every activation, in the order of the tree."""
    found = [(scope, act) for act in scope.acts]
    for child in scope.loose:
        found += _all_acts(child)
    for group in scope.groups:
        for child in group.children:
            found += _all_acts(child)
    return found


Frozen = tuple[object, ...]
_Parts = tuple[
    tuple[tuple[Site, tuple[int, ...]], ...],
    tuple[Frozen, ...],
    tuple[tuple[str, tuple[int, ...], int, tuple[Frozen, ...]], ...],
    tuple[tuple[int, tuple[Arrival, ...]], ...],
    tuple[int, ...],
]


def frozen(scope: Scope) -> Frozen:
    """A situation as a value: the same for what differs in nothing but its order."""
    return (
        tuple(sorted((site, tuple(sorted(colours))) for site, colours in scope.acts)),
        tuple(sorted(frozen(child) for child in scope.loose)),
        tuple(
            sorted(
                (
                    (
                        group.sender,
                        tuple(sorted(group.colours)),
                        group.ended,
                        tuple(sorted(map(frozen, group.children))),
                    )
                    for group in scope.groups
                ),
            )
        ),
        tuple(sorted((join, tuple(sorted(arrived))) for join, arrived in scope.arrived.items())),
        tuple(sorted(scope.fired)),
    )


def thawed(value: Frozen, region: Scope | None = None) -> Scope:
    """A situation to go on from."""
    acts, loose, groups, arrived, fired = cast("_Parts", value)
    scope = Scope([(site, frozenset(colours)) for site, colours in acts], region)
    scope.loose = [thawed(child, scope.own_region) for child in loose]
    scope.groups = [
        Group(sender, frozenset(colours), [thawed(child) for child in children], ended)
        for sender, colours, ended, children in groups
    ]
    scope.arrived = {join: set(sources) for join, sources in arrived}
    scope.fired = set(fired)
    return scope


__all__ = ["Explored", "explore"]
