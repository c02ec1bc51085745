"""Whole: everything of a project that can be looked at together, as one document that is never written out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from rag_compiler import hir, syntax
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.emit import Program
from rag_compiler.report import ir_diagnostics
from rag_ir.finding import pointer
from rag_ir.graph import IR_VERSION, Document, Provenance
from rag_registry.registry import Registry
from rag_verify.names_used import NamesUsed, names_of_graph, names_used
from rag_verify.requirements import policy_of, require
from rag_verify.wholes import check_whole


def check_whole_project(
    project: hir.Project,
    program: Program,
    registry: Registry,
    broken: Sequence[Diagnostic],
    in_manifest: Callable[[str], Place],
) -> list[Diagnostic]:
    """The analyses that look at all graphs of a project together: at those whose text is whole, each as one that may be run."""
    sound = [name for name in program.graphs if _is_sound(project.graphs[name], broken)]
    document = whole(program, registry, sound)
    found = check_whole(document, sound)
    places = program.places
    if any(finding.at.startswith(("/requires", "/agents")) for finding in found):
        places = {**_places_in_manifest(document, in_manifest), **places}
    return ir_diagnostics(found, places)


def _is_sound(graph: hir.Graph, broken: Sequence[Diagnostic]) -> bool:
    span = graph.syntax.span
    return not any(isinstance(item, syntax.UnknownItem) for item in graph.syntax.items) and not any(
        each.severity == "error" and each.place.path == graph.path and span.start <= each.place.span.start <= span.end
        for each in broken
    )


def whole(program: Program, registry: Registry, graphs: Collection[str]) -> Document:
    """The document of some of a program's graphs, with all of its agents. It has no entry that means anything, and no digest."""
    kept = {name: graph for name, graph in program.graphs.items() if name in graphs}
    used = NamesUsed()
    for graph in kept.values():
        used |= names_of_graph(graph)
    for agent in program.agents.values():
        used |= names_used(agent)
    return Document(
        ir=IR_VERSION,
        entry="",
        graphs=kept,
        agents=program.agents,
        types=program.types,
        requires=require(used, registry),
        policy=policy_of(registry),
        provenance=Provenance(origin="file", generator="", sources={}, registry=""),
        source_map={},
        docs={},
        digest="",
    )


def _places_in_manifest(document: Document, place: Callable[[str], Place]) -> dict[str, Place]:
    """Where what a document requires stands in the manifest, and its agents; `place` gives the place of a manifest's pointer."""
    kinds = {
        "models": [entry.name for entry in document.requires.models],
        "tools": [entry.name for entry in document.requires.tools],
    }
    found = {
        pointer("requires", kind, index): place(pointer(kind, name))
        for kind, names in kinds.items()
        for index, name in enumerate(names)
    }
    return found | {pointer("agents", name): place(pointer("agents", name)) for name in document.agents}
