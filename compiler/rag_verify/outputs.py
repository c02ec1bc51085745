"""The output of a node goes somewhere: into a channel, a conversation, a route, a payload, or the children that a join lists.

Conservative: a node that acts on the world may have nothing to say, so those that can call a tool with effects, or with unknown
ones, are not looked at; neither are models inside a child that has a transcript of its own, and graphs without a channel, which
keep nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding
from rag_verify.accesses import World, roots_in
from rag_verify.flow import reachable
from rag_verify.names_used import codes_of, names_used
from rag_verify.ways import Map

HARMLESS = ("none", "read")


def check_outputs(known: Map, world: World) -> list[Finding]:
    """The findings on a graph all of whose names resolve."""
    if not known.graph.channels:
        return []
    joined = _joined(known)
    sent = reachable([send.target for node in known.graph.nodes for send in node.sends], known.follows)
    found: list[Finding] = []
    for node in known.graph.nodes:
        dropped = node.name in known.reached and _speaks(node) and not _kept(node, known, sent, joined)
        if dropped and not _acts(node.behaviour, world):
            found.append(_dropped(node, known.places[node.name]))
    return found


def _speaks(node: ir.Node) -> bool:
    """Whether the node has an output that is something of its own."""
    return not isinstance(node.behaviour, ir.Router | ir.Join | ir.Pass | ir.ToolExecutor)


def _kept(node: ir.Node, known: Map, sent: set[str], joined: set[str]) -> bool:
    graph = known.graph
    if node.writes.entries or node.writes.by_name or node.name in joined:
        return True
    if graph.messages is not None and (node.writes.speak or isinstance(node.behaviour, ir.ModelCall)):
        return True
    if isinstance(node.behaviour, ir.ModelCall) and node.name in sent:
        return True
    if any("output" in roots_in(code) for _, code in codes_of(node, "")):
        return True
    return isinstance(node.routing, ir.Routes) and _by_label(node.routing)


def _by_label(routing: ir.Routes) -> bool:
    """Whether it matters with which label the node ends."""
    labelled = any(entry.label is not None for entry in routing.entries)
    return labelled and len({entry.target for entry in routing.entries}) > 1


def _joined(known: Map) -> set[str]:
    """The nodes whose output a join may list for somebody who looks at it."""
    found: set[str] = set()
    for node in known.graph.nodes:
        if isinstance(node.routing, ir.JoinSends) and _reads_children(node.routing.target, known):
            found |= reachable([send.target for send in node.sends], known.follows)
    for join in known.graph.joins:
        if _reads_children(join.target, known):
            found.update(join.sources)
    return found


def _reads_children(name: str, known: Map) -> bool:
    node = known.nodes.get(name)
    if node is None or isinstance(node.behaviour, ir.Join):
        return True
    return any("args" in roots_in(code) for _, code in codes_of(node, ""))


def _acts(behaviour: ir.Behaviour, world: World) -> bool:
    """Whether something is done that is worth doing for itself."""
    return any(
        name not in world.tools or world.tools[name].effects not in HARMLESS for name in _tools(behaviour, world)
    )


def _tools(behaviour: ir.Behaviour, world: World) -> Iterator[str]:
    """Every tool that an activation can come to."""
    pending: list[ir.Behaviour | ir.Agent] = [behaviour]
    seen: set[str] = set()
    for part in pending:
        used = names_used(part)
        yield from used.tools
        pending.extend(world.agents[name] for name in used.agents if name in world.agents)
        for name in used.graphs - seen:
            seen.add(name)
            if name in world.graphs:
                pending.extend(node.behaviour for node in world.graphs[name].nodes)


def _dropped(node: ir.Node, at: str) -> Finding:
    return Finding(
        code="output-dropped",
        at=at,
        message=f"the output of node `{node.name}` goes nowhere",
        label="its output is dropped",
        help="write it into a channel with `into CHANNEL` or `writes { .. }`, or route by it",
    )
