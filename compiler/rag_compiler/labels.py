"""The outcome labels that a node can produce."""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.kinds import KINDS
from rag_registry.registry import Registry


def labels_of(node: hir.Node, registry: Registry) -> tuple[str, ...] | None:
    """The labels in the order of the tables; null where what decides them is a hole. Guards alone produce none."""
    match node.behaviour:
        case hir.ModelNode(kind="agent") if not calls_once(node):
            return ("final",)
        case hir.InterruptNode(options=options) if options:
            return tuple(option.name for option in options)
        case hir.RouterNode(router=None):
            return ()
        case hir.RouterNode(router=hir.Ref(name)):
            return registry.routers[name].labels
        case hir.RouterNode() | hir.UnknownNode():
            return None
        case _:
            return KINDS[node.kind].labels


def calls_once(node: hir.Node) -> bool:
    """Whether an `agent` node makes one model call and leaves tool calls to its routes: they name `tool_call`."""
    return any(
        entry.label is not None and entry.label.name == "tool_call"
        for routing in node.routings
        if isinstance(routing, hir.Routes)
        for entry in routing.entries
    )
