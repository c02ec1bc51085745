"""Check: do the parts fit together?

In:  the HIR of a project, and its syntax trees for what the HIR has dropped.
Out: diagnostics about items, routing, labels, sends, joins, limits and values. What is a hole has been reported already.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir, syntax
from rag_compiler.check_built import check_graph_built, check_node_built
from rag_compiler.check_calls import check_calls, check_recursion, sent_to
from rag_compiler.check_flags import check_flags
from rag_compiler.check_graphs import check_graph
from rag_compiler.check_items import check_agent_items, check_graph_items, check_node_items, check_test_items
from rag_compiler.check_routing import check_routing
from rag_compiler.check_sends import check_sends
from rag_compiler.check_types import check_agent_types, check_graph_types, check_test_types
from rag_compiler.check_values import check_fields, check_graph_values, schemas
from rag_compiler.check_writes import check_writes
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.names import declarations
from rag_compiler.sink import Sink
from rag_compiler.type_of_graphs import project_types
from rag_registry.registry import Registry


def check(project: hir.Project, files: Sequence[tuple[str, syntax.File]], registry: Registry) -> list[Diagnostic]:
    """Everything that is wrong with the structure of the project."""
    found: list[Diagnostic] = []
    types, relations = schemas(project.types), project_types(project)
    for graph in (*project.graphs.values(), *project.unnamed):
        sink = Sink(graph.path, found)
        check_graph_items(graph, sink)
        check_graph_built(graph, sink)
        check_graph(graph, project.agents, sink)
        check_graph_values(graph, types, sink)
        check_flags(graph, sink)
        sent = sent_to(graph)
        for node in graph.nodes.values():
            check_node_items(graph, node, sink)
            check_node_built(graph, node, sink)
            check_routing(node, registry, sink)
            check_sends(node, sink)
            check_writes(graph, node, project, registry, sink)
            check_calls(graph, node, sent, project, registry, sink)
        check_graph_types(graph, project, registry, relations, sink)
    for agent in project.agents.values():
        if agent.syntax and agent.origin.path is not None:
            sink = Sink(agent.origin.path, found)
            check_agent_items(agent, agent.syntax, sink)
            check_fields(agent.input, types, sink)
            check_agent_types(agent, relations, sink)
    for path, declaration in declarations(files):
        if isinstance(declaration, syntax.Test):
            check_test_items(declaration, Sink(path, found))
    for test in project.tests:
        check_test_types(test, project, relations, Sink(test.path, found))
    check_recursion(project, found)
    return found
