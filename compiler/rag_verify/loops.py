"""Loops that can be left only where something changes in them.

A loop whose ways out are all guards, and whose guards read nothing but the run's input and channels that no activation in the loop
writes, goes on for ever once it goes on at all: only the recursion limit ends it. Conservative: a label, an output, a failure, a
`max_visits`, and anything that may write such a channel count as change.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_ir.graph import END
from rag_verify.accesses import World, channels_in, roots_in, writes_by_name, writes_of
from rag_verify.flow import components, reachable
from rag_verify.ways import Map

MOST_RELATED = 6


def check_loops(known: Map, world: World) -> list[Finding]:
    """The findings on a graph all of whose names resolve."""
    bounded = {node.name for node in known.graph.nodes if node.max_visits is not None}
    inside = [name for name in known.nodes if name in known.reached and name not in bounded]
    order = {name: index for index, name in enumerate(known.nodes)}
    loops = [sorted(each, key=order.__getitem__) for each in components(inside, known.flow.goes)]
    found: list[Finding] = []
    for loop in sorted(loops, key=lambda each: order[each[0]]):
        if len(loop) > 1 or loop[0] in known.flow.goes[loop[0]]:
            found += _check(loop, known, world)
    return found


def _check(loop: list[str], known: Map, world: World) -> Iterator[Finding]:
    own = set(loop)
    exits = [name for name in loop if any(target not in own for target in known.flow.goes[name]) or _ends(known, name)]
    if not exits or not all(_by_guards(known.nodes[name]) for name in exits):
        return
    read = {channel for name in exits for channel in _guard_channels(known.nodes[name])}
    if None in read or any(known.nodes[name].sends for name in loop) or known.graph.joins or _beside(loop, known):
        return
    changed = {write.channel for name in loop for write in writes_of(known.nodes[name], "", world)}
    fading = {channel.name for channel in known.graph.channels if channel.reducer in ("ephemeral", "topic")}
    named = any(writes_by_name(known.nodes[name]) for name in loop)
    if read & (changed | fading | {known.graph.messages}) or (named and read):
        return
    first = exits[0]
    routing = known.nodes[first].routing
    at = next(f"{known.places[first]}/routing/entries/{index}" for index in _guards(routing))
    reads = ", ".join(f"`{channel}`" for channel in sorted(str(each) for each in read))
    what = f"nothing in it writes {reads}" if read else "its guards read nothing that changes in a run"
    yield Finding(
        code="unbounded-loop",
        at=at,
        message=f"the loop through node `{first}` has no bound: {what}",
        label="never changes inside the loop",
        help=f"count the rounds in a channel and test it, or give `{first}` a `max_visits`",
        related=tuple(
            Related(known.places[name], f"`{name}` is in the loop") for name in loop[:MOST_RELATED] if name != first
        ),
        flow=(*known.steps_to(first), known.step(first, f"`{first}` goes round again, as before")),
    )


def _ends(known: Map, name: str) -> bool:
    return END in known.flow.goes[name]


def _by_guards(node: ir.Node) -> bool:
    """Whether nothing but guards, and `else`, says where the node goes, and they see nothing that is the node's own."""
    if node.on_error is not None or not isinstance(node.routing, ir.Routes):
        return False
    return all(entry.label is None and roots_in(entry.when) <= {"input", "state"} for entry in node.routing.entries)


def _guard_channels(node: ir.Node) -> Iterator[str | None]:
    assert isinstance(node.routing, ir.Routes)
    for entry in node.routing.entries:
        yield from channels_in(entry.when)


def _guards(routing: ir.Routing) -> Iterator[int]:
    if isinstance(routing, ir.Routes):
        yield from (index for index, entry in enumerate(routing.entries) if entry.when is not None)


def _beside(loop: list[str], known: Map) -> bool:
    """Whether something may run beside the loop: it is inside a child, or behind a send that nobody joins."""
    own = set(loop)
    for node in known.graph.nodes:
        if node.sends and node.name in known.reached:
            children = reachable([send.target for send in node.sends], known.follows)
            unjoined = not isinstance(node.routing, ir.JoinSends) or not all(send.blocking for send in node.sends)
            if own & children or (unjoined and own & reachable([node.name], known.follows)):
                return True
    return False
