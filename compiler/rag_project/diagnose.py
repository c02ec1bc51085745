"""Everything that is wrong with a project: its analysis, what its manifest says of itself, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rag_compiler.diagnostics import Diagnostic, in_order
from rag_compiler.pipeline import Analysis, Read, analyse, read
from rag_compiler.report import manifest_diagnostics, with_severities
from rag_compiler.source import SourceFile
from rag_project.project import Project


def diagnose(
    project: Project,
    files: Iterable[SourceFile],
    unreadable: Sequence[Diagnostic],
    reader: Callable[[SourceFile], Read] = read,
) -> tuple[Analysis, tuple[Diagnostic, ...]]:
    """The analysis of a project's files (of two with one path, the later one), and all diagnostics in order."""
    given = {file.path: file for file in files}
    analysis = analyse(list(given.values()), project.registry, project.manifest, reader)
    own: list[Diagnostic] = []
    if project.manifest is not None:
        own = manifest_diagnostics(project.findings, project.manifest.path, project.manifest.data)
    told = with_severities([*own, *unreadable], project.registry.severities)
    return analysis, tuple(in_order([*told, *analysis.diagnostics]))
