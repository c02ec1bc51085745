"""Effects that cannot be repeated stand where nothing is repeated, and nothing thrown away.

Not in a child that may be cancelled, or passed over, when it has acted already: of `race`, `quorum`, `fallback`, of a join with a
`timeout`; and not under a `retry` that the source asks for. Conservative: a tool that a node may call counts as one that it calls,
and what a child can come to as inside of it. Tools of which nobody says what they do are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_verify.accesses import World
from rag_verify.flow import reachable, way_to
from rag_verify.tools_called import called_by
from rag_verify.ways import Map

ACTING = ("write", "external")
LOSING = {
    "race": "`wait: race` may cancel when another one was faster",
    "quorum": "`wait: quorum` may cancel when there are enough",
    "fallback": "`wait: fallback` passes over when it fails",
}
OF_TOOLS = frozenset({"timeout", "rate_limit", "server", "connection", "tool_error"})
"""Classes of errors with which a call of a tool can end."""


def check_effects(known: Map, world: World) -> list[Finding]:
    """The findings on a graph: of each node one for each reason."""
    acting = {node.name: tool for node in known.graph.nodes if (tool := _acting(node, world))}
    if not acting:
        return []
    return [*_repeated(known, acting), *_discarded(known, acting)]


def _acting(node: ir.Node, world: World) -> str:
    """The first tool of a node whose effects are not to be repeated; empty if there is none."""
    tools = (world.tools[name] for name in called_by(node.behaviour, world.agents) if name in world.tools)
    return next((tool.name for tool in tools if tool.effects in ACTING and not tool.idempotent), "")


def _repeated(known: Map, acting: dict[str, str]) -> Iterator[Finding]:
    for node in known.graph.nodes:
        if node.name in acting and node.retry is not None and _repeats(node.retry):
            yield _twice(f"{known.places[node.name]}/retry", acting[node.name])
        for index, send in enumerate(node.sends):
            if send.target in acting and send.retry is not None and _repeats(send.retry):
                yield _twice(f"{known.places[node.name]}/sends/{index}/retry", acting[send.target])


def _repeats(retry: ir.Retry) -> bool:
    return retry.max_attempts > 1 and not OF_TOOLS.isdisjoint(retry.on)


def _twice(at: str, tool: str) -> Finding:
    return Finding(
        code="effect-repeated",
        at=at,
        message=f"`retry` may let tool `{tool}` act twice: its effects are not declared `idempotent`",
        label="may act twice",
        help=f"say `idempotent = true` in `[tools.{tool}]` if the tool heeds the key of a call; or leave `retry` out: "
        "without it such a call is made once, and a person is asked when nobody knows whether it happened",
    )


def _discarded(known: Map, acting: dict[str, str]) -> Iterator[Finding]:
    told: set[str] = set()
    for node in known.graph.nodes:
        why = _why(node.routing)
        if not why or node.name not in known.reached:
            continue
        for send in node.sends:
            inside = reachable([send.target], known.follows) if send.blocking else set[str]()
            for name in acting:
                if name in inside and name not in told:
                    told.add(name)
                    yield _thrown_away(known, node, send.target, name, acting[name], why)


def _why(routing: ir.Routing) -> str:
    match routing:
        case ir.JoinSends(wait=wait) if wait in LOSING:
            return LOSING[wait]
        case ir.JoinSends(timeout=int()):
            return "the join's `timeout` may cancel"
        case _:
            return ""


def _thrown_away(known: Map, sender: ir.Node, target: str, name: str, tool: str, why: str) -> Finding:
    return Finding(
        code="effect-discarded",
        at=known.places[name],
        message=f"`{name}` may call `{tool}`, which acts, inside a child of `{sender.name}` that {why}",
        label="may have acted already",
        help=f"act once the join has fired; or say `idempotent = true` in `[tools.{tool}]` if it does no harm twice",
        related=(Related(f"{known.places[sender.name]}/routing", f"`{sender.name}` joins here"),),
        flow=tuple(known.shown([*known.way(sender.name), *way_to(target, name, known.follows)])),
    )
