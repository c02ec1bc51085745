"""No branch inside a child may route to what the join runs that waits for that child.

Exact, with guards taken as free. Senders that join one target are looked at together, and a child that comes back to one of them
is not followed further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related
from rag_verify.flow import HOLE

MOST_STEPS = 200_000
"""So many nodes inside of children are looked at in one graph."""


def check_children(graph: ir.Graph, at: str) -> list[Finding]:
    """The findings on a graph whose names resolve, or are holes; `at` is its pointer."""
    nodes = {node.name: (node, f"{at}/nodes/{index}") for index, node in enumerate(graph.nodes)}
    senders: dict[str, list[str]] = {}
    for node in graph.nodes:
        if isinstance(node.routing, ir.JoinSends) and node.routing.target != HOLE:
            senders.setdefault(node.routing.target, []).append(node.name)
    found: list[Finding] = []
    left = MOST_STEPS
    for target, names in senders.items():
        left = _follow(nodes, target, names, left, found)
    return found


def _follow(
    nodes: Mapping[str, tuple[ir.Node, str]], target: str, senders: list[str], left: int, found: list[Finding]
) -> int:
    """Walk the children of the senders of a target; gives the steps that are left."""
    inside = {child: sender for sender in senders for child in _children(nodes[sender][0])}
    pending = list(inside)
    for name in pending:
        if name in senders or name not in nodes or left <= 0:
            continue
        left -= 1
        (node, at), sender = nodes[name], inside[name]
        steps = list(_steps(node))
        found += (_leaves(node, f"{at}{place}", target, sender, nodes) for place, step in steps if step == target)
        for follower in (*(step for _, step in steps), *_children(node)):
            if follower != target and follower not in inside:
                inside[follower] = sender
                pending.append(follower)
    return left


def _leaves(node: ir.Node, at: str, target: str, sender: str, nodes: Mapping[str, tuple[ir.Node, str]]) -> Finding:
    return Finding(
        code="join-from-child",
        at=at,
        message=f"`{node.name}` runs inside a child of `{sender}` and cannot route to `{target}`, which the join runs",
        label="leaves the child",
        help="end the branch with `END`; the join runs the target once its children have ended",
        related=(Related(f"{nodes[sender][1]}/routing", f"`{sender}` joins here"),),
    )


def _children(node: ir.Node) -> list[str]:
    return [send.target for send in node.sends]


def _steps(node: ir.Node) -> Iterator[tuple[str, str]]:
    """Where a node's own branch goes on to, each with its pointer below the node."""
    match node.routing:
        case ir.Next(target=target):
            yield "/routing/target", target
        case ir.JoinSends(target=target, on_timeout=late):
            yield "/routing/target", target
            if late is not None:
                yield "/routing/on_timeout", late
        case ir.Routes(entries=entries):
            yield from ((f"/routing/entries/{index}/target", entry.target) for index, entry in enumerate(entries))
        case ir.Finish():
            pass
    if node.on_error is not None:
        yield "/on_error", node.on_error
