"""What sends set going side by side, and where it comes together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_ir import graph as ir
from rag_ir.graph import END
from rag_ir.record import record
from rag_verify.flow import flow_of, reachable


@record
class Fork:
    """The sends of one node.

    `members` are the nodes that run only in its children, without those of forks inside of them. `target` runs when the children
    satisfy `wait`; without a join it is null. `apart` says whether the children keep to the members: where one goes on into nodes
    that run otherwise too, members are the implicit children alone.
    """

    sender: str
    members: tuple[str, ...]
    target: str | None
    wait: str
    apart: bool


def forks_of(graph: ir.Graph) -> tuple[Fork, ...]:
    """The forks of a graph, in the order of their senders."""
    follows = _follows(graph)
    senders = [node for node in graph.nodes if node.sends]
    reached = {node.name: reachable([send.target for send in node.sends], follows) for node in senders}
    trunk = reachable([graph.start], follows)
    return tuple(_fork(node, graph.nodes, reached, trunk) for node in senders)


def _fork(node: ir.Node, nodes: Sequence[ir.Node], reached: Mapping[str, set[str]], trunk: set[str]) -> Fork:
    own = reached[node.name]
    elsewhere = trunk.union({node.name}, *(names for sender, names in reached.items() if sender != node.name))
    apart = own.isdisjoint(elsewhere)
    members = tuple(each.name for each in nodes if each.name in own and (apart or each.implicit))
    match node.routing:
        case ir.JoinSends(target=target, wait=wait):
            return Fork(node.name, members, target, wait, apart)
        case _:
            return Fork(node.name, members, None, "", apart)


def _follows(graph: ir.Graph) -> dict[str, list[str]]:
    """Where a branch goes on from each node; the children that it sends to are branches of their own."""
    follows = {name: [target for target in targets if target != END] for name, targets in flow_of(graph).goes.items()}
    for join in graph.joins:
        for source in join.sources:
            follows.setdefault(source, []).append(join.target)
    return follows
