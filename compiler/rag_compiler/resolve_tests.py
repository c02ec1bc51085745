"""Bind the names inside a `test`: its graph, the models and tools that it scripts, the nodes that it answers for."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler import hir, syntax
from rag_compiler.diagnostics import Place
from rag_compiler.names import Names
from rag_compiler.resolve_names import bind_capability
from rag_compiler.sink import Sink
from rag_compiler.words.names import unknown_field, unknown_node


def bind_test(test: syntax.Test, graphs: Mapping[str, hir.Graph], names: Names, sink: Sink) -> None:
    """Report what a test names and nothing declares."""
    graph = _graph(test, graphs, names, sink)
    for item in test.items:
        match item:
            case syntax.Script(keyword, name, span=span) if keyword.text in ("model", "tool"):
                bind_capability("model" if keyword.text == "model" else "tool", name, names, sink, span)
            case syntax.Script(name=syntax.Name() as node) if graph:
                _node(node, graph, sink)
            case syntax.BlockItem(keyword, pairs) if keyword.text == "input" and graph and graph.input is not None:
                known = {field.name.name: Place(graph.path, field.name.span) for field in graph.input}
                for pair in pairs:
                    if pair.key.text not in known:
                        owner = f"the input of graph `{graph.name.name}`"
                        sink.add(unknown_field(sink.at(pair.key.span), pair.key.text, owner, known))
            case _:
                pass


def _graph(test: syntax.Test, graphs: Mapping[str, hir.Graph], names: Names, sink: Sink) -> hir.Graph | None:
    for item in test.items:
        if isinstance(item, syntax.RefItem) and item.keyword.text == "graph":
            bound = bind_capability("graph", item.name, names, sink, item.span)
            return graphs.get(bound.name) if isinstance(bound, hir.Ref) else None
    return None


def _node(name: syntax.Name, graph: hir.Graph, sink: Sink) -> None:
    if "/" not in name.text and name.text not in graph.nodes:
        nodes = {key: Place(graph.path, node.name.span) for key, node in graph.nodes.items()}
        place, role = sink.at(name.span), "answered node"
        sink.add(unknown_node(place, name.text, role, graph.name.name, nodes, end=False, elsewhere=""))
