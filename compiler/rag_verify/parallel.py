"""What may run side by side: the branches that a node's sends begin, two at a time.

A run has one branch until something is sent. So two activations that share a superstep descend from two branches of one fork: two
children, a child and what its sender goes on to, or what nobody waits for and what comes later. In which supersteps each may be
active, counted from the fork, is known (see `supersteps`); where they have one in common, the two may share it. This is exact,
with guards taken as free, but for what `supersteps` says of itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.record import record
from rag_verify.supersteps import Site, Supersteps, Tree
from rag_verify.times import Times, from_first, sums

MOST_PAIRS = 4_000
"""So many pairs of branches are looked at in one graph."""


@record
class Branch:
    """One branch of a fork: `sites`, at one of which it begins, and when each of what descends from it may be active.

    Times count from the sender's superstep. `send` is the index of its send; null for what the sender goes on to. `many`: an `each`
    may begin several of it. `apart` is what nobody waits for, where `times` is everything.
    """

    sites: tuple[Site, ...]
    send: int | None
    many: bool
    times: Mapping[Site, Times]
    apart: Mapping[Site, Times]


@record
class Pair:
    """Two branches that go on together. `lasting`: only what nobody waits for in the one meets the other."""

    sender: str
    one: Branch
    other: Branch
    lasting: bool

    def meetings(self) -> Iterator[tuple[Site, Site, Times]]:
        """Sites of the one and of the other that may be active in one superstep, and when."""
        own = self.one.apart if self.lasting else self.one.times
        for site, times in own.items():
            for other, others in self.other.times.items():
                if times & others:
                    yield site, other, times & others


def pairs_of(steps: Supersteps, reached: Collection[str]) -> Iterator[Pair]:
    """The pairs of every fork whose sender is among `reached`, in declaration order; at most `MOST_PAIRS`."""
    count = 0
    first: dict[str, Times] = {}
    for (name, _), when in steps.tree((steps.start, "")).everything():
        first[name] = min(first.get(name, when & -when), when & -when)
    for node in steps.nodes.values():
        if node.sends and node.name in reached and node.name in first:
            mask = steps.mask // first[node.name] >> 1
            for pair in _pairs(steps, node, mask):
                if count >= MOST_PAIRS:
                    return
                count += 1
                yield pair


def together(steps: Supersteps, reached: Collection[str]) -> dict[str, set[str]]:
    """For each node the nodes that may be active in one superstep with it; itself among them where two activations may."""
    found: dict[str, set[str]] = {}
    for pair in pairs_of(steps, reached):
        for (one, _), (other, _), _ in pair.meetings():
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _pairs(steps: Supersteps, node: ir.Node, mask: Times) -> Iterator[Pair]:
    """The pairs of one fork. `mask`: the supersteps that are left behind the first one in which its sender may run."""
    children = [_child(steps, node, index, mask) for index in range(len(node.sends))]
    one_by_one = isinstance(node.routing, ir.JoinSends) and node.routing.wait == "fallback"
    for at, child in enumerate(children):
        waiting = one_by_one and node.sends[at].blocking
        if child.many and not waiting:
            yield Pair(node.name, child, child, False)
        for later in range(at + 1, len(children)):
            if not (waiting and node.sends[later].blocking):
                yield Pair(node.name, child, children[later], False)
    joined = isinstance(node.routing, ir.JoinSends)
    for after in _afterwards(steps, node, mask):
        for child in children:
            if child.apart or not joined:
                yield Pair(node.name, child, after, joined)


def _child(steps: Supersteps, node: ir.Node, index: int, mask: Times) -> Branch:
    send = node.sends[index]
    tree = steps.tree(steps.sent(node.name, index))
    keep = isinstance(node.routing, ir.JoinSends) and node.routing.keep
    many = send.each is not None and send.max != 1
    return _branch(mask, tree, (steps.sent(node.name, index),), 0b10, index, many, apart=keep or not send.blocking)


def _afterwards(steps: Supersteps, node: ir.Node, mask: Times) -> Iterator[Branch]:
    """What the sender goes on to, beside its children or behind their join."""
    match node.routing:
        case ir.JoinSends(target=target, on_timeout=late):
            waited = steps.wait(node)
            broken = steps.broken(node)
            for name, starts in ((target, waited << 1), (node.on_error, broken), (late, broken)):
                if name is not None and starts:
                    site = (name, "")
                    yield _branch(mask, steps.tree(site), (site,), starts, None, False)
        case _:
            sites = tuple((name, "") for name in steps.routes(node.name))
            if sites:
                yield _branch(mask, steps.tree(*sites), sites, 0b10, None, False)


def _branch(
    mask: Times,
    tree: Tree,
    sites: tuple[Site, ...],
    starts: Times,
    send: int | None,
    many: bool,
    *,
    apart: bool = False,
) -> Branch:
    times = {site: sums(starts, times) & mask for site, times in tree.attached.items()}
    lasting = {site: from_first(sums(starts, times), mask) for site, times in tree.detached.items()}
    if apart:
        for site, when in times.items():
            lasting[site] = lasting.get(site, 0) | from_first(when, mask)
    for site, when in lasting.items():
        times[site] = times.get(site, 0) | when
    return Branch(sites, send, many, times, lasting)
