"""Projects as they stand on disk, with open documents in place of files, read again only where something has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag_compiler.diagnostics import Diagnostic
from rag_compiler.source import SourceFile
from rag_ir.record import record
from rag_lsp.documents import Document
from rag_project.files import shown
from rag_project.manifest import NAME, with_tools
from rag_project.project import Project, open_project
from rag_registry.lock import NAME as LOCK
from rag_registry.manifest import empty_registry, read_manifest

Stamp = tuple[int, int] | None
"""When a file was written and how large it is; null where there is none."""


@record
class Home:
    """Where a file belongs: the project of a root, or (`root` null) the one that a document without a manifest is by itself."""

    root: Path | None
    alone: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read of a home: `sources` as they stand on disk, and the stamps of all that was looked at."""

    project: Project
    sources: tuple[SourceFile, ...]
    unreadable: tuple[Diagnostic, ...]
    manifest: bytes | None
    stamps: Mapping[Path, Stamp]
    reading: int


def home_of(document: Document, documents: Mapping[str, Document]) -> Home:
    """The nearest folder at or above a document's that has a manifest, on disk or open."""
    if document.path is None:
        return Home(None, document.key)
    for folder in document.path.parents:
        if str(folder / NAME) in documents or (folder / NAME).is_file():
            return Home(folder)
    return Home(None, document.key)


def load(home: Home, documents: Mapping[str, Document], before: Loaded | None, reading: int) -> Loaded:
    """What is to be known of a home; `before`, if nothing has changed since. `reading` counts what clients said of the disk."""
    manifest = _open_manifest(home, documents)
    if before is not None and before.reading == reading and before.manifest == manifest and not _is_stale(before):
        return before
    if home.root is None:
        folder = documents[home.alone].path
        project = Project(folder.parent if folder else Path(), empty_registry(), None, (), None)
        return Loaded(project, (), (), None, {}, reading)
    project = _opened(home.root, manifest)
    sources, unreadable = project.sources()
    if not project.registry.readable and before is not None:
        sources = list(before.sources)
    stamps = {path: _stamp(path) for path in _watched(project, sources)}
    return Loaded(project, tuple(sources), tuple(unreadable), manifest, stamps, reading)


def _open_manifest(home: Home, documents: Mapping[str, Document]) -> bytes | None:
    document = documents.get(str(home.root / NAME)) if home.root is not None else None
    return document.data if document is not None else None


def _opened(root: Path, manifest: bytes | None) -> Project:
    if manifest is None:
        return open_project(root)
    registry, findings = read_manifest(manifest)
    registry, unreadable = with_tools(root, registry)
    return Project(root, registry, SourceFile(NAME, manifest), (*findings, *unreadable), None)


def _watched(project: Project, sources: list[SourceFile]) -> Iterator[Path]:
    """The files whose change is seen without being told of it."""
    yield project.root / NAME
    yield project.root / LOCK
    yield from (project.root / source.path for source in sources)
    registry = project.registry
    references = [tool.python for tool in registry.tools.values()] + [each.python for each in registry.routers.values()]
    for module in sorted({reference.partition(":")[0] for reference in references if reference}):
        stem = project.root.joinpath(*module.split("."))
        yield stem / "__init__.py"
        yield stem.with_name(f"{stem.name}.py")


def _is_stale(loaded: Loaded) -> bool:
    return any(_stamp(path) != stamp for path, stamp in loaded.stamps.items())


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def name_in(loaded: Loaded, document: Document) -> str:
    """What a document is called in its project."""
    return shown(document.path, loaded.project.root) if document.path is not None else document.uri
