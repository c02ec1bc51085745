"""The pipeline: parse, lower, resolve, check, emit, verify, over all files of a project.

Each pass runs on what is whole; nothing here raises on any input. An `Analysis` is a value: the same files and registry give
the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from rag_compiler import hir, syntax
from rag_compiler.cascade import without_cascades
from rag_compiler.check import check
from rag_compiler.check_calls import graph_calls
from rag_compiler.diagnostics import Diagnostic, Place, in_order
from rag_compiler.emit import Program, emit
from rag_compiler.lower import lower
from rag_compiler.lower_text import lower_text
from rag_compiler.parse import parse
from rag_compiler.report import ir_diagnostics, manifest_place, with_severities
from rag_compiler.resolve import MANIFEST, resolve
from rag_compiler.source import SourceFile, Span
from rag_compiler.suppress import suppress
from rag_compiler.whole import check_whole_project
from rag_compiler.words.graphs import ambiguous_entry, no_graphs
from rag_compiler.words.names import unknown_capability
from rag_ir.finding import Finding, pointer
from rag_ir.graph import Document
from rag_ir.record import record
from rag_ir.version import VERSION
from rag_registry.concerns import Entry, concerns
from rag_registry.registry import Registry
from rag_verify import verify
from rag_verify.accesses import World
from rag_verify.check_allowed import check_graph_allowed
from rag_verify.graphs import check_graph
from rag_verify.unbuilt import check_unbuilt, check_unbuilt_agent

GENERATOR = f"raglang {VERSION}"

Read = tuple[syntax.File, tuple[Diagnostic, ...]]


@record
class Analysis:
    """Everything that is known of a project's files. `trees` stand in the order of `files`; `diagnostics` are in order."""

    files: tuple[SourceFile, ...]
    manifest: SourceFile | None
    registry: Registry
    trees: tuple[syntax.File, ...]
    project: hir.Project
    program: Program
    diagnostics: tuple[Diagnostic, ...]


def read(file: SourceFile) -> Read:
    """A file's syntax tree, and what is wrong with its text: what one file gives does not depend on any other."""
    parsed, refused = parse(file)
    tree, broken = lower(parsed)
    return tree, (*refused, *broken)


def analyse(
    files: Sequence[SourceFile],
    registry: Registry,
    manifest: SourceFile | None = None,
    reader: Callable[[SourceFile], Read] = read,
) -> Analysis:
    """The analysis of all files of a project. With the manifest's text, findings on what it says are placed in it.

    `reader` gives what `read` does; one that remembers makes up for files that have not changed.
    """
    files = tuple(sorted(files, key=lambda file: file.path))
    texts_read = [reader(file) for file in files]
    broken = [diagnostic for _, found in texts_read for diagnostic in found]
    trees = tuple(tree for tree, _ in texts_read)
    named = [(file.path, tree) for file, tree in zip(files, trees, strict=True)]
    place = manifest_place(manifest, MANIFEST)
    project, unbound = resolve(named, registry, lower_text, place)
    unfit = check(project, named, registry)
    program = emit(project, registry)
    findings = _verify(project, program, registry, broken, [*unbound, *unfit])
    together = check_whole_project(project, program, registry, broken, place)
    listed = [*broken, *unbound, *unfit, *ir_diagnostics(findings, program.places), *together]
    found = _explained(listed, files) if listed else listed
    texts = list(zip(files, trees, strict=True))
    kept = with_severities(without_cascades(suppress(found, texts), texts), registry.severities)
    return Analysis(files, manifest, registry, trees, project, program, tuple(in_order(kept)))


def _verify(
    project: hir.Project,
    program: Program,
    registry: Registry,
    broken: Sequence[Diagnostic],
    wrong: Sequence[Diagnostic],
) -> list[Finding]:
    """The graph analyses, on every graph whose text is whole. What is `wrong` in it, or in no graph, may hide some of it."""
    errors = [diagnostic.place for diagnostic in broken if diagnostic.severity == "error"]
    holes = [diagnostic.place for diagnostic in wrong if diagnostic.severity == "error"]
    spans = [(graph.path, graph.syntax.span) for graph in project.graphs.values()]
    hidden = [place for place in holes if not any(_inside(place, *span) for span in spans)] if holes else []
    findings: list[Finding] = []
    for name, agent in program.agents.items():
        findings += check_unbuilt_agent(agent, pointer("agents", name))
    world = World(program.graphs, program.agents, registry.tools)
    for name, graph in program.graphs.items():
        findings += check_unbuilt(graph, pointer("graphs", name))
        findings += check_graph_allowed(graph, pointer("graphs", name))
        declared = project.graphs[name]
        unknown = any(isinstance(item, syntax.UnknownItem) for item in declared.syntax.items)
        if not unknown and not any(_inside(place, declared.path, declared.syntax.span) for place in errors):
            torn = hidden or any(_inside(place, declared.path, declared.syntax.span) for place in holes)
            whole = registry.readable and not torn
            findings += check_graph(graph, pointer("graphs", name), world, whole=whole)
    return findings


def _explained(found: Sequence[Diagnostic], files: Sequence[SourceFile]) -> list[Diagnostic]:
    """The diagnostics, those that one slip explains said to be about that."""
    from rag_compiler.doubled import with_doubled
    from rag_compiler.foreign_lines import with_foreign_lines
    from rag_compiler.forgotten import with_forgotten

    by_path = {file.path: file for file in files}
    return with_forgotten(with_foreign_lines(with_doubled(found, by_path), by_path), by_path)


def _inside(place: Place, path: str, span: Span) -> bool:
    return place.path == path and span.start <= place.span.start <= span.end


def compile_graph(
    analysis: Analysis, graph: str | None, path: str | None = None, generator: str = GENERATOR
) -> Document | tuple[Diagnostic, ...]:
    """The sealed document of an entry graph, or the errors that keep it from being one.

    The entry is `graph`, else the only graph of the file `path` (of the project, without one), else the only one there that no
    other calls. Errors count in every file that the entry reaches.
    """
    entry = entry_of(analysis, graph, path)
    if isinstance(entry, Diagnostic):
        errors = tuple(each for each in analysis.diagnostics if each.severity == "error")
        return errors or (entry,)
    from rag_compiler.link import link

    linked = link(analysis.program, entry)
    reached = {analysis.project.graphs[name].path for name in linked.graphs}
    manifest = analysis.manifest.path if analysis.manifest else MANIFEST
    agents = [(name, analysis.project.agents[name].origin.path) for name in linked.agents]
    reached |= {path for _, path in agents if path is not None}
    reached |= {analysis.project.types[name].path for name in linked.types}
    registered = {("agents", name) for name, path in agents if path is None}
    errors = tuple(
        each
        for each in analysis.diagnostics
        if each.severity == "error"
        and (_concerns(each, analysis.manifest, registered) if each.place.path == manifest else _touches(each, reached))
    )
    if errors:
        return errors
    sources = [file for file in analysis.files if file.path in reached]
    document = linked.document(analysis.registry, sources, generator)
    return _refused(document, analysis, manifest) or document


def _refused(document: Document, analysis: Analysis, manifest: str) -> tuple[Diagnostic, ...]:
    """What the gate has against a document: holes whose reason stands in the manifest, and is reported there."""
    levels = analysis.registry.severities
    findings = [each for each in verify(document) if levels.get(each.code, each.severity) == "error"]
    in_manifest = manifest_place(analysis.manifest, manifest)
    whole = {"": Place(manifest, Span(0, 0)), "/policy/max_budget": in_manifest("/policy/max_budget")}
    placed = ir_diagnostics(findings, {**whole, **analysis.program.places})
    return tuple(in_order(placed))


def _concerns(diagnostic: Diagnostic, manifest: SourceFile | None, used: Collection[Entry]) -> bool:
    """Whether what is wrong in a manifest concerns those who use some of its entries."""
    if manifest is None:
        return bool(used)
    from rag_registry.positions import pointer_at

    return concerns(pointer_at(manifest.data, diagnostic.place.span.start), used)


def _touches(diagnostic: Diagnostic, paths: Iterable[str]) -> bool:
    return diagnostic.place.path in paths or any(label.place.path in paths for label in diagnostic.related)


def entry_of(analysis: Analysis, name: str | None, path: str | None) -> str | Diagnostic:
    """The name of the entry graph, or why there is none."""
    graphs = analysis.project.graphs
    here = [each for each in graphs.values() if path is None or each.path == path]
    start = Place(path or (analysis.files[0].path if analysis.files else ""), Span(0, 0))
    if name is not None:
        if name in graphs:
            return name
        declared = {each.name.name: Place(each.path, each.name.span) for each in graphs.values()}
        return unknown_capability("unknown-graph", start, "graph", name, graphs, declared, "")
    if not here:
        return no_graphs(start)
    called = {ref.name for each in graphs.values() for ref in graph_calls(each) if ref.name != each.name.name}
    roots = [each for each in here if each.name.name not in called] if len(here) > 1 else here
    if len(roots) == 1:
        return roots[0].name.name
    choice = roots or here
    return ambiguous_entry(start, {each.name.name: Place(each.path, each.name.span) for each in choice})
