"""The sources that a command line means, and each of them in canonical form. Nothing is written here, and no manifest's tools are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rag_cli.files import STDIN, folder_of, read_bytes, shown
from rag_cli.selection import projects_below
from rag_cli.trouble import Trouble
from rag_compiler.diagnostics import Diagnostic
from rag_compiler.format import format_source
from rag_compiler.source import SourceFile
from rag_ir.record import record
from rag_project.manifest import NAME, find_root, load_manifest
from rag_project.sources import find_sources


@record
class Formatted:
    """A source as it was read, its path as it is shown, and its canonical form, or why it has none.

    `place` is the file; null for standard input.
    """

    place: Path | None
    before: SourceFile
    after: bytes | Diagnostic

    @property
    def changed(self) -> bool:
        """Whether the canonical form is another text."""
        return isinstance(self.after, bytes) and self.after != self.before.data


def format_files(paths: Sequence[str], stdin_path: str | None = None) -> Iterator[Formatted | Trouble]:
    """The sources in the order of the paths, each once; `Trouble` for one that cannot be read, raised for a path that is wrong.

    A folder means the sources of the projects that it belongs to or holds, and what is in no project.
    """
    if stdin_path is not None and STDIN not in paths:
        raise Trouble("`--stdin-path` says what standard input stands for, and none is read", "add the path `-`")
    found = {place.resolve(): place for path in paths if path != STDIN for place in _sources(path)}
    if STDIN in paths:
        yield _formatted(None, stdin_path or STDIN, read_bytes(STDIN))
    for place in found.values():
        yield _read(place)


def _sources(path: str) -> list[Path]:
    folder = Path(path)
    if not path or not folder.is_dir():
        if folder.name == NAME:
            raise Trouble(f"{shown(path)} is a manifest", "`rag fmt` writes `.rag` files")
        read_bytes(path)
        return [folder]
    whole = folder.resolve()
    root = find_root(whole)
    if root is not None:
        return [place for place in _of_project(root) if place.is_relative_to(whole)]
    return [place for below in projects_below(whole) for place in (_of_project(below) if below.is_dir() else [below])]


def _of_project(root: Path) -> Sequence[Path]:
    registry = load_manifest(root).registry
    if not registry.readable:
        raise Trouble(f"{shown(root / NAME)} cannot be read", "it says where the sources are; name them")
    return find_sources(root, registry.project.sources).paths


def _read(place: Path) -> Formatted | Trouble:
    folder = folder_of(place.parent.resolve())
    name = f"{folder}/{place.name}" if folder else place.name
    try:
        return _formatted(place, name, read_bytes(str(place)))
    except Trouble as trouble:
        return trouble


def _formatted(place: Path | None, name: str, data: bytes) -> Formatted:
    source = SourceFile(name, data)
    return Formatted(place, source, format_source(source))
