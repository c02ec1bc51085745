"""The one gate: a project read from disk, analysed, and its diagnostics as they are shown. Sources come through here only."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from rag_cli.files import STDIN, folder_of
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.pipeline import Analysis, Read, read
from rag_compiler.source import SourceFile
from rag_ir.record import record, replace
from rag_project.diagnose import diagnose
from rag_project.project import Project


@record
class Gate:
    """An analysed project. `folder` is its root relative to where the command runs, empty for that itself.

    `diagnostics` are all there are, in order, with paths below the project's root.
    """

    project: Project
    folder: str
    analysis: Analysis
    diagnostics: tuple[Diagnostic, ...]


@record
class Shown:
    """Diagnostics with the paths that people see, and the files that they point into, by those paths."""

    diagnostics: tuple[Diagnostic, ...]
    files: dict[str, SourceFile]


def gate(project: Project, extra: Sequence[SourceFile] = (), reader: Callable[[SourceFile], Read] = read) -> Gate:
    """Reads and analyses a project; `extra` files stand beside those on disk, or in place of them. `reader` is that of `analyse`."""
    sources, unreadable = project.sources()
    with _uncollected():
        analysis, diagnostics = diagnose(project, (*sources, *extra), unreadable, reader)
    return Gate(project, folder_of(project.root), analysis, diagnostics)


@contextmanager
def _uncollected() -> Generator[None]:
    """The collector of cycles keeps away from trees that are needed until the command ends: walking them takes a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def shown(gate: Gate, diagnostics: Sequence[Diagnostic]) -> Shown:
    """Some of a gate's diagnostics, as they are shown."""
    kept = tuple(_moved(each, gate.folder) for each in diagnostics)
    files = [*gate.analysis.files, *([gate.project.manifest] if gate.project.manifest else [])]
    known = {
        shown_under(gate.folder, file.path): SourceFile(shown_under(gate.folder, file.path), file.data)
        for file in files
    }
    for diagnostic in kept:
        for place in (diagnostic.place, *(label.place for label in (*diagnostic.related, *diagnostic.flow))):
            known.setdefault(place.path, SourceFile(place.path, b""))
    return Shown(kept, known)


def _moved(diagnostic: Diagnostic, folder: str) -> Diagnostic:
    """The diagnostic with every path as it is shown."""
    if not folder:
        return diagnostic
    return replace(
        diagnostic,
        place=_place(diagnostic.place, folder),
        related=_labels(diagnostic.related, folder),
        flow=_labels(diagnostic.flow, folder),
        fixes=tuple(
            Fix(fix.title, tuple(Edit(_place(edit.place, folder), edit.text) for edit in fix.edits), fix.applicability)
            for fix in diagnostic.fixes
        ),
    )


def _labels(labels: Sequence[Label], folder: str) -> tuple[Label, ...]:
    return tuple(Label(_place(label.place, folder), label.message) for label in labels)


def _place(place: Place, folder: str) -> Place:
    return Place(shown_under(folder, place.path), place.span)


def shown_under(folder: str, path: str) -> str:
    """The path of a project's file as it is shown, given the project's folder as it is shown."""
    return f"{folder}/{path}" if folder and path != STDIN and not path.startswith("/") else path
