"""A project on disk: its root, what its manifest and its tools say, and its sources.

Nothing here raises for what stands on disk: what cannot be read is a finding about the manifest or a diagnostic.
"""

from __future__ import annotations

from pathlib import Path

from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.source import SourceFile, Span
from rag_ir.finding import Finding
from rag_ir.record import record, replace
from rag_project.files import Unreadable, inside, read_file, shown
from rag_project.manifest import NAME, find_root, load_manifest, with_tools
from rag_project.sources import find_sources
from rag_registry.manifest import empty_registry, read_manifest
from rag_registry.positions import positions
from rag_registry.registry import Registry

LARGEST_SOURCE = 1024 * 1024


@record
class Project:
    """A project, or (`manifest` null) a single file without one.

    Paths in `manifest`, findings and sources are below `root`. `findings` are about the manifest. `chosen` is the file that was
    asked for, if one was: it is a source even where no glob matches it.
    """

    root: Path
    registry: Registry
    manifest: SourceFile | None
    findings: tuple[Finding, ...]
    chosen: Path | None

    def sources(self) -> tuple[list[SourceFile], list[Diagnostic]]:
        """Every source in the order of paths, and what cannot be read, told at the manifest's `sources`."""
        paths: list[Path] = [] if self.chosen is None else [self.chosen]
        diagnostics: list[Diagnostic] = []
        if self.manifest is not None and self.registry.readable:
            globs = self.registry.project.sources
            found = find_sources(self.root, globs)
            chosen = {path.resolve() for path in paths}
            paths.extend(path for path in found.paths if path.resolve() not in chosen)
            diagnostics.extend(self._refused(path) for path in found.refused)
            diagnostics.extend(self._fruitless(globs[index]) for index in found.fruitless if self._range(globs[index]))
        return self._read(sorted(paths), diagnostics), diagnostics

    def with_manifest(self, data: bytes) -> Project:
        """The same project, had its manifest these bytes."""
        registry, findings = read_manifest(data)
        registry, unreadable = with_tools(self.root, registry)
        return replace(self, registry=registry, manifest=SourceFile(NAME, data), findings=(*findings, *unreadable))

    def _read(self, paths: list[Path], diagnostics: list[Diagnostic]) -> list[SourceFile]:
        files: list[SourceFile] = []
        for path in paths:
            name = shown(path, self.root)
            try:
                files.append(SourceFile(name, read_file(path, LARGEST_SOURCE)))
            except Unreadable as unreadable:
                place = Place(name, Span(0, 0)) if self.manifest is None else self._place("")
                diagnostics.append(Diagnostic("unreadable-file", place, f"`{name}` {unreadable}"))
        return files

    def _refused(self, path: Path) -> Diagnostic:
        what = (
            "is a link to a folder, which is not followed"
            if inside(path, self.root)
            else "leads outside of the project"
        )
        return Diagnostic("unreadable-file", self._place(""), f"`{shown(path, self.root)}` {what}")

    def _fruitless(self, glob: str) -> Diagnostic:
        return Diagnostic("unreadable-file", self._place(glob), f"`{glob}` matches no `.rag` file inside the project")

    def _place(self, glob: str) -> Place:
        """A glob in the manifest, or all of them."""
        start, end = self._range(glob) or (0, 0)
        return Place(NAME, Span(start, end))

    def _range(self, glob: str) -> tuple[int, int] | None:
        """Where the manifest's text has a glob (empty: all of them), if it has."""
        data = self.manifest.data if self.manifest is not None else b""
        for pointer, (_, (start, end)) in positions(data).items():
            if pointer == "/project/sources" and not glob:
                return start, end
            if pointer.startswith("/project/sources/") and data[start + 1 : end - 1] == glob.encode():
                return start, end
        return None


def open_project(path: Path) -> Project:
    """The project that a folder or a file belongs to; a file without one is a project of its own, with an empty registry."""
    is_folder = path.is_dir()
    root = find_root(path if is_folder else path.parent)
    chosen = None if is_folder or path.name == NAME else path
    if root is None:
        folder = _resolved(path if is_folder else path.parent)
        return Project(folder, empty_registry(), None, (), None if chosen is None else folder / path.name)
    loaded = load_manifest(root)
    registry, unreadable = with_tools(root, loaded.registry)
    if chosen is not None:
        chosen = _resolved(chosen.parent) / chosen.name
    return Project(root, registry, SourceFile(NAME, loaded.data), (*loaded.findings, *unreadable), chosen)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
