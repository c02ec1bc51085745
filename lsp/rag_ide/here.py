"""What surrounds a place: the file, the cursor in it, and the graph, node or agent that it is in, as far as they are known."""

from __future__ import annotations

from rag_compiler import hir
from rag_compiler.pipeline import Analysis
from rag_ide.cursor import Cursor, cursor_at
from rag_ir.record import record


@record
class Here:
    """`graph`, `node` and `agent` are those of the newest analysis that has them."""

    analysis: Analysis
    path: str
    data: bytes
    cursor: Cursor
    graph: hir.Graph | None
    node: hir.Node | None
    agent: hir.Agent | None


def here_at(analysis: Analysis, path: str, offset: int, before: Analysis | None = None) -> Here | None:
    """What surrounds a byte offset of a source; null where there is no such source. `before` is an analysis of an earlier text."""
    file = next((file for file in analysis.files if file.path == path), None)
    if file is None:
        return None
    cursor = cursor_at(file.data, offset)
    graph = _graph(analysis, path, offset, cursor) or (_graph(before, path, offset, cursor) if before else None)
    level = cursor.level("node")
    node = graph.nodes.get(level.word(1)) if graph is not None and level is not None else None
    agent = _agent(analysis, cursor) or (_agent(before, cursor) if before else None)
    return Here(analysis, path, file.data, cursor, graph, node, agent)


def _graph(analysis: Analysis, path: str, offset: int, cursor: Cursor) -> hir.Graph | None:
    level = cursor.level("graph")
    if level is None:
        return None
    named = analysis.project.graphs.get(level.word(1))
    if named is not None and named.path == path:
        return named
    for graph in analysis.project.unnamed:
        if graph.path == path and graph.syntax.span.start <= offset <= graph.syntax.span.end:
            return graph
    return None


def _agent(analysis: Analysis, cursor: Cursor) -> hir.Agent | None:
    level = cursor.level("agent")
    return analysis.project.agents.get(level.word(1)) if level is not None else None
