"""Refuse what the language has and no IR can say yet, at its keyword, or at the value that asks for it.

What the IR can say and no run can do is refused by `rag_verify.unbuilt`.
"""

from __future__ import annotations

from rag_compiler import hir, syntax
from rag_compiler.kinds import CHECKPOINTS, JOIN_OPTIONS
from rag_compiler.resolve_expressions import distinct
from rag_compiler.resolve_policies import bind_word, written_name
from rag_compiler.sink import Sink
from rag_compiler.words.names import unknown_key
from rag_compiler.words.values import not_built


def check_graph_built(graph: hir.Graph, sink: Sink) -> None:
    """The options of a graph's joins."""
    for item in graph.syntax.items:
        if isinstance(item, syntax.GraphJoin):
            for pair in distinct(item.options, sink):
                _check_option(pair, sink)


def check_node_built(graph: hir.Graph, node: hir.Node, sink: Sink) -> None:
    """`checkpoint` of a node: it has that of its graph, and can say so."""
    for item in node.syntax.items:
        if isinstance(item, syntax.RefItem) and item.keyword.text == "checkpoint" and item.name is not None:
            mode = bind_word(syntax.Variable(item.name), "checkpoint", CHECKPOINTS, sink)
            own = graph.checkpoint.word if graph.checkpoint else "every"
            if mode not in (None, "inherit", own):
                place, instead = sink.at(item.name.span), f"write `checkpoint {mode}` in the graph"
                sink.add(not_built(place, f"`checkpoint {mode}` of a node", instead))


def _check_option(pair: syntax.Pair, sink: Sink) -> None:
    """A join over declared nodes waits for all of them, and can say so."""
    place, word = sink.at(pair.key.span), pair.key.text
    if word not in JOIN_OPTIONS:
        sink.add(unknown_key(place, word, "`join`", JOIN_OPTIONS))
        return
    name = written_name(pair.value)
    if word != "wait" or name is None or name.text != "all":
        instead = "it waits for every source that can still arrive"
        sink.add(not_built(place, f"`{word}` of a join in a graph", instead))
