"""The two documents that are compared: compiled, or read as they stand."""

from __future__ import annotations

from rag_cli.files import STDIN, read_bytes, shown
from rag_cli.target import compiled, is_ir, path_in, project_of
from rag_cli.trouble import REFUSED, Trouble
from rag_compiler.lower import lower
from rag_compiler.parse import parse
from rag_compiler.source import SourceFile
from rag_ir.graph import Document
from rag_ir.record import record


@record
class _Side:
    """One of the two: what was named, its bytes, and the file that it stands for."""

    named: str
    data: bytes
    file: str

    @property
    def is_ir(self) -> bool:
        return is_ir(self.named, self.data)


def documents(older: str, newer: str, graph: str | None) -> tuple[Document, Document]:
    """The documents of two files. `Trouble` for what does not compile, or does not hold."""
    if older == newer == STDIN:
        raise Trouble("standard input can be one of the two only", "name a file")
    left = _Side(older, read_bytes(older), newer if older == STDIN else older)
    right = _Side(newer, read_bytes(newer), older if newer == STDIN else newer)
    return _document(left, right, graph), _document(right, left, graph)


def _document(side: _Side, other: _Side, graph: str | None) -> Document:
    if side.is_ir:
        return _read(side)
    file = STDIN if side.named == STDIN and other.is_ir else side.file
    return compiled(file, side.data, graph, beside=_absent(file, side.data)).document


def _absent(file: str, data: bytes) -> list[SourceFile]:
    """The sources around a file that define again what it defines, without their text: they are other versions of it."""
    project = project_of(file, None)
    own, wanted = path_in(file, project), _defined(data)
    sources, _ = project.sources()
    return [SourceFile(each.path, b"") for each in sources if each.path != own and _defined(each.data) & wanted]


def _defined(data: bytes) -> set[str]:
    """The names of graphs, agents and types that a source defines."""
    parsed, _ = parse(SourceFile("", data))
    tree, _ = lower(parsed)
    return {name.text for each in tree.declarations if (name := getattr(each, "name", None)) is not None}


def _read(side: _Side) -> Document:
    """An IR as it stands: what the machine at hand has is not asked for."""
    from rag_ir.codec import decode
    from rag_verify import verify

    document, findings = decode(side.data)
    if document is not None:
        findings = verify(document)
    first = next((finding for finding in findings if finding.severity == "error"), None)
    if document is None or first is not None:
        assert first is not None
        where = f" at {first.at}" if first.at else ""
        raise Trouble(f"{shown(side.named)} is refused{where}: {first.message} ({first.code})", first.help, REFUSED)
    return document
