"""The graph that a command works on: compiled from a source by the one gate, or read from an IR."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import STDIN, read_bytes, shown
from rag_cli.printable import counted
from rag_cli.terminal import columns, palette, say
from rag_cli.trouble import FAILED, REFUSED, Trouble
from rag_ir.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_cli.gate import Gate
    from rag_compiler.diagnostics import Diagnostic
    from rag_compiler.source import SourceFile
    from rag_ir.graph import Document
    from rag_project.project import Project
    from rag_registry.registry import Registry

SUFFIX = ".rag"


@record
class Target:
    """A document with the root and the registry of its project. `warnings` counts those about what it comes from."""

    document: Document
    root: Path
    registry: Registry
    warnings: int = 0


def configure_target(parser: Parser, *, ir: bool) -> None:
    """Declares the arguments that name a graph."""
    what = "a source or an IR" if ir else "a source"
    parser.add_argument("file", metavar="FILE", help=f"{what}; `-` for standard input")
    parser.add_argument("--graph", metavar="NAME", help="the entry graph, where the file holds several")


def target(file: str, graph: str | None, project: str | None = None) -> Target:
    """The target of a file. Errors of a source are printed; `Trouble` for them, and for an IR that does not hold."""
    data = read_bytes(file)
    return of_ir(file, data, graph, project) if is_ir(file, data) else compiled(file, data, graph, project)


def is_ir(file: str, data: bytes) -> bool:
    """Whether a file is a compiled graph rather than a source."""
    return not file.endswith(SUFFIX) and data.lstrip()[:1] == b"{"


def of_ir(file: str, data: bytes, graph: str | None, project: str | None = None) -> Target:
    """The target of an IR, given its bytes. `Trouble` for one that does not hold."""
    if graph is not None:
        raise Trouble(f"`--graph` chooses among graphs of a source, and {shown(file)} is an IR", "leave it out")
    from collections import Counter

    from rag_cli.run_place import place_of
    from rag_ir.codec import decode
    from rag_verify import verify
    from rag_verify.review import from_elsewhere

    document, findings = decode(data)
    if document is not None:
        findings = verify(document)
    levels = Counter(finding.severity for finding in findings)
    if document is None or levels["error"]:
        first = next(finding for finding in findings if finding.severity == "error")
        where = f" at {first.at}" if first.at else ""
        raise Trouble(f"{shown(file)} is refused{where}: {first.message} ({first.code})", first.help, REFUSED)
    place = place_of(project, None, None if file == STDIN else Path(file).parent)
    place.heed(document)
    return Target(from_elsewhere(document), place.root, place.registry, levels["warning"])


def compiled(
    file: str,
    data: bytes,
    graph: str | None,
    project: str | None = None,
    *,
    warn: bool = False,
    beside: Sequence[SourceFile] = (),
) -> Target:
    """The target of a source, given its bytes. With `warn`, warnings are printed as errors are.

    Sources `beside` it stand in place of those of their paths.
    """
    from rag_cli.gate import gate
    from rag_compiler.diagnostics import in_order
    from rag_compiler.pipeline import compile_graph
    from rag_compiler.source import SourceFile
    from rag_ir.graph import Document
    from rag_project.manifest import NAME

    opened = project_of(file, project)
    path = path_in(file, opened)
    passed = gate(opened, [SourceFile(path, data), *beside])
    broken = [
        each for each in passed.diagnostics if each.place.path == manifest_of(opened) and each.severity == "error"
    ]
    made = compile_graph(passed.analysis, graph, path)
    kept = _concerning(broken, made, opened) if isinstance(made, Document) else [*broken, *made]
    if kept or not isinstance(made, Document):
        errors = in_order([*dict.fromkeys(kept)])
        print_diagnostics(passed, errors)
        raise Trouble(f"{shown(file)} does not compile: {counted(len(errors), 'error')}", status=FAILED)
    if broken:
        from rag_cli.heed import warn as warn_of

        warn_of(len(broken), shown(Path(passed.folder, NAME)), made.entry)
    reached = {*made.provenance.sources, manifest_of(opened)}
    warnings = [each for each in passed.diagnostics if each.severity != "error" and each.place.path in reached]
    if warn:
        print_diagnostics(passed, warnings)
    return Target(made, opened.root, opened.registry, sum(each.severity == "warning" for each in warnings))


def _concerning(broken: Sequence[Diagnostic], made: Document, opened: Project) -> list[Diagnostic]:
    """Of what is wrong in the manifest, what concerns the document."""
    if not broken or opened.manifest is None:
        return []
    from rag_registry.concerns import concerns, used_entries
    from rag_registry.positions import pointer_at

    used, data = used_entries(made, opened.registry), opened.manifest.data
    return [each for each in broken if concerns(pointer_at(data, each.place.span.start), used)]


def project_of(file: str, project: str | None) -> Project:
    """The project of a source: the named one, else the one around it."""
    from rag_project.project import open_project

    if file == STDIN:
        return open_project(Path(project or "."))
    if project is None:
        return open_project(Path(file))
    chosen = Path(file)
    return replace(open_project(Path(project)), chosen=chosen.parent.resolve() / chosen.name)


def path_in(file: str, project: Project) -> str:
    """The file's path below the project's root, as its analysis has it."""
    if file == STDIN:
        return STDIN
    from rag_project.files import shown as name

    return name(Path(file).parent.resolve() / Path(file).name, project.root)


def manifest_of(project: Project) -> str | None:
    """The path of a project's manifest, if it has one."""
    return None if project.manifest is None else project.manifest.path


def print_diagnostics(passed: Gate, diagnostics: Sequence[Diagnostic]) -> None:
    """Draws diagnostics on standard error."""
    from rag_cli.gate import shown as shown_diagnostics
    from rag_cli.render_full import render_full

    found = shown_diagnostics(passed, diagnostics)
    if found.diagnostics:
        say(render_full(found.diagnostics, found.files, palette(sys.stderr), columns(sys.stderr)).rstrip("\n") + "\n")
