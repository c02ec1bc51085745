"""Open documents: texts that stand in for what is on disk, each with the version that its client gave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from rag_compiler.source import LineIndex
from rag_lsp.positions import Encoding, Point, offset_at


@dataclass(frozen=True)
class Document:
    """One text. `path` is null where the text has no file (`untitled:`); `uri` is spelled as the client does."""

    uri: str
    path: Path | None
    version: int
    data: bytes = field(repr=False)

    @cached_property
    def lines(self) -> LineIndex:
        """The text's line index, made on first use."""
        return LineIndex(self.data)

    @property
    def key(self) -> str:
        """What the document is known by: its path, else its address."""
        return str(self.path) if self.path is not None else self.uri


@dataclass(frozen=True, slots=True)
class Change:
    """The text of a range, or of the whole document, is replaced."""

    range: tuple[Point, Point] | None
    text: str


def open_document(uri: str, version: int, text: str) -> Document:
    """A document that was opened."""
    return Document(uri, path_of(uri), version, _encoded(text))


def changed(document: Document, version: int, changes: Iterable[Change], encoding: Encoding) -> Document:
    """The document after changes, each of which speaks of the text that the one before it made."""
    for change in changes:
        document = Document(document.uri, document.path, version, _spliced(document, change, encoding))
    return Document(document.uri, document.path, version, document.data)


def _spliced(document: Document, change: Change, encoding: Encoding) -> bytes:
    text = _encoded(change.text)
    if change.range is None:
        return text
    start, end = (offset_at(document.lines, point, encoding) for point in change.range)
    return document.data[:start] + text + document.data[max(start, end) :]


def _encoded(text: str) -> bytes:
    """UTF-8; half of a surrogate pair, which has none, becomes the replacement character, which takes as many units."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def path_of(uri: str) -> Path | None:
    """The path of a file's address, links in its folder followed; null for any other address."""
    try:
        parts = urlsplit(uri)
        if parts.scheme != "file" or not parts.path:
            return None
        path = Path(unquote(parts.path, errors="surrogateescape"))
        return path.parent.resolve() / path.name
    except (ValueError, OSError, RuntimeError):
        return None


def uri_of(path: Path) -> str:
    """The address of a file."""
    return "file://" + quote(str(path).encode("utf-8", "surrogateescape"))
