"""Sends and joins: what is started is waited for, and branches inside a child end there."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import hir, syntax
from rag_compiler.kinds import MOST_SENDS
from rag_compiler.sink import Sink
from rag_compiler.words.structure import duplicate_item, join_without_send, leaves_child, send_without_join
from rag_compiler.words.values import bad_value, over_limit

MOST_STEPS = 200_000
"""Children are followed for so many steps in one graph; the runtime refuses what lies beyond."""


def check_sends(node: hir.Node, sink: Sink) -> None:
    """The sends of a node against its join, and the modifiers of each."""
    _check_modifiers(node, sink)
    join = next((routing for routing in node.routings if isinstance(routing, hir.JoinSends)), None)
    if join is None:
        _check_unjoined(node, sink)
    elif not any(isinstance(item, syntax.SendItem) for item in node.syntax.items):
        sink.add(join_without_send(sink.at(join.keyword), node.name.name))
    if len(node.sends) > MOST_SENDS:
        span = node.sends[MOST_SENDS].span
        sink.add(over_limit(sink.at(span), f"a node sends at most {MOST_SENDS} times", "send over a list with `each`"))


def _check_unjoined(node: hir.Node, sink: Sink) -> None:
    for send in node.sends:
        if send.child and isinstance(send.target, hir.Ref):
            sink.add(send_without_join(sink.at(send.target.span), send.target.name, node.name.name))
            return


def _check_modifiers(node: hir.Node, sink: Sink) -> None:
    for item in node.syntax.items:
        if not isinstance(item, syntax.SendItem):
            continue
        if not item.sends:
            sink.add(
                bad_value(sink.at(item.span), "`send` names no targets", "write `send [NODE, AGENT { key: VALUE }]`")
            )
        for send in item.sends:
            first: dict[str, syntax.Name] = {}
            for keyword in (each.keyword for each in send.modifiers if not isinstance(each, syntax.Edge)):
                before = first.setdefault(keyword.text, keyword)
                if before is not keyword:
                    place, owner = sink.at(keyword.span), "one target of a `send`"
                    sink.add(duplicate_item(place, keyword.text, owner, sink.at(before.span)))
            if "max" in first and send.each is None:
                help_ = "write `each x in LIST as TARGET { .. } max N`"
                sink.add(bad_value(sink.at(first["max"].span), "`max` bounds an `each`, and there is none", help_))


def check_children(graph: hir.Graph, sink: Sink) -> None:
    """No branch inside a child may route to what the join runs that waits for it.

    Senders of one target are looked at together, and a child that comes back to one of them is not followed further.
    """
    joins: dict[str, dict[str, hir.JoinSends]] = {}
    for node in graph.nodes.values():
        match node.routings[:1]:
            case (hir.JoinSends(target=hir.Ref(target)) as join,):
                joins.setdefault(target, {})[node.name.name] = join
            case _:
                pass
    left = MOST_STEPS
    for target, senders in joins.items():
        left = _follow(graph, target, senders, left, sink)


def _follow(graph: hir.Graph, target: str, senders: dict[str, hir.JoinSends], left: int, sink: Sink) -> int:
    """Walk the children of the senders of a target; gives the steps that are left."""
    inside = {child: sender for sender in senders for child in _children(graph.nodes[sender])}
    pending = list(inside)
    for name in pending:
        if name in senders or name not in graph.nodes or left <= 0:
            continue
        left -= 1
        node, sender = graph.nodes[name], inside[name]
        for step in _steps(node):
            if step.name == target:
                join = sink.at(senders[sender].keyword)
                sink.add(leaves_child(sink.at(step.span), name, target, sender, join))
        for follower in (*(step.name for step in _steps(node)), *_children(node)):
            if follower != target and follower not in inside:
                inside[follower] = sender
                pending.append(follower)
    return left


def _children(node: hir.Node) -> list[str]:
    return [send.target.name for send in node.sends if send.child is None and isinstance(send.target, hir.Ref)]


def _steps(node: hir.Node) -> Iterator[hir.Ref]:
    """Where a node's own branch goes on to."""
    match node.routings[0] if node.routings else None:
        case hir.Next(target=target) | hir.JoinSends(target=target):
            targets: list[hir.Target | None] = [target]
        case hir.Routes(entries=entries):
            targets = [entry.target for entry in entries]
        case None:
            targets = []
    return (target for target in (*targets, node.on_error) if isinstance(target, hir.Ref))
