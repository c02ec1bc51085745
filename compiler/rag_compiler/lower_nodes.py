"""Graphs whose last brace was taken by a node that has none of its own: the brace is given back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_compiler.concrete import Concrete
from rag_compiler.kinds import KINDS
from rag_compiler.lowering import Lowering

LABELS = frozenset(label for kind in KINDS.values() for label in kind.labels)


def restored(low: Lowering, graph: Concrete) -> Concrete:
    """The graph as it is meant: what is missing is the brace of a node, and what stands behind that node is the graph's."""
    last = graph.children[-1] if graph.children else graph
    if last.kind != "missing_close":
        return graph
    names = {
        low.text(name) for child in graph.children if child.kind == "node_declaration" and (name := child.child("name"))
    }
    for at in range(len(graph.children) - 1, -1, -1):
        node = graph.children[at]
        if node.kind != "node_declaration" or node.children[-1].kind != "}":
            continue
        cut = _cut(low, node, names - LABELS)
        if cut is None:
            continue
        head = [*node.children[:cut], *_close(node, cut)]
        tail = [*node.children[cut:], *graph.children[at + 1 : -1]]
        whole = node._replace(children=tuple(head), end=head[-1].end)
        return graph._replace(children=(*graph.children[:at], whole, *_closed(tail)))
    return graph


def _cut(low: Lowering, node: Concrete, names: set[str]) -> int | None:
    """Where the items of the graph begin: at an edge from a node, or at the end of a node without any block."""
    for at, child in enumerate(node.children):
        if child.kind == "missing_open" and at + 2 == len(node.children):
            return at + 1
        if child.kind == "edge" and low.text(child.children[0]) in names:
            return at
    return None


def _close(node: Concrete, cut: int) -> Iterator[Concrete]:
    before = node.children[cut - 1]
    if before.kind != "missing_open":
        yield Concrete("missing_close", None, before.end, before.end, (), True)


def _closed(tail: Sequence[Concrete]) -> Sequence[Concrete]:
    """The brace of the node is that of the graph; it stands last."""
    brace = next(child for child in tail if child.kind == "}")
    return (*(child for child in tail if child is not brace), brace)
