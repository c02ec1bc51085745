"""Routing: one source for each node, and routes that fit the labels of its kind."""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.kinds import KINDS
from rag_compiler.labels import labels_of
from rag_compiler.sink import Sink
from rag_compiler.words.structure import (
    duplicate_label,
    impossible_label,
    missing_label,
    routing_conflict,
    unreachable_route,
)
from rag_compiler.words.values import bad_value
from rag_registry.registry import Registry

FAILURES = ("error", "failed")
"""Labels of a failure, which `on_error` takes where no route does."""


def check_routing(node: hir.Node, registry: Registry, sink: Sink) -> None:
    """Report every source of routing but the first, and what is wrong with the routes."""
    for routing in node.routings[1:]:
        _conflict(node, node.routings[0], routing, sink)
    for routing in node.routings:
        if isinstance(routing, hir.Routes):
            _check_routes(node, routing, labels_of(node, registry), sink)


def _conflict(node: hir.Node, first: hir.Routing, second: hir.Routing, sink: Sink) -> None:
    help_ = "keep one of them"
    if isinstance(first, hir.Next) and isinstance(second, hir.Next):
        names = [to.target.name for to in (first, second) if isinstance(to.target, hir.Ref) and to.target.name != "END"]
        both = f"to start both, write `send [{', '.join(names)}]`; " if len(set(names)) == 2 else ""
        help_ = f"{both}to choose between them, write `routes {{ when CONDITION -> NODE  else -> NODE }}`"
    place, first_place = sink.at(second.keyword), sink.at(first.keyword)
    sink.add(routing_conflict(place, node.name.name, _source(second), _source(first), first_place, help_))


def _source(routing: hir.Routing) -> str:
    match routing:
        case hir.Next(word="edge"):
            return "an edge"
        case hir.Next(word="goto"):
            return "`command { goto }`"
        case hir.Next():
            return "`next`"
        case hir.Routes():
            return "`routes`"
        case hir.JoinSends():
            return "`join`"


def _check_routes(node: hir.Node, routes: hir.Routes, labels: tuple[str, ...] | None, sink: Sink) -> None:
    if not routes.entries:
        sink.add(
            bad_value(sink.at(routes.keyword), "`routes` is empty", "write `routes { LABEL -> NODE  else -> NODE }`")
        )
        return
    taken: dict[str, hir.Ref] = {}
    otherwise: hir.Route | None = None
    impossible = False
    for route in routes.entries:
        if otherwise is not None:
            sink.add(unreachable_route(sink.at(route.head), _entry(route), sink.at(otherwise.head)))
        elif route.label is not None:
            impossible |= _check_label(node, route.label, taken, labels, sink)
        elif route.guard is None:
            otherwise = route
    if labels is not None and otherwise is None and not impossible:
        _check_missing(node, routes, taken, labels, sink)


def _check_label(
    node: hir.Node, label: hir.Ref, taken: dict[str, hir.Ref], labels: tuple[str, ...] | None, sink: Sink
) -> bool:
    """Whether the node can never produce the label."""
    first = taken.setdefault(label.name, label)
    if first is not label:
        sink.add(duplicate_label(sink.at(label.span), label.name, sink.at(first.span)))
        return False
    if labels is None or label.name in labels:
        return False
    owner = f"node `{node.name.name}` of kind `{node.kind}`"
    possible = KINDS["agent"].labels if node.kind == "agent" else labels
    hint = "a node of kind `agent` can; one of kind `model` calls no tools" if label.name == "tool_call" else ""
    sink.add(impossible_label(sink.at(label.span), label.name, owner, possible, hint))
    return True


def _check_missing(
    node: hir.Node, routes: hir.Routes, taken: dict[str, hir.Ref], labels: tuple[str, ...], sink: Sink
) -> None:
    caught = FAILURES if node.on_error is not None else ()
    missing = [label for label in labels if label not in taken and label not in caught]
    if not taken and len(labels) == 1:
        missing, labels = [], ()
    owner = f"node `{node.name.name}` of kind `{node.kind}`"
    if missing or not labels:
        sink.add(missing_label(sink.at(routes.keyword), owner, missing))


def _entry(route: hir.Route) -> str:
    if route.label is not None:
        return f"the route of label `{route.label.name}`"
    return "a second `else`" if route.guard is None else "a guard"
