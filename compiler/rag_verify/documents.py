"""The one gate: what the compiler proves of the shape of a document, and the runtime proves again of every one that it loads."""

from __future__ import annotations

from rag_ir.finding import Finding, pointer
from rag_ir.graph import Document
from rag_verify.accesses import World
from rag_verify.check_allowed import check_allowed
from rag_verify.graphs import check_graph
from rag_verify.recursion import check_recursion
from rag_verify.references import check_references
from rag_verify.unbuilt import check_unbuilt, check_unbuilt_agent, check_unbuilt_policy
from rag_verify.wholes import check_whole


def verify(document: Document) -> list[Finding]:
    """Every finding on a document of the right shape. With a name that leads nowhere, nothing else is looked at."""
    invalid = check_references(document)
    if invalid:
        return invalid
    found = check_allowed(document, document.policy)
    found += check_unbuilt_policy(document.policy)
    found += check_recursion(document)
    for name, agent in document.agents.items():
        found += check_unbuilt_agent(agent, pointer("agents", name))
    world = World(document.graphs, document.agents, {tool.name: tool for tool in document.requires.tools})
    for name, graph in document.graphs.items():
        found += check_unbuilt(graph, pointer("graphs", name))
        found += check_graph(graph, pointer("graphs", name), world)
    return [*found, *check_whole(document)]
