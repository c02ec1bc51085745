"""Mends a selection: the fixes of its project are applied to what is wanted of it, in memory; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence

from rag_cli.gate import Gate, gate
from rag_cli.selection import Selection
from rag_compiler.apply_fixes import Round, Texts, Wanted, apply_fixes
from rag_compiler.diagnostics import Diagnostic, Fix
from rag_compiler.reader import Reader
from rag_compiler.source import SourceFile
from rag_ir.record import record
from rag_project.manifest import NAME


@record
class Mending:
    """What became of a selection. `before` and `after` are texts by their paths below the root: those that changed.

    `passed` is the project afterwards.
    """

    before: Texts
    after: Texts
    rounds: tuple[Round, ...]
    passed: Gate


def mend(selection: Selection, wanted: Wanted) -> Mending:
    """Applies the wanted fixes that touch nothing but what is selected. A manifest is, with its project or by its name."""
    workshop = _Workshop(selection)

    def allowed(diagnostic: Diagnostic, fix: Fix) -> bool:
        return all(edit.place.path in workshop.texts for edit in fix.edits) and wanted(diagnostic, fix)

    mended = apply_fixes(workshop.texts, workshop.diagnose, allowed)
    changed = [path for path, text in mended.texts.items() if text != workshop.texts[path]]
    before = {path: workshop.texts[path] for path in changed}
    after = {path: mended.texts[path] for path in changed}
    return Mending(before, after, mended.rounds, workshop.check(mended.texts))


class _Workshop:
    """A project with some of its texts replaced. `texts` are those that may be changed, as they stand now."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._reader = Reader()
        passed = self.check({})
        self.texts = {file.path: file.data for file in passed.analysis.files if selection.wants(file.path)}
        manifest = selection.project.manifest
        if manifest is not None and selection.wants(NAME):
            self.texts[NAME] = manifest.data

    def check(self, texts: Texts) -> Gate:
        """The project with these texts in place of its own."""
        project = self._selection.project
        if NAME in texts and project.manifest is not None and texts[NAME] != project.manifest.data:
            project = project.with_manifest(texts[NAME])
        extra = {file.path: file for file in self._selection.extra.values()}
        extra |= {path: SourceFile(path, text) for path, text in texts.items() if path != NAME}
        return gate(project, list(extra.values()), self._reader)

    def diagnose(self, texts: Texts) -> Sequence[Diagnostic]:
        return self.check(texts).diagnostics
