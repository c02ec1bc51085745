"""The workspace: what is open, which projects that makes, and what is known of each of them.

The event loop owns a `Workspace`; a `Checker` belongs to the one thread that analyses. Between them go snapshots and states, which
are values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from rag_compiler.diagnostics import Diagnostic
from rag_compiler.pipeline import Analysis
from rag_compiler.reader import Reader
from rag_compiler.source import LineIndex, SourceFile
from rag_lsp.documents import Document, open_document, uri_of
from rag_lsp.loading import Home, Loaded, home_of, load, name_in
from rag_project.diagnose import diagnose
from rag_project.manifest import NAME

BROKEN = ("syntax-error", "unclosed-block", "unclosed-string", "foreign-syntax", "nesting-too-deep", "source-too-large")
"""Rules about texts whose declarations cannot be told for certain."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is to be analysed: open documents by key, the workspace's folders, and how often the disk was said to have changed."""

    documents: Mapping[str, Document]
    folders: tuple[Path, ...]
    reading: int


@dataclass(frozen=True)
class Checked:
    """A project that was analysed. `open` are its open documents by their names in it, `before` is the analysis before this one."""

    loaded: Loaded
    files: tuple[SourceFile, ...]
    analysis: Analysis
    diagnostics: tuple[Diagnostic, ...]
    open: Mapping[str, Document]
    before: Analysis | None = None

    @cached_property
    def texts(self) -> dict[str, SourceFile]:
        """Every file that a place can name."""
        manifest = self.analysis.manifest
        return {file.path: file for file in (*self.files, *([manifest] if manifest else []))}

    def lines(self, name: str) -> LineIndex:
        """The line index of a file; that of an empty text where the file is not known."""
        if name in self.open:
            return self.open[name].lines
        return self.texts[name].lines if name in self.texts else LineIndex(b"")

    def uri(self, name: str) -> str:
        """A file's address, spelled as its client does if it is open."""
        return self.open[name].uri if name in self.open else uri_of(self.loaded.project.root / name)


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a snapshot: its projects, and the home and name of each open document by key."""

    snapshot: Snapshot
    projects: Mapping[Home, Checked] = field(default_factory=dict[Home, Checked])
    places: Mapping[str, tuple[Home, str]] = field(default_factory=dict[str, tuple[Home, str]])


class Workspace:
    """Open documents and folders."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.folders: list[Path] = []
        self.reading = 0
        self._keys: dict[str, str] = {}

    def snapshot(self) -> Snapshot:
        """What there is to be analysed now."""
        return Snapshot(dict(self.documents), tuple(self.folders), self.reading)

    def find(self, uri: str) -> Document | None:
        """The open document of an address."""
        return self.documents.get(self.key(uri))

    def key(self, uri: str) -> str:
        """What the document of an address is known by."""
        if uri not in self._keys:
            self._keys[uri] = open_document(uri, 0, "").key
        return self._keys[uri]

    def put(self, document: Document) -> None:
        """A document was opened or has changed."""
        self.documents[document.key] = document

    def drop(self, uri: str) -> None:
        """A document was closed: what is on disk counts again."""
        self.documents.pop(self.key(uri), None)
        self._keys.pop(uri, None)
        self.reading += 1

    def read_again(self) -> None:
        """Something on disk may have changed."""
        self.reading += 1


class Checker:
    """Analyses snapshots, one after the other; a project of which nothing has changed is not analysed again."""

    def __init__(self) -> None:
        self.projects: dict[Home, Checked] = {}
        self._readers: dict[Home, Reader] = {}

    def check(self, snapshot: Snapshot) -> State:
        """Everything that is known of a snapshot."""
        homes = {key: home_of(document, snapshot.documents) for key, document in snapshot.documents.items()}
        wanted = dict.fromkeys([*homes.values(), *_homes_of_folders(snapshot.folders)])
        projects: dict[Home, Checked] = {}
        for home in wanted:
            here = [snapshot.documents[key] for key, its in homes.items() if its == home]
            projects[home] = self._checked(home, here, snapshot)
        self.projects = projects
        self._readers = {home: self._readers[home] for home in projects if home in self._readers}
        places = {key: (home, name_in(projects[home].loaded, snapshot.documents[key])) for key, home in homes.items()}
        return State(snapshot, projects, places)

    def _checked(self, home: Home, here: Iterable[Document], snapshot: Snapshot) -> Checked:
        before = self.projects.get(home)
        loaded = load(home, snapshot.documents, before.loaded if before else None, snapshot.reading)
        named = {name_in(loaded, document): document for document in here}
        sources = {source.path: source for source in loaded.sources}
        for name, document in named.items():
            if name != NAME:
                sources[name] = SourceFile(name, document.data)
        files = tuple(sources.values())
        if before is not None and before.loaded is loaded and before.files == files:
            return Checked(loaded, before.files, before.analysis, before.diagnostics, named, before.before)
        analysis, diagnostics = diagnose(
            loaded.project, files, loaded.unreadable, self._readers.setdefault(home, Reader())
        )
        return Checked(loaded, files, analysis, diagnostics, named, _whole(before))


def _whole(before: Checked | None) -> Analysis | None:
    """The last analysis of a text that was whole, as far as its declarations go."""
    if before is None:
        return None
    broken = any(each.severity == "error" and each.code in BROKEN for each in before.diagnostics)
    return before.before if broken and before.before is not None else before.analysis


def _homes_of_folders(folders: Iterable[Path]) -> list[Home]:
    """The projects whose manifest lies in a folder of the workspace, or above it."""
    found: list[Home] = []
    for folder in folders:
        root = next((each for each in (folder, *folder.parents) if (each / NAME).is_file()), None)
        if root is not None:
            found.append(Home(root))
    return found
