"""What `rag graph` draws: a graph as far as it is whole, with what is said of its nodes."""

from __future__ import annotations

from pathlib import Path

from rag_cli.files import read_bytes, shown
from rag_cli.marks import Marks, marks_of, marks_of_findings
from rag_cli.printable import counted
from rag_cli.target import is_ir, manifest_of, of_ir, path_in, print_diagnostics, project_of
from rag_cli.trouble import FAILED, Trouble
from rag_ir.graph import Document
from rag_ir.record import record


@record
class Sketch:
    """A document, perhaps with holes, the root of its project, what is said of its nodes, and how many errors its source has."""

    document: Document
    root: Path
    marks: Marks
    errors: int


def sketch(file: str, graph: str | None) -> Sketch:
    """The sketch of a file. Errors are printed; `Trouble` where they leave nothing to draw, and for an IR that does not hold."""
    data = read_bytes(file)
    if is_ir(file, data):
        from rag_verify import verify

        found = of_ir(file, data, graph)
        return Sketch(found.document, found.root, marks_of_findings(found.document, verify(found.document)), 0)
    return _of_source(file, data, graph)


def _of_source(file: str, data: bytes, graph: str | None) -> Sketch:
    from rag_cli.gate import gate
    from rag_compiler.pipeline import GENERATOR, compile_graph, entry_of
    from rag_compiler.source import SourceFile

    opened = project_of(file, None)
    path = path_in(file, opened)
    passed = gate(opened, [SourceFile(path, data)])
    analysis = passed.analysis
    made = compile_graph(analysis, graph, path)
    errors = [] if isinstance(made, Document) else list(made)
    errors += [it for it in passed.diagnostics if it.place.path == manifest_of(opened) and it.severity == "error"]
    errors = list(dict.fromkeys(errors))
    if errors:
        print_diagnostics(passed, errors)
    if not isinstance(made, Document):
        from rag_compiler.link import link

        entry = entry_of(analysis, graph, path)
        graph_drawn = analysis.program.graphs.get(entry) if isinstance(entry, str) else None
        if not isinstance(entry, str) or graph_drawn is None or not graph_drawn.nodes:
            raise Trouble(
                f"{shown(file)} has no graph that can be drawn: {counted(len(errors), 'error')}", status=FAILED
            )
        made = link(analysis.program, entry).document(analysis.registry, analysis.files, GENERATOR)
    return Sketch(made, opened.root, marks_of(analysis, passed.diagnostics), len(errors))
