"""Where the name at a place is named elsewhere: in sources, and in the manifest if that declares it."""

from __future__ import annotations

from rag_compiler.diagnostics import Place
from rag_compiler.pipeline import Analysis
from rag_ide.definition import declarations
from rag_ide.subjects import Occurrence, index


def references(analysis: Analysis, path: str, offset: int, *, declared: bool) -> tuple[Place, ...]:
    """Every place where the subject at a byte offset is named, by file and position; `declared`: its declarations too."""
    found = index(analysis).at(path, offset)
    if found is None:
        return ()
    uses = {each.place for each in index(analysis).of(found.subject) if each.role != "declaration"}
    places = uses | set(declarations(analysis, found.subject)) if declared else uses
    return tuple(sorted(places, key=lambda place: (place.path, place.span)))


def highlights(analysis: Analysis, path: str, offset: int) -> tuple[Occurrence, ...]:
    """The places in one file where the subject at a byte offset is named, with what happens to it there."""
    found = index(analysis).at(path, offset)
    if found is None:
        return ()
    here = (each for each in index(analysis).of(found.subject) if each.place.path == path)
    return tuple(sorted(here, key=lambda each: each.place.span))
