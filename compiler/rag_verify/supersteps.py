"""The supersteps in which the nodes of a graph may be active.

Branches go on in step: what a node leads to runs one superstep later, and the target of a join one superstep after the last of
its children. So for each activation that begins something, the supersteps in which each node behind it may run are known exactly,
with guards and failures taken as free. The exceptions err on the side of more: the children of `quorum` and `fallback` may end at
any time between the first and the last, and a join that times out at any time. Joins over declared nodes are not followed (see
`explore`). What is further away than `HORIZON`, or than the graph's own limit, is not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_ir.record import record
from rag_verify.durations import FAILURES, Durations, goes, may_end, routes
from rag_verify.flow import HOLE
from rag_verify.times import Times, from_first, sums

HORIZON = 64
MOST_STEPS = 200_000
"""So many times nodes inside of branches are looked at in one graph; in a larger one some of what runs is not found."""

Site = tuple[str, str]
"""A node, and the pointer below its graph of the send that gives its activation writes of its own; empty for every other."""


@record
class Tree:
    """What descends from an activation, until all of it has ended: per site the supersteps in which it may be active, from 0.

    `detached` is what nobody waits for: it goes on behind the end of the tree, as long as it likes.
    """

    attached: Mapping[Site, Times]
    detached: Mapping[Site, Times]

    def everything(self) -> Iterator[tuple[Site, Times]]:
        """All of it; a site may be in both."""
        yield from self.attached.items()
        yield from self.detached.items()


class Supersteps:
    """The times of one graph."""

    def __init__(self, graph: ir.Graph) -> None:
        self.nodes = {node.name: node for node in graph.nodes}
        self.start = graph.start
        self.limit = max(min(HORIZON, graph.recursion_limit), 1)
        self.mask: Times = (1 << (self.limit + 1)) - 1
        self._durations: Durations | None = None
        self._followers: dict[str, tuple[tuple[Site, Times, bool], ...]] = {}
        self._left = MOST_STEPS
        self._trees: dict[tuple[Site, ...], Tree] = {}

    @property
    def durations(self) -> Durations:
        """How long what descends from each node may take."""
        if self._durations is None:
            self._durations = Durations(self.nodes, self.mask)
        return self._durations

    def sent(self, sender: str, index: int) -> Site:
        """What a send starts."""
        send = self.nodes[sender].sends[index]
        return (send.target, f"{sender}/sends/{index}" if send.writes is not None else "")

    def goes(self, name: str) -> tuple[str, ...]:
        """Where a branch goes on to in the next superstep; a node that joins waits instead."""
        node = self.nodes.get(name)
        return () if node is None else tuple(dict.fromkeys(goes(node)))

    def routes(self, name: str) -> tuple[str, ...]:
        """As `goes`, for an activation that succeeded."""
        node = self.nodes.get(name)
        return () if node is None else tuple(dict.fromkeys(routes(node, FAILURES)))

    def failing(self, name: str) -> tuple[str | None, ...]:
        """Where a branch goes on to after an activation that failed, as far as the node says so; null: it ends."""
        node = self.nodes.get(name)
        if node is None:
            return ()
        entries = node.routing.entries if isinstance(node.routing, ir.Routes) else ()
        targets = [entry.target for entry in entries if entry.label in FAILURES]
        known = dict.fromkeys([*targets, *(() if node.on_error is None else (node.on_error,))])
        return tuple(None if target == END else target for target in known if target != HOLE)

    def may_end(self, name: str) -> bool:
        """Whether a branch may end with a success of the node."""
        return name in self.nodes and bool(may_end(self.nodes[name], FAILURES))

    def wait(self, node: ir.Node) -> Times:
        """How many supersteps the node's join may wait for its children."""
        return self.durations.wait(node)

    def broken(self, node: ir.Node) -> Times:
        """After how many supersteps what follows may start, when the node's join has failed, or timed out."""
        return self.durations.broken(node)

    def tree(self, *sites: Site) -> Tree:
        """What descends from one activation, which is at one of the sites."""
        if sites not in self._trees:
            self._trees[sites] = self._spread({(site, False): 1 for site in sites})
        return self._trees[sites]

    def followers(self, site: Site) -> tuple[tuple[Site, Times, bool], ...]:
        """What an activation leads to: a site, after how many supersteps, and whether nobody waits for it."""
        found = self._followers.get(site[0])
        if found is None:
            found = self._followers[site[0]] = tuple(self._led_to(site[0]))
        return found

    def _led_to(self, name: str) -> Iterator[tuple[Site, Times, bool]]:
        node = self.nodes.get(name)
        if node is None:
            return
        for target in self.goes(node.name):
            yield (target, ""), 0b10, False
        for index, send in enumerate(node.sends):
            yield self.sent(node.name, index), 0b10, not send.blocking
        if isinstance(node.routing, ir.JoinSends):
            yield (node.routing.target, ""), self.wait(node) << 1, False
            broken = self.broken(node)
            for handler in (node.on_error, node.routing.on_timeout):
                if handler is not None and broken:
                    yield (handler, ""), broken, False

    def _spread(self, pending: dict[tuple[Site, bool], Times]) -> Tree:
        found: tuple[dict[Site, Times], dict[Site, Times]] = ({}, {})
        while pending and self._left:
            self._left -= 1
            (site, detached), times = pending.popitem()
            known = found[detached].get(site, 0)
            new = times & self.mask & ~known
            if not new:
                continue
            found[detached][site] = known | new
            for target, delay, apart in self.followers(site):
                apart = apart or detached
                later = sums(new, delay)
                key = (target, apart)
                pending[key] = pending.get(key, 0) | (from_first(later, self.mask) if apart else later & self.mask)
        return Tree(*found)


__all__ = ["FAILURES", "HORIZON", "Site", "Supersteps", "Times", "Tree"]
