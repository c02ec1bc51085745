"""A person is asked only where the answer can be taken up.

Not inside a child that may be cancelled while the question stands: of `race`, `quorum`, `fallback`, of a join with a `timeout`; not
inside one that nobody waits for; and not in a run that keeps no checkpoints. Conservative: a node that can ask counts as one that
does, and what a child can come to counts as inside of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_verify.accesses import World
from rag_verify.flow import reachable, way_to
from rag_verify.ways import Map

LOSING = ("race", "quorum", "fallback")


def check_interrupts(known: Map, world: World) -> list[Finding]:
    """The findings on a graph, one for each place that asks."""
    asking = {node.name: asks for node in known.graph.nodes if (asks := asks_of(node, world))}
    if not asking:
        return []
    if known.graph.checkpoint == "off":
        return [_unkept(known, name, asks) for name, asks in asking.items() if name in known.reached]
    found: dict[str, Finding] = {}
    for node in known.graph.nodes:
        if node.name in known.reached:
            for index, send in enumerate(node.sends):
                why = _why(node, send)
                inside = reachable([send.target], known.follows) if why else set[str]()
                for name in asking:
                    if name in inside and name not in found:
                        found[name] = _lost(known, node, index, name, asking[name], why)
    return list(found.values())


def asks_of(node: ir.Node, world: World) -> str:
    """Who asks a person in an activation of the node, for a message; empty if nobody can."""
    if isinstance(node.behaviour, ir.Interrupt) or node.pause_before or node.pause_after:
        return f"`{node.name}` asks a person"
    tools = [name for name in _tools(node.behaviour, world) if name in world.tools]
    for name in tools:
        if world.tools[name].approval == "always":
            return f"`{node.name}` asks a person before it calls `{name}`"
    if isinstance(node.behaviour, ir.Subgraph):
        for name in _called(node.behaviour.graph, world):
            for inner in world.graphs[name].nodes:
                if not isinstance(inner.behaviour, ir.Subgraph) and asks_of(inner, world):
                    return f"`{node.name}` runs graph `{name}`, where `{inner.name}` asks a person"
    return ""


def _tools(behaviour: ir.Behaviour, world: World) -> tuple[str, ...]:
    match behaviour:
        case ir.ModelCall(tools=tools, loop=loop):
            return tools if loop else ()
        case ir.ToolExecutor(tools=tools):
            return tools
        case ir.ToolCall(tool=tool):
            return (tool,)
        case ir.Subagent(agent=name):
            return world.agents[name].tools if name in world.agents else ()
        case _:
            return ()


def _called(graph: str, world: World) -> Iterator[str]:
    """The graph and everything that it calls."""
    seen = {graph: None}
    pending = [graph]
    for name in pending:
        if name not in world.graphs:
            continue
        yield name
        for node in world.graphs[name].nodes:
            if isinstance(node.behaviour, ir.Subgraph) and node.behaviour.graph not in seen:
                seen[node.behaviour.graph] = None
                pending.append(node.behaviour.graph)


def _why(node: ir.Node, send: ir.Send) -> str:
    """Why no question may stand inside of the children of a send; empty if one may."""
    if not send.blocking:
        return "nobody waits for"
    if isinstance(node.routing, ir.JoinSends):
        if node.routing.wait in LOSING:
            return f"`wait: {node.routing.wait}` may cancel"
        if node.routing.timeout is not None:
            return "the join's `timeout` may cancel"
    return ""


def _lost(known: Map, sender: ir.Node, index: int, name: str, asks: str, why: str) -> Finding:
    at = known.places[sender.name]
    place = f"{at}/routing" if sender.sends[index].blocking else f"{at}/sends/{index}"
    return Finding(
        code="interrupt-cannot-resume",
        at=known.places[name],
        message=f"{asks} inside a child of `{sender.name}` that {why}",
        label="asks a person here",
        help="ask before the children begin, or after their join",
        related=(Related(place, f"`{sender.name}` sends and waits here"),),
        flow=tuple(known.shown([*known.way(sender.name), *_inside(known, sender.sends[index].target, name)])),
    )


def _inside(known: Map, target: str, name: str) -> list[str]:
    return way_to(target, name, known.follows)


def _unkept(known: Map, name: str, asks: str) -> Finding:
    return Finding(
        code="interrupt-cannot-resume",
        at=known.places[name],
        message=f"{asks}, and graph `{known.graph.name}` keeps no checkpoint to go on from (`checkpoint off`)",
        label="asks a person here",
        help="use `checkpoint every`, or `exit`",
        flow=tuple(known.shown(known.way(name))),
    )
