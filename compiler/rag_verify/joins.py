"""What a join waits for can come: so many children, at least, are sent that it waits for.

Exact for sends without `each`; a list may be as long as its `max`, and without one as long as it likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related

NEEDED = {"race": 1, "fallback": 1, "compare": 2}
"""How many children a policy needs at least; `all` and `best_effort` hold without any."""


def check_joins(graph: ir.Graph, at: str) -> list[Finding]:
    """The findings on a graph; `at` is its pointer."""
    found: list[Finding] = []
    for index, node in enumerate(graph.nodes):
        if isinstance(node.routing, ir.JoinSends) and node.sends:
            needed = node.routing.quorum or NEEDED.get(node.routing.wait, 0)
            most = _most(node.sends)
            if most < needed:
                found.append(_never(node, node.routing, needed, int(most), f"{at}/nodes/{index}"))
    return found


def _most(sends: Sequence[ir.Send]) -> float:
    """So many children at most are waited for."""
    return sum((1 if send.each is None else inf if send.max is None else send.max) for send in sends if send.blocking)


def _never(node: ir.Node, join: ir.JoinSends, needed: int, most: int, at: str) -> Finding:
    free = [index for index, send in enumerate(node.sends) if not send.blocking]
    children = "no child" if most == 0 else "one child" if most == 1 else f"{most} children"
    behind = " at most" if any(send.each is not None for send in node.sends) else ""
    wanted = f"`{join.wait}`" if join.quorum is None else f"`quorum {needed}`"
    return Finding(
        code="join-never-holds",
        at=f"{at}/routing/{'wait' if join.quorum is None else 'quorum'}",
        message=f"{wanted} needs {needed}, and node `{node.name}` waits for {children}{behind}",
        label="never holds",
        help="send to more children, or wait for fewer",
        related=tuple(Related(f"{at}/sends/{index}/blocking", "nobody waits for this one") for index in free),
    )
