"""Sends and joins: what is started is waited for."""

from __future__ import annotations

from rag_compiler import hir, syntax
from rag_compiler.kinds import MOST_SENDS
from rag_compiler.sink import Sink
from rag_compiler.words.structure import duplicate_item, join_without_send, send_without_join
from rag_compiler.words.values import bad_value, over_limit


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
