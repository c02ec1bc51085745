"""How long what descends from an activation may take, and when it may fail.

Both are least solutions over the whole graph: every node's sets grow until nothing changes, which the limit bounds.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_verify.flow import HOLE, reversed_edges
from rag_verify.times import Times, from_first, last_of, sums, union, up_to

FAILURES = ("error", "failed")
"""The labels of activations that failed."""


MOST_STEPS = 60_000
"""So many times nodes are looked at in one graph; in a larger one some times are not found."""


class Durations:
    """By node. `ends`: after how many supersteps all that descends from it may have ended. `falls`: after how many a failure in it
    may be caught by nothing inside."""

    def __init__(self, nodes: Mapping[str, ir.Node], mask: Times) -> None:
        self.nodes = nodes
        self.mask = mask
        self.ends: dict[str, Times] = dict.fromkeys(nodes, 0)
        self.falls: dict[str, Times] = dict.fromkeys(nodes, 0)
        before = reversed_edges({name: tuple(_needs(node)) for name, node in nodes.items()})
        pending: dict[str, None] = dict.fromkeys(reversed([*nodes]))
        left = MOST_STEPS
        while pending and left:
            left -= 1
            name, _ = pending.popitem()
            node = nodes[name]
            ends, falls = self._duration(node) & mask, self._failures(node) & mask
            if (ends, falls) != (self.ends[name], self.falls[name]):
                self.ends[name], self.falls[name] = ends, falls
                pending.update(dict.fromkeys(before.get(name, ())))

    def wait(self, node: ir.Node) -> Times:
        """How many supersteps the node's join may wait for its children, counted from their first one."""
        assert isinstance(node.routing, ir.JoinSends)
        wait = node.routing.wait
        every = [
            self._child(send, failing=wait == "best_effort" or send.optional) for send in node.sends if send.blocking
        ]
        match wait:
            case "all" | "best_effort" | "compare":
                return last_of([1, *every])
            case "race":
                return union(every)
            case "quorum":
                return from_first(union(every), self.mask) & up_to(union(every))
            case "fallback":
                return from_first(union(every), self.mask)

    def broken(self, node: ir.Node) -> Times:
        """After how many supersteps a handler of the node's join may start: its children failed, or are late."""
        assert isinstance(node.routing, ir.JoinSends)
        failed = self._fallen(node) << 2
        return failed if node.routing.timeout is None else failed | (up_to(self.wait(node)) & ~1) << 1

    def _duration(self, node: ir.Node) -> Times:
        after = union(self.ends.get(target, 0) for target in goes(node))
        if not isinstance(node.routing, ir.JoinSends):
            after |= may_end(node)
            children = (self._child(send, failing=send.optional) for send in node.sends if send.blocking)
            return last_of([after, *children]) << 1
        result = (after | sums(self.wait(node), self.ends.get(node.routing.target, 0))) << 1
        return result | union(sums(self.broken(node), self.ends.get(name, 0)) for name in _handlers(node))

    def _failures(self, node: ir.Node) -> Times:
        result = union(self.falls.get(target, 0) for target in goes(node)) << 1 | (node.on_error is None)
        if not isinstance(node.routing, ir.JoinSends):
            return result | self._fallen(node) << 1
        result |= sums(self.wait(node), self.falls.get(node.routing.target, 0)) << 1
        if node.on_error is None:
            result |= self._fallen(node) << 1
        return result | union(sums(self.broken(node), self.falls.get(name, 0)) for name in _handlers(node))

    def _fallen(self, node: ir.Node) -> Times:
        """When a child of the node may fail what waits for it, counted from the children's first superstep."""
        if isinstance(node.routing, ir.JoinSends) and node.routing.wait == "best_effort":
            return 0
        return union(self.falls.get(send.target, 0) for send in node.sends if send.blocking and not send.optional)

    def _child(self, send: ir.Send, *, failing: bool) -> Times:
        """How long the children of a send may take; an `each` may have none, and a failure may end them."""
        times = self.ends.get(send.target, 0)
        if failing:
            times |= self.falls.get(send.target, 0) << 1
        return times | 1 if send.each is not None else times


def goes(node: ir.Node) -> Iterator[str]:
    """Where a branch goes on to in the next superstep; a node that joins waits instead."""
    yield from routes(node)
    if node.on_error is not None and node.on_error != HOLE:
        yield node.on_error


def routes(node: ir.Node, without: Container[str | None] = ()) -> Iterator[str]:
    """The nodes that a node routes to, but for some labels."""
    match node.routing:
        case ir.Next(target=target):
            targets: Iterable[str] = (target,)
        case ir.Routes(entries=entries):
            targets = (entry.target for entry in entries if entry.label not in without)
        case ir.Finish() | ir.JoinSends():
            targets = ()
    return (target for target in targets if target != END and target != HOLE)


def may_end(node: ir.Node, without: Container[str | None] = ()) -> Times:
    """Whether the branch may end with the node, but for some labels: 1 or 0."""
    match node.routing:
        case ir.Finish() | ir.Next(target="END"):
            return 1
        case ir.Routes(entries=entries):
            return int(any(entry.target == END and entry.label not in without for entry in entries))
        case ir.Next() | ir.JoinSends():
            return 0


def _handlers(node: ir.Node) -> Iterator[str]:
    late = node.routing.on_timeout if isinstance(node.routing, ir.JoinSends) else None
    yield from (name for name in (node.on_error, late) if name is not None)


def _needs(node: ir.Node) -> Iterator[str]:
    yield from goes(node)
    yield from (send.target for send in node.sends)
    if isinstance(node.routing, ir.JoinSends):
        yield node.routing.target
        yield from _handlers(node)
