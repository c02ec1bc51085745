"""Where what is named at a place is declared: in a source, or in the manifest."""

from __future__ import annotations

from rag_compiler.diagnostics import Place
from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_ide.subjects import Subject, index, registered_at
from rag_ir.finding import pointer
from rag_ir.record import record


@record
class Definition:
    """The name that was asked about, and where its declarations stand."""

    origin: Place
    targets: tuple[Place, ...]


def definition(analysis: Analysis, path: str, offset: int) -> Definition | None:
    """The declaration of the name at a byte offset; null where no bound name stands."""
    found = index(analysis).at(path, offset)
    if found is None:
        return None
    targets = declarations(analysis, found.subject)
    return Definition(found.place, targets) if targets else None


def declarations(analysis: Analysis, subject: Subject) -> tuple[Place, ...]:
    """Where a subject is declared, in the order of the text."""
    named = tuple(each.place for each in index(analysis).of(subject) if each.role == "declaration")
    return named or _in_manifest(analysis, subject)


def _in_manifest(analysis: Analysis, subject: Subject) -> tuple[Place, ...]:
    entry = registered_at(subject)
    if analysis.manifest is None or entry is None:
        return ()
    from rag_registry.positions import positions

    found = positions(analysis.manifest.data).get(pointer(*entry))
    return (Place(analysis.manifest.path, Span(*found[0])),) if found is not None else ()
