"""What a child that loses has already merged stays: a race, a quorum, a `fallback` or a `timeout` takes back only what is not committed.

Exact, with guards taken as free: a write is reported if the child may go on behind the superstep that commits it. Messages of a
child stay in the child.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_verify.accesses import World, writes_of
from rag_verify.supersteps import Supersteps
from rag_verify.ways import Map

TAKING = {
    "race": "loses the race",
    "quorum": "is left over by the quorum",
    "fallback": "fails, so that the next one is tried",
}


def check_losers(known: Map, steps: Supersteps, world: World) -> list[Finding]:
    """The findings on a graph: of each join one for each write."""
    found: dict[str, Finding] = {}
    for node in known.graph.nodes:
        if isinstance(node.routing, ir.JoinSends) and node.name in known.reached:
            how = TAKING.get(node.routing.wait) or ("is cut off" if node.routing.timeout is not None else "")
            for index, send in enumerate(node.sends):
                if how and send.blocking:
                    for finding in _of_child(known, steps, world, node, index, how):
                        found.setdefault(finding.at, finding)
    return list(found.values())


def _of_child(known: Map, steps: Supersteps, world: World, sender: ir.Node, index: int, how: str) -> Iterator[Finding]:
    first = steps.sent(sender.name, index)
    for site in steps.tree(first).attached:
        node = known.nodes.get(site[0])
        if node is None or not steps.followers(site):
            continue
        by = f"{known.places[sender.name]}/sends/{index}" if site == first and site[1] else ""
        send = sender.sends[index] if by else None
        for write in writes_of(node, known.places[node.name], world, send, by):
            yield Finding(
                code="loser-writes",
                at=write.at,
                message=f"what `{node.name}` writes into channel `{write.channel}` stays if its child {how}",
                label="written before the child has ended",
                help="write in the last node of the child, or in the target of the join from `args.children`",
                related=(Related(f"{known.places[sender.name]}/routing", f"`{sender.name}` joins here"),),
                flow=(
                    *known.steps_to(sender.name),
                    known.step(sender.name, f"`{sender.name}` sends to `{first[0]}`"),
                    Related(write.at, f"`{node.name}` writes `{write.channel}`, and its child goes on"),
                ),
            )
