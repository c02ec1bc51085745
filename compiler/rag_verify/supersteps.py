"""The supersteps in which the nodes of a graph may be active: sets of times, as the bits of integers.

Branches go on in step: what a node leads to runs one superstep later, and the target of a join one superstep after the last of
its children. So for each activation that begins something, the supersteps in which each node behind it may run are known exactly,
with guards and failures taken as free. The exceptions err on the side of more: the handler of a join that failed may start in any
superstep of its children, and the children of `fallback` end at any time. Joins over declared nodes are not followed (see
`explore`). Bit `t` of a set stands for `t` supersteps later; what is further away than `HORIZON`, or than the graph's own limit,
is no longer told apart.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_ir.record import record
from rag_verify.flow import HOLE, reversed_edges

HORIZON = 64
FAILURES = ("error", "failed")
"""The labels of activations that failed."""

Site = tuple[str, str]
"""A node, and the pointer below its graph of the send that gives its activation writes of its own; empty for every other."""

Times = int


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
        self.mask = (1 << (self.limit + 1)) - 1
        self._ends = self._durations()
        self._trees: dict[tuple[Site, ...], Tree] = {}

    def sent(self, sender: str, index: int) -> Site:
        """What a send starts."""
        send = self.nodes[sender].sends[index]
        return (send.target, f"{sender}/sends/{index}" if send.writes is not None else "")

    def goes(self, name: str) -> tuple[str, ...]:
        """Where a branch goes on to in the next superstep; a node that joins waits instead."""
        node = self.nodes.get(name)
        return () if node is None else tuple(dict.fromkeys(_goes(node)))

    def routes(self, name: str) -> tuple[str, ...]:
        """As `goes`, for an activation that succeeded."""
        node = self.nodes.get(name)
        return () if node is None else tuple(dict.fromkeys(_routes(node, FAILURES)))

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
        return name in self.nodes and bool(_may_end(self.nodes[name], FAILURES))

    def ends(self, name: str) -> Times:
        """After how many supersteps everything that descends from an activation of the node may have ended."""
        return self._ends.get(name, 0)

    def wait(self, node: ir.Node) -> Times:
        """How many supersteps the node's join may wait for its children."""
        return self._wait(node, self._ends)

    def broken(self, node: ir.Node) -> Times:
        """After how many supersteps what follows may start, when the node's join has failed, or timed out."""
        return (_up_to(self.wait(node)) & ~1) << 1

    def tree(self, *sites: Site) -> Tree:
        """What descends from one activation, which is at one of the sites."""
        if sites not in self._trees:
            self._trees[sites] = self._spread({(site, False): 1 for site in sites})
        return self._trees[sites]

    # ---- how it spreads ---------------------------------------------------------------------------------------------

    def followers(self, site: Site) -> Iterator[tuple[Site, Times, bool]]:
        """What an activation leads to: a site, after how many supersteps, and whether nobody waits for it."""
        node = self.nodes.get(site[0])
        if node is None:
            return
        for target in self.goes(node.name):
            yield (target, ""), 0b10, False
        for index, send in enumerate(node.sends):
            yield self.sent(node.name, index), 0b10, not send.blocking
        if isinstance(node.routing, ir.JoinSends):
            waited = self.wait(node)
            yield (node.routing.target, ""), waited << 1, False
            broken = self.broken(node)
            if node.on_error is not None:
                yield (node.on_error, ""), broken, False
            if node.routing.on_timeout is not None:
                yield (node.routing.on_timeout, ""), broken, False

    def _spread(self, pending: dict[tuple[Site, bool], Times]) -> Tree:
        found: tuple[dict[Site, Times], dict[Site, Times]] = ({}, {})
        while pending:
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

    # ---- how long it takes -------------------------------------------------------------------------------------------

    def _durations(self) -> dict[str, Times]:
        """The least solution: every node's set grows until nothing changes."""
        before = reversed_edges({name: tuple(self._needs(node)) for name, node in self.nodes.items()})
        ends: dict[str, Times] = dict.fromkeys(self.nodes, 0)
        pending = dict.fromkeys(reversed(self.nodes))
        while pending:
            name, _ = pending.popitem()
            new = self._duration(self.nodes[name], ends) & self.mask
            if new != ends[name]:
                ends[name] = new
                pending.update(dict.fromkeys(before.get(name, ())))
        return ends

    def _needs(self, node: ir.Node) -> Iterator[str]:
        yield from _goes(node)
        yield from (send.target for send in node.sends)
        if isinstance(node.routing, ir.JoinSends):
            yield node.routing.target
            if node.routing.on_timeout is not None:
                yield node.routing.on_timeout

    def _duration(self, node: ir.Node, ends: Mapping[str, Times]) -> Times:
        after = _union(ends.get(target, 0) for target in _goes(node))
        if not isinstance(node.routing, ir.JoinSends):
            after |= _may_end(node)
            children = (_child(send, ends, failing=False) for send in node.sends if send.blocking)
            return _last([after, *children]) << 1
        waited = self._wait(node, ends)
        result = after | sums(waited, ends.get(node.routing.target, 0))
        for handler in (node.on_error, node.routing.on_timeout):
            if handler is not None:
                result |= sums(_up_to(waited) & ~1, ends.get(handler, 0))
        return result << 1

    def _wait(self, node: ir.Node, ends: Mapping[str, Times]) -> Times:
        assert isinstance(node.routing, ir.JoinSends)
        wait = node.routing.wait
        blocking = [send for send in node.sends if send.blocking]
        every = [_child(send, ends, failing=wait == "best_effort" or send.optional) for send in blocking]
        match wait:
            case "all" | "best_effort" | "compare":
                return _last([1, *every])
            case "race":
                return _union(every)
            case "quorum":
                return from_first(_union(every), self.mask) & _up_to(_union(every))
            case "fallback":
                return from_first(_union(every), self.mask)


def _goes(node: ir.Node) -> Iterator[str]:
    yield from _routes(node)
    if node.on_error is not None and node.on_error != HOLE:
        yield node.on_error


def _routes(node: ir.Node, without: Container[str | None] = ()) -> Iterator[str]:
    match node.routing:
        case ir.Next(target=target):
            targets: Iterable[str] = (target,)
        case ir.Routes(entries=entries):
            targets = (entry.target for entry in entries if entry.label not in without)
        case ir.Finish() | ir.JoinSends():
            targets = ()
    return (target for target in targets if target != END and target != HOLE)


def _may_end(node: ir.Node, without: Container[str | None] = ()) -> Times:
    """Whether the branch may end with the node."""
    match node.routing:
        case ir.Finish() | ir.Next(target="END"):
            return 1
        case ir.Routes(entries=entries):
            return int(any(entry.target == END and entry.label not in without for entry in entries))
        case ir.Next() | ir.JoinSends():
            return 0


def _child(send: ir.Send, ends: Mapping[str, Times], *, failing: bool) -> Times:
    """How long the children of a send may take; an `each` may have none, and one that may fail does so at any time."""
    times = ends.get(send.target, 0)
    if failing:
        times |= _up_to(times) & ~1
    return times | 1 if send.each is not None else times


def _last(sets: list[Times]) -> Times:
    """When the last of several may end: at any of their times at which the others can have ended."""
    if not all(sets):
        return 0
    latest = max((times & -times).bit_length() - 1 for times in sets)
    return _union(sets) >> latest << latest


def sums(one: Times, other: Times) -> Times:
    """Every time of the one after every time of the other."""
    result = 0
    while one:
        lowest = one & -one
        result |= other * lowest
        one ^= lowest
    return result


def _union(sets: Iterable[Times]) -> Times:
    result = 0
    for times in sets:
        result |= times
    return result


def _up_to(times: Times) -> Times:
    """Every time up to the last one."""
    return (1 << times.bit_length()) - 1 if times else 0


def from_first(times: Times, mask: Times) -> Times:
    """Every time from the first one on."""
    return mask & ~((times & -times) - 1) if times else 0


def times_of(times: Times) -> Iterator[int]:
    """The times in a set, ascending."""
    while times:
        lowest = times & -times
        yield lowest.bit_length() - 1
        times ^= lowest


__all__ = ["FAILURES", "HORIZON", "Site", "Supersteps", "Times", "Tree", "from_first", "sums", "times_of"]
