"""Graphs do not call each other without an end: there is nothing in the language that could bound it."""

from __future__ import annotations

from rag_ir import graph as ir
from rag_ir.finding import Finding, pointer
from rag_ir.graph import Document
from rag_verify.flow import components


def check_recursion(document: Document) -> list[Finding]:
    """One finding for each set of graphs that call each other, at its first graph."""
    calls = {name: _calls(graph) for name, graph in document.graphs.items()}
    found: list[Finding] = []
    for component in components(document.graphs, calls):
        name = min(component)
        if len(component) > 1 or name in calls[name]:
            names = ", ".join(f"`{each}`" for each in sorted(component))
            found.append(
                Finding("graph-recursion", pointer("graphs", name), f"graphs call each other without an end: {names}")
            )
    return sorted(found, key=lambda finding: finding.at)


def _calls(graph: ir.Graph) -> list[str]:
    return [node.behaviour.graph for node in graph.nodes if isinstance(node.behaviour, ir.Subgraph)]
